"""A parcel that was packed by mistake, or weighed wrongly, is taken apart while it is at the depot still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.delivery.states import CrateStep
from supplyhub.depot.emptying import empty
from supplyhub.depot.packing_queries import batch_for_update
from supplyhub.depot.states import UNPACK_REASONS, MoveReason
from supplyhub.depot.valuing import book_worth
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.payments.states import EntryKind

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def unpack(asker: Asker, parcel_code: str, *, reason: MoveReason, note: str = "") -> int:
    """Take a packed parcel apart: its units go back to the shelf, and it is to be packed again. Return how many units.

    Raises InvalidError for a reason that isn't one and another one without a note, NotFoundError for a code that no parcel
    has, ConflictError for a parcel that isn't packed, or that a volunteer has, and when its crate has left the depot
    (`left` is its code).
    """
    if reason not in UNPACK_REASONS:
        raise InvalidError("this is no reason to unpack a parcel", reason=reason)
    if reason == MoveReason.OTHER and not note.strip():
        raise InvalidError("another reason needs a note", reason=reason)
    with transaction():
        parcel = _parcel(asker, parcel_code)
        lock_ticket_of(parcel.id)
        batch = batch_for_update(asker, parcel.batch_id)
        locked = parcel_for_update(parcel.id)
        _refuse_left(parcel.id)
        units = empty(asker, locked, batch, reason=reason, note=note.strip())
        book_worth(batch.cycle_id, EntryKind.PACKED, [parcel.order_id], by=asker.account_id)
        return units


def _parcel(asker: Asker, code: str) -> Row[Any]:
    found = row(
        """
        SELECT p.id, p.order_id, p.batch_id FROM parcel AS p JOIN cycle AS c ON c.id = p.cycle_id
        WHERE p.code = :code AND c.community_id = :community
        """,
        code=read_code(code),
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("no such parcel", parcel=code)
    return found


def lock_ticket_of(parcel_id: int) -> None:
    """Lock the ticket of a parcel, if it has one: its crates neither leave nor are handed over meanwhile."""
    execute(
        "SELECT FROM ticket WHERE id = (SELECT ticket_id FROM stop WHERE parcel_id = :parcel) FOR NO KEY UPDATE",
        parcel=parcel_id,
    )


def parcel_for_update(parcel_id: int) -> Row[Any]:
    """Lock a parcel: id, state."""
    return rows("SELECT id, state FROM parcel WHERE id = :parcel FOR NO KEY UPDATE", parcel=parcel_id)[0]


def _refuse_left(parcel_id: int) -> None:
    left = scalar(
        """
        SELECT k.code FROM stop AS s
        JOIN crate AS k ON k.ticket_id = s.ticket_id AND s.position BETWEEN k.first_position AND k.last_position
        JOIN crate_passage AS g ON g.crate_id = k.id AND g.step = :left
        WHERE s.parcel_id = :parcel
        """,
        parcel=parcel_id,
        left=CrateStep.LEFT_DEPOT,
    )
    if left is not None:
        raise ConflictError("the crate of this parcel has left the depot", left=left)
