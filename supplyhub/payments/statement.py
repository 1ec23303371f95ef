"""An order's money as its household reads it: what it is worth and why, what was paid, what goes back, what is owed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.ordering.reach import check_reach
from supplyhub.outside.ports import LEAST_FEN
from supplyhub.payments.balance import BALANCE
from supplyhub.payments.queries import latest_charge, refunds_of
from supplyhub.payments.states import VALUE_KINDS, EntryKind, RefundState
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a statement.

    kind: filled, shared, packed, returned or credited for what an order is worth more (or less, below zero) than when it
    was placed; paid_online, cash, shown_code or covered for what was paid. `reason` is a credit's, `way` by which way it was
    paid online: card, alipay, wechat_pay, or "" where nobody knows.
    """

    kind: str
    amount_fen: int
    at: datetime
    reason: str = ""
    way: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """An order's money: ordered_fen + changes = value_fen; payments - refunds that didn't fail = paid_fen; value - paid = owed.

    known: its worth stands in the books, or will (orders of cycles that closed before there were any have none)
    covered: somebody else pays what is owed
    kept_fen: what it falls back to when what was added isn't paid in time, None where there is nothing to fall back to
    lapsed: its goods went to others because it wasn't paid, and it wasn't touched since: lapsed_at, total_fen, basket
    charge: the latest payment online
    """

    least_fen: ClassVar[int] = LEAST_FEN
    order_id: int
    ordered_fen: int
    value_fen: int
    paid_fen: int
    owed_fen: int
    known: bool
    covered: bool
    pays_online: bool
    pays_on_delivery: bool
    hold_until: datetime | None
    hold_ended: bool
    kept_fen: int | None
    lapsed: Row[Any] | None
    charge: Row[Any] | None = None
    changes: tuple[Entry, ...] = ()
    payments: tuple[Entry, ...] = ()
    refunds: tuple[Row[Any], ...] = ()

    @property
    def due_fen(self) -> int:
        """Return what the household has still to pay."""
        return 0 if self.covered else max(self.owed_fen, 0)

    @property
    def too_little(self) -> bool:
        """Tell whether what is to be paid is less than can be paid online."""
        return 0 < self.due_fen < self.least_fen

    @property
    def surplus_fen(self) -> int:
        """Return what was paid too much and isn't promised back yet."""
        return max(-self.owed_fen, 0)

    @property
    def settled(self) -> bool:
        """Tell whether it is paid: whoever paid, and something was to be paid."""
        return self.due_fen == 0 and (self.covered or self.paid_fen > 0)

    @property
    def paid_at(self) -> datetime | None:
        """Return when the last payment came, None before any."""
        return max((entry.at for entry in self.payments), default=None)

    @property
    def paid_before(self) -> bool:
        """Tell whether it was paid otherwise than at the door."""
        return any(entry.kind in {"paid_online", "covered"} for entry in self.payments)

    @property
    def waiting(self) -> bool:
        """Tell whether a payment page is open, or being opened."""
        return self.charge is not None and self.charge.state in {"preparing", "open"}

    def for_others(self) -> Statement:
        """Return what those may read who order for the household: whether it is paid, not how, and not what went back."""
        owed_fen = min(self.owed_fen, 0) if self.covered else self.owed_fen
        return replace(
            self,
            covered=False,
            owed_fen=owed_fen,
            paid_fen=self.value_fen - owed_fen,
            charge=None,
            payments=(),
            refunds=(),
        )


def payment_of(asker: Asker, order_id: int) -> Statement:
    """Return the statement of an order that is the asker's to enter, as the asker may read it.

    Its household and coordinators read all of it, others that it is paid and not how. Raises NotFoundError.
    """
    found = row(
        "SELECT o.household_id, o.cycle_id FROM orders AS o JOIN cycle AS y ON y.id = o.cycle_id"
        " WHERE o.id = :order AND y.community_id = :community",
        order=order_id,
        community=asker.community_id,
    )
    money = statement_of(order_id) if found else None
    if found is None or money is None:
        raise NotFoundError("no such order", order=order_id)
    check_reach(asker, found.household_id, cycle_id=found.cycle_id)
    own = asker.household_id == found.household_id or asker.role == Role.COORDINATOR
    return money if own else money.for_others()


def statement_of(order_id: int) -> Statement | None:
    """Return an order's statement, None for no such order.

    The caller has found the order through `ordering.queries.order_of`, which is scoped.
    """
    found = row(
        f"""
        SELECT b.*, o.total_fen, o.version, o.hold_until, coalesce(o.hold_until <= clock_timestamp(), false) AS hold_ended,
               m.pays_online, m.pays_on_delivery, k.total_fen AS kept_fen,
               EXISTS (SELECT FROM cover WHERE order_id = o.id AND ended_at IS NULL) AS covered,
               EXISTS (SELECT FROM charge WHERE order_id = o.id) AS charged,
               EXISTS (SELECT FROM posting WHERE order_id = o.id AND account = 'household') AS moved,
               EXISTS (SELECT FROM lapse WHERE order_id = o.id AND version = o.version) AS lapsed,
               b.booked OR y.state <> 'closed' AS known
        FROM ({BALANCE.format(orders="o.id = :order")}) AS b
        JOIN orders AS o ON o.id = b.order_id JOIN cycle AS y ON y.id = o.cycle_id JOIN menu AS m ON m.id = o.menu_id
        LEFT JOIN paid_basket AS k ON k.order_id = o.id AND o.state = 'placed'
        """,
        order=order_id,
    )
    if found is None:
        return None
    entries = _entries(order_id, found.total_fen) if found.moved else ()
    return Statement(
        order_id=order_id,
        ordered_fen=found.total_fen,
        value_fen=found.value_fen,
        paid_fen=found.paid_fen,
        owed_fen=found.owed_fen,
        known=found.known,
        covered=found.covered,
        pays_online=found.pays_online,
        pays_on_delivery=found.pays_on_delivery,
        hold_until=found.hold_until,
        hold_ended=found.hold_ended,
        kept_fen=found.kept_fen,
        lapsed=_lapse(order_id, found.version) if found.lapsed else None,
        charge=latest_charge(order_id) if found.charged else None,
        changes=tuple(entry for entry in entries if entry.kind in CHANGES),
        payments=tuple(entry for entry in entries if entry.kind not in CHANGES),
        refunds=tuple(refunds_of(order_id)) if found.moved else (),
    )


def back_fen(refunds: Sequence[Row[Any]]) -> int:
    """Return what refunds give back, without those that failed."""
    return sum(refund.amount_fen for refund in refunds if refund.state != RefundState.FAILED)


CHANGES = {"filled", *VALUE_KINDS} - {EntryKind.ORDERED}


def _entries(order_id: int, ordered_fen: int) -> tuple[Entry, ...]:
    """Return the changes and the payments in the order they came; what was taken back altogether isn't there."""
    found = rows(
        """
        SELECT CASE e.kind WHEN 'taken' THEN t.way ELSE e.kind END AS kind, sum(p.amount_fen)::bigint AS fen,
               max(coalesce(t.happened_at, e.booked_at)) AS at, coalesce(k.reason, '') AS reason,
               coalesce(c.paid_way, '') AS way
        FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
        LEFT JOIN taking AS t ON t.id = e.taking_id LEFT JOIN credit AS k ON k.id = e.credit_id
        LEFT JOIN charge AS c ON c.id = e.charge_id
        WHERE p.order_id = :order AND p.account = 'household' AND e.refund_id IS NULL
        GROUP BY 1, e.charge_id, e.credit_id, k.reason, c.paid_way
        HAVING sum(p.amount_fen) <> 0 ORDER BY min(e.id)
        """,
        order=order_id,
    )
    return tuple(entry for each in found if (entry := _entry(each, ordered_fen)).amount_fen)


def _entry(found: Row[Any], ordered_fen: int) -> Entry:
    if found.kind == EntryKind.ORDERED:
        # What was given to fill a case, on top of what was ordered.
        return Entry("filled", found.fen - ordered_fen, found.at)
    worth = found.kind in VALUE_KINDS
    return Entry(found.kind, found.fen if worth else -found.fen, found.at, found.reason, found.way)


def _lapse(order_id: int, version: int) -> Row[Any] | None:
    return row(
        "SELECT lapsed_at, total_fen, basket FROM lapse WHERE order_id = :order AND version = :version",
        order=order_id,
        version=version,
    )
