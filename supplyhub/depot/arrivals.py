"""What came in one delivery, lot by lot: written down once, found again by its delivery note.

The parts that receiving a purchase order and accepting other goods share. All of it runs in the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.states import CycleState
from supplyhub.db import execute, row, rows, scalar
from supplyhub.depot.events import ReceivingFinished
from supplyhub.depot.shortage import short_products, standing_of
from supplyhub.depot.states import ALL_CAME, LotPurpose, ReceiptKind
from supplyhub.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Note:
    """The head of a delivery: for which cycle, by which note, and where it is from."""

    cycle_id: int
    delivery_note: str
    kind: ReceiptKind = ReceiptKind.PURCHASE
    purchase_order_id: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """What makes units of a delivery a lot of their own."""

    product_id: int
    line_id: int | None
    expires_on: date
    lot_number: str = ""
    purpose: LotPurpose = LotPurpose.EVERYBODY


Arrivals = dict[Lot, int]


def refuse_when_closed(cycle: Row[Any]) -> None:
    """Raise ConflictError for a cycle that is closed: its goods are counted."""
    if cycle.state == CycleState.CLOSED:
        raise ConflictError("this cycle is closed", cycle=cycle.id, state=str(cycle.state))


def receiving_is_over(cycle: Row[Any]) -> bool:
    """Tell whether a locked cycle's goods are on the shelf already: whatever comes now comes late."""
    if cycle.state == CycleState.PROCURING:
        found = "SELECT coalesce(bool_and(state = ANY (:came)), false) FROM purchase_order WHERE cycle_id = :cycle"
        return bool(scalar(found, cycle=cycle.id, came=list(ALL_CAME)))
    return bool(cycle.state == CycleState.STAGING)


def earlier_receipt(asker: Asker, note: Note) -> Row[Any] | None:
    """Return the receipt that was entered by this note before: id, kind, source and `received_on`, a day; or None."""
    return row(
        """
        SELECT r.id, r.kind, r.source, (r.received_at AT TIME ZONE m.timezone)::date AS received_on
        FROM receipt AS r JOIN community AS m ON m.id = :community
        WHERE r.cycle_id = :cycle AND r.delivery_note = :note
          AND r.purchase_order_id IS NOT DISTINCT FROM CAST(:order AS bigint)
        """,
        community=asker.community_id,
        cycle=note.cycle_id,
        note=note.delivery_note,
        order=note.purchase_order_id,
    )


def refuse_other_counts(note: Note, earlier: Row[Any], arrivals: Arrivals) -> None:
    """Let the same delivery pass again. Raises ConflictError with `receipt` when it says anything else."""
    if (earlier.kind, earlier.source) != (note.kind, note.source) or _arrivals_of(earlier.id) != arrivals:
        raise ConflictError(
            "this delivery note was entered before with other counts",
            delivery_note=note.delivery_note,
            receipt=earlier.id,
        )


def together(counted: Sequence[tuple[Lot, int]], what: str) -> Arrivals:
    """Return units by lot, without those of which nothing came.

    Raises InvalidError for counts below zero and for lots that stand twice; `what` names the field (`line_id`,
    `product_id`) by which they are told.
    """
    below = sorted({getattr(lot, what) for lot, units in counted if units < 0})
    if below:
        raise InvalidError("a count can't be below zero", below_zero=below)
    twice = sorted({getattr(lot, what) for lot, times in Counter(lot for lot, _ in counted).items() if times > 1})
    if twice:
        raise InvalidError("each lot must stand once in the receipt", twice=twice)
    return {lot: units for lot, units in counted if units}


def expired(lots: Iterable[Lot], today: date) -> list[Lot]:
    """Return the lots that nobody may be given any more."""
    return [lot for lot in lots if lot.expires_on < today]


def write_receipt(asker: Asker, note: Note, arrivals: Arrivals, *, late: bool) -> int:
    """Write the receipt, its lots and their way in, and return its id; `late` goods go on to the shelf at once.

    When they end the last shortage that a decision was waited for, the cycle is shared out.
    """
    receipt_id = int(
        scalar(
            """
            INSERT INTO receipt (kind, cycle_id, purchase_order_id, source, delivery_note, received_by)
            VALUES (:kind, :cycle, :order, :source, :note, :by) RETURNING id
            """,
            kind=note.kind,
            cycle=note.cycle_id,
            order=note.purchase_order_id,
            source=note.source,
            note=note.delivery_note,
            by=asker.account_id,
        )
    )
    _write_lots(receipt_id, note.cycle_id, arrivals)
    _move_in(asker, receipt_id, "supplier", "inbound")
    if late:
        waits = standing_of(note.cycle_id).open and bool(short_products(note.cycle_id))
        _move_in(asker, receipt_id, "inbound", "shelf")
        if waits and not short_products(note.cycle_id):
            # What was short came after all: there is nothing left to decide.
            outbox.record(ReceivingFinished(cycle_id=note.cycle_id))
    return receipt_id


def _write_lots(receipt_id: int, cycle_id: int, arrivals: Arrivals) -> None:
    execute(
        """
        INSERT INTO lot (product_id, serves_cycle_id, receipt_id, purchase_order_line_id, received, expires_on,
                         lot_number, purpose)
        SELECT c.product_id, :cycle, :receipt, c.line_id, c.quantity, c.expires_on, c.lot_number, c.purpose
        FROM unnest(CAST(:products AS bigint[]), CAST(:lines AS bigint[]), CAST(:quantities AS bigint[]),
                    CAST(:expiries AS date[]), CAST(:numbers AS text[]), CAST(:purposes AS text[]))
             WITH ORDINALITY AS c(product_id, line_id, quantity, expires_on, lot_number, purpose, place)
        ORDER BY c.line_id, c.place
        """,
        cycle=cycle_id,
        receipt=receipt_id,
        products=[lot.product_id for lot in arrivals],
        lines=[lot.line_id for lot in arrivals],
        quantities=list(arrivals.values()),
        expiries=[lot.expires_on for lot in arrivals],
        numbers=[lot.lot_number for lot in arrivals],
        purposes=[lot.purpose for lot in arrivals],
    )


def _move_in(asker: Asker, receipt_id: int, here: str, there: str) -> None:
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by)
        SELECT id, :here, :there, received, :by FROM lot WHERE receipt_id = :receipt ORDER BY id
        """,
        receipt=receipt_id,
        here=here,
        there=there,
        by=asker.account_id,
    )


def _arrivals_of(receipt_id: int) -> Arrivals:
    found = rows(
        """
        SELECT product_id, purchase_order_line_id AS line_id, expires_on, lot_number, purpose, received
        FROM lot WHERE receipt_id = :id
        """,
        id=receipt_id,
    )
    return {
        Lot(lot.product_id, lot.line_id, lot.expires_on, lot.lot_number, LotPurpose(lot.purpose)): lot.received
        for lot in found
    }
