"""What was wrong with a delivery: noted beside its counts, with a photo if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import cycle_for_update
from supplyhub.db import execute, row, scalar, transaction
from supplyhub.depot.arrivals import refuse_when_closed
from supplyhub.depot.states import Fault, MoveReason, Place
from supplyhub.errors import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen: damaged units of a lot that was counted; or another product, or units that the driver took back.

    What isn't of a lot is told by its product or by the note.
    """

    fault: Fault
    quantity: int
    lot_id: int | None = None
    product_id: int | None = None
    note: str = ""
    photo_id: int | None = None


def note_fault(asker: Asker, receipt_id: int, seen: Seen, *, noted_before: int | None = None) -> int:
    """Note a fault of a delivery and return its id. Damaged units go to waste at once; the others never came in.

    `noted_before`: how many faults of this delivery the asker has seen; when there is another one by now, nothing is
    noted, so that a form that is sent twice counts once. Raises ConflictError for that, for a closed cycle and for more
    damaged units than are left (`left`); InvalidError for a fault that doesn't say of what; NotFoundError.
    """
    with transaction():
        # The lot before the cycle, as whoever takes from the stock has them.
        execute(
            "SELECT FROM lot WHERE id = :lot AND receipt_id = :id FOR NO KEY UPDATE", lot=seen.lot_id, id=receipt_id
        )
        receipt = row("SELECT id, cycle_id FROM receipt WHERE id = :id", id=receipt_id)
        if receipt is None:
            raise NotFoundError("no such receipt", receipt=receipt_id)
        refuse_when_closed(cycle_for_update(asker, receipt.cycle_id))
        noted = scalar("SELECT count(*) FROM receipt_fault WHERE receipt_id = :id", id=receipt_id)
        if noted_before is not None and noted_before != noted:
            raise ConflictError("another fault of this delivery was noted meanwhile", noted=noted)
        _refuse_half_told(asker, seen)
        if seen.fault == Fault.DAMAGED:
            _throw_away(asker, _lot_of(receipt_id, seen), seen)
        return _write(asker, receipt_id, seen)


def _refuse_half_told(asker: Asker, seen: Seen) -> None:
    if seen.quantity < 1:
        raise InvalidError("a fault is of one unit at least", quantity=seen.quantity)
    if (seen.fault == Fault.DAMAGED) != (seen.lot_id is not None):
        raise InvalidError("damaged units are of a lot that was counted, others never came in")
    if seen.lot_id is None and seen.product_id is None and not seen.note.strip():
        raise InvalidError("the product or the note must say what it was")
    for table, wanted in (("product", seen.product_id), ("photo", seen.photo_id)):
        sql = f"SELECT count(*) FROM {table} WHERE id = :id AND community_id = :community"
        if wanted is not None and not scalar(sql, id=wanted, community=asker.community_id):
            raise NotFoundError(f"no such {table}", **{table: wanted})


def _lot_of(receipt_id: int, seen: Seen) -> Row[Any]:
    lot = row(
        """
        SELECT l.id, coalesce(sum(s.quantity) FILTER (WHERE s.place = 'inbound'), 0)::bigint AS inbound,
               coalesce(sum(s.quantity) FILTER (WHERE s.place = 'shelf'), 0)::bigint AS shelf
        FROM lot AS l LEFT JOIN stock_level AS s ON s.lot_id = l.id
        WHERE l.id = :lot AND l.receipt_id = :receipt GROUP BY l.id
        """,
        lot=seen.lot_id,
        receipt=receipt_id,
    )
    if lot is None:
        raise NotFoundError("no such lot in this delivery", lot=seen.lot_id)
    return lot


def _throw_away(asker: Asker, lot: Row[Any], seen: Seen) -> None:
    place = Place.INBOUND if lot.inbound >= seen.quantity else Place.SHELF
    left = max(lot.inbound, lot.shelf)
    if left < seen.quantity:
        raise ConflictError("fewer units of this lot are left at the depot", lot=lot.id, left=left)
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by, reason, note)
        VALUES (:lot, :place, 'waste', :quantity, :by, :reason, :note)
        """,
        lot=lot.id,
        place=place,
        quantity=seen.quantity,
        by=asker.account_id,
        reason=MoveReason.DAMAGED,
        note=seen.note,
    )


def _write(asker: Asker, receipt_id: int, seen: Seen) -> int:
    return int(
        scalar(
            """
            INSERT INTO receipt_fault (receipt_id, product_id, lot_id, fault, quantity, note, photo_id, noted_by)
            VALUES (:receipt, :product, :lot, :fault, :quantity, :note, :photo, :by) RETURNING id
            """,
            receipt=receipt_id,
            product=seen.product_id,
            lot=seen.lot_id,
            fault=seen.fault,
            quantity=seen.quantity,
            note=seen.note,
            photo=seen.photo_id,
            by=asker.account_id,
        )
    )
