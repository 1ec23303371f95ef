"""Closing a cycle, which nothing broken and nothing open may pass."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from supplyhub.audit.closing import open_in
from supplyhub.audit.law import Finding, Verdict
from supplyhub.audit.queries import audit
from supplyhub.catalog.queries import cycle_for_update
from supplyhub.catalog.states import CYCLE_MOVES, CycleState
from supplyhub.db import execute, transaction
from supplyhub.depot.states import PURCHASE_MOVES, PurchaseState
from supplyhub.errors import ConflictError, HubError
from supplyhub.moves import move

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


class LawBrokenError(HubError):
    """A law is broken; the cycle stays open until somebody has mended it. `broken`: the findings, for pages."""

    code = "law_broken"

    def __init__(self, broken: list[Finding]) -> None:
        names = ", ".join(f"{finding.law.number} {finding.law.name}" for finding in broken)
        super().__init__(
            f"the cycle can't be closed while a law is broken: {names}",
            laws=[
                {"number": finding.law.number, "name": finding.law.name, "rows": finding.first_rows}
                for finding in broken
            ],
        )
        self.broken = broken


def close_cycle(asker: Asker, cycle_id: int) -> None:
    """Write what became of every order of the cycle, close its purchase orders and it; again changes nothing.

    Raises ConflictError while something is `open` (a list of what, number and the first names, as `open_in` finds it),
    LawBrokenError when the audit finds a broken law, this cycle as it will be closed included.
    """
    with transaction():
        cycle = cycle_for_update(asker, cycle_id)
        if cycle.state == CycleState.CLOSED:
            return
        state = move(CYCLE_MOVES, CycleState(cycle.state), "close")
        _refuse_while_open(cycle_id)
        execute(OUTCOMES, cycle=cycle_id)
        execute(
            "UPDATE purchase_order SET state = :closed, closed_at = clock_timestamp()"
            " WHERE cycle_id = :cycle AND state = :received",
            closed=move(PURCHASE_MOVES, PurchaseState.RECEIVED, "close"),
            cycle=cycle_id,
            received=PurchaseState.RECEIVED,
        )
        execute(
            "UPDATE cycle SET state = :state, closed_at = clock_timestamp() WHERE id = :cycle",
            state=state,
            cycle=cycle_id,
        )
        broken = [finding for finding in audit() if finding.verdict == Verdict.BROKEN]
        if broken:
            raise LawBrokenError(broken)


def _refuse_while_open(cycle_id: int) -> None:
    still_open = open_in(cycle_id)
    if still_open:
        words = ", ".join(f"{each.number} {each.what.replace('_', ' ')}" for each in still_open)
        raise ConflictError(
            f"something of this cycle is still open: {words}", open=[asdict(each) for each in still_open]
        )


# An order without goods got nothing of what came. One whose parcel arrived may be short of a line: of what was ordered,
# not of what it took more to fill a case; what stands in for it leaves it short.
OUTCOMES = """
    INSERT INTO order_outcome (order_id, cycle_id, outcome)
    SELECT o.id, o.cycle_id, CASE
        WHEN o.state = 'cancelled' THEN 'cancelled'
        WHEN packed.order_id IS NULL THEN 'nothing_came'
        WHEN p.state = 'returned' THEN 'returned'
        WHEN short.order_id IS NOT NULL THEN 'part_delivered'
        ELSE 'delivered'
      END
    FROM orders AS o
    LEFT JOIN parcel AS p ON p.order_id = o.id
    LEFT JOIN (SELECT DISTINCT l.order_id FROM parcel_line AS l JOIN parcel AS p ON p.id = l.parcel_id
               WHERE p.cycle_id = :cycle) AS packed ON packed.order_id = o.id
    LEFT JOIN (SELECT DISTINCT a.order_id
               FROM allocation AS a
               JOIN order_line AS l ON l.order_id = a.order_id AND l.item_id = a.item_id
               LEFT JOIN packing_short AS s ON s.order_id = a.order_id AND s.item_id = a.item_id AND NOT s.substitute
               LEFT JOIN stop AS d ON d.order_id = a.order_id
               LEFT JOIN kept_back AS k ON k.entry_id = d.entry_id AND k.item_id = a.item_id AND NOT k.substitute
               WHERE a.cycle_id = :cycle AND a.allocated - coalesce(s.units, 0) - coalesce(k.units, 0) < l.quantity
              ) AS short ON short.order_id = o.id
    WHERE o.cycle_id = :cycle
"""
