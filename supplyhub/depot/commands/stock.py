"""What becomes of goods beside the parcels: written off, looked at and put back, set aside, released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, transaction
from supplyhub.depot.ending import share_when_enough
from supplyhub.depot.errors import SecondPersonError
from supplyhub.depot.states import WAYS, WRITE_OFF_REASONS, MoveReason, Place
from supplyhub.depot.stock_queries import levels_at, lots_for_update
from supplyhub.errors import ConflictError, InvalidError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def write_off(
    asker: Asker,
    lot_id: int,
    *,
    place: Place,
    quantity: int,
    reason: MoveReason,
    note: str = "",
    seen: int | None = None,
) -> None:
    """Write units of a lot off: they go from a place to the waste, with a reason.

    `seen`: how many the asker saw there; with another number there by now it is a ConflictError (`here` says which), so
    that pressing twice writes off once. Units that are gone are no waste: a count finds those. Raises InvalidError for
    a reason that isn't one, another one without a note, and places from which nothing goes to waste.
    """
    if reason not in WRITE_OFF_REASONS:
        raise InvalidError("this is no reason to write goods off", reason=reason)
    if reason == MoveReason.OTHER and not note.strip():
        raise InvalidError("another reason needs a note", reason=reason)
    with transaction():
        lots_for_update(asker, [lot_id])
        _refuse_more_than_there(lot_id, place, quantity, seen)
        _move(asker, lot_id, (place, Place.WASTE), quantity, reason=reason, note=note)


def put_back(asker: Asker, lot_id: int, *, quantity: int, note: str = "", seen: int | None = None) -> None:
    """Put units that came back, and were looked at, on the shelf again. Raises ConflictError for expired ones.

    `seen`: as for `write_off`.
    """
    with transaction():
        (lot,) = lots_for_update(asker, [lot_id])
        _refuse_expired(lot)
        _refuse_more_than_there(lot_id, Place.RETURNED, quantity, seen)
        way = (Place.RETURNED, Place.SHELF)
        _move(asker, lot_id, way, quantity, reason=MoveReason.INSPECTED, note=note)
        share_when_enough([lot_id])


def set_aside(asker: Asker, lot_id: int, *, quantity: int, note: str = "", seen: int | None = None) -> None:
    """Set units that came back aside, into quarantine. `seen`: as for `write_off`."""
    with transaction():
        lots_for_update(asker, [lot_id])
        _refuse_more_than_there(lot_id, Place.RETURNED, quantity, seen)
        _move(asker, lot_id, (Place.RETURNED, Place.QUARANTINE), quantity, note=note)


def release(asker: Asker, lot_id: int, *, quantity: int, note: str = "", seen: int | None = None) -> None:
    """Release units from quarantine to the shelf, as the second person.

    Raises SecondPersonError for whoever put units of the lot into quarantine, ConflictError for expired ones. `seen`: as
    for `write_off`.
    """
    with transaction():
        (lot,) = lots_for_update(asker, [lot_id])
        _refuse_expired(lot)
        _refuse_more_than_there(lot_id, Place.QUARANTINE, quantity, seen)
        first = _who_set_aside(lot_id)
        if asker.account_id in first:
            raise SecondPersonError("whoever set goods aside doesn't release them", lot=lot_id)
        way = (Place.QUARANTINE, Place.SHELF)
        _move(asker, lot_id, way, quantity, reason=MoveReason.INSPECTED, note=note, first=first[0])
        share_when_enough([lot_id])


def _who_set_aside(lot_id: int) -> list[int]:
    """Return who put units of a lot into quarantine, the latest first."""
    found = rows(
        """
        SELECT account_id FROM (
            SELECT unnest(ARRAY[moved_by, second_by]) AS account_id, id FROM movement
            WHERE lot_id = :lot AND to_place = 'quarantine'
        ) AS moved WHERE account_id IS NOT NULL GROUP BY account_id ORDER BY max(id) DESC
        """,
        lot=lot_id,
    )
    return [mover.account_id for mover in found]


def _refuse_expired(lot: Row[Any]) -> None:
    if lot.expires_on < lot.today:
        raise ConflictError("goods that have expired don't go back to the shelf", lot=lot.id, expired=lot.expires_on)


def _refuse_more_than_there(lot_id: int, place: Place, quantity: int, seen: int | None) -> None:
    if quantity < 1:
        raise InvalidError("at least one unit moves", quantity=quantity)
    here = levels_at(place, [lot_id]).get(lot_id, 0)
    if quantity > here or (seen is not None and seen != here):
        raise ConflictError(f"{here} units of this lot are there now", lot=lot_id, place=place, here=here)


def _move(
    asker: Asker,
    lot_id: int,
    way: tuple[Place, Place],
    quantity: int,
    *,
    reason: MoveReason | None = None,
    note: str = "",
    first: int | None = None,
) -> None:
    """Write one movement; with `first` that person's, and the asker is the second one."""
    here, there = way
    if way not in WAYS:
        raise InvalidError("goods don't go this way", from_place=here, to_place=there)
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by, second_by, reason, note)
        VALUES (:lot, :here, :there, :quantity, :by, :second, :reason, :note)
        """,
        lot=lot_id,
        here=here,
        there=there,
        quantity=quantity,
        by=asker.account_id if first is None else first,
        second=None if first is None else asker.account_id,
        reason=reason,
        note=note.strip(),
    )
