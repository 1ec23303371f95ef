"""Closing a cycle, which nothing broken and nothing open may pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.audit.law import Finding, Verdict
from supplyhub.audit.queries import audit
from supplyhub.catalog.queries import cycle_for_update
from supplyhub.catalog.states import CYCLE_MOVES, CycleState
from supplyhub.db import execute, rows, transaction
from supplyhub.errors import ConflictError, HubError
from supplyhub.moves import move

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


class LawBrokenError(HubError):
    """A law is broken; the cycle stays open until somebody has mended it."""

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


def close_cycle(asker: Asker, cycle_id: int) -> None:
    """Write what became of every order of the cycle and close it; closing a closed one changes nothing.

    Raises ConflictError with the codes while tickets are out or parcels on their way, LawBrokenError when the
    audit finds a broken law, this cycle as it will be closed included.
    """
    with transaction():
        cycle = cycle_for_update(asker, cycle_id)
        if cycle.state == CycleState.CLOSED:
            return
        state = move(CYCLE_MOVES, CycleState(cycle.state), "close")
        _refuse_while_open(cycle_id)
        execute(OUTCOMES, cycle=cycle_id)
        execute(
            "UPDATE cycle SET state = :state, closed_at = clock_timestamp() WHERE id = :cycle",
            state=state,
            cycle=cycle_id,
        )
        broken = [finding for finding in audit() if finding.verdict == Verdict.BROKEN]
        if broken:
            raise LawBrokenError(broken)


def _refuse_while_open(cycle_id: int) -> None:
    tickets = rows("SELECT code FROM ticket WHERE cycle_id = :cycle AND state <> 'done' ORDER BY id", cycle=cycle_id)
    parcels = rows(
        "SELECT code FROM parcel WHERE cycle_id = :cycle AND state NOT IN ('delivered', 'returned') ORDER BY id",
        cycle=cycle_id,
    )
    shared = rows("SELECT cycle_id FROM allocation_run WHERE cycle_id = :cycle", cycle=cycle_id)
    if not shared:
        raise ConflictError("the goods of this cycle are not shared out yet")
    if tickets or parcels:
        raise ConflictError(
            f"{len(tickets)} tickets and {len(parcels)} parcels are still open",
            tickets=[ticket.code for ticket in tickets],
            parcels=[parcel.code for parcel in parcels],
        )


# An order without a parcel got nothing of what came; one whose parcel arrived may still be short of a line.
OUTCOMES = """
    INSERT INTO order_outcome (order_id, cycle_id, outcome)
    SELECT o.id, o.cycle_id, CASE
        WHEN o.state = 'cancelled' THEN 'cancelled'
        WHEN p.id IS NULL THEN 'nothing_came'
        WHEN p.state = 'returned' THEN 'returned'
        WHEN a.allocated < a.ordered THEN 'part_delivered'
        ELSE 'delivered'
      END
    FROM orders AS o
    LEFT JOIN parcel AS p ON p.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(ordered) AS ordered, sum(allocated) AS allocated
               FROM allocation WHERE cycle_id = :cycle GROUP BY order_id) AS a ON a.order_id = o.id
    WHERE o.cycle_id = :cycle
"""
