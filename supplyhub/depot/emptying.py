"""A parcel that is unpacked: its units back to the shelf, lot by lot, by new movements; its lines begin anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows
from supplyhub.depot.states import BATCH_MOVES, PARCEL_MOVES, BatchState, MoveReason
from supplyhub.depot.stock_queries import lots_for_update
from supplyhub.moves import move

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def empty(asker: Asker, parcel: Row[Any], batch: Row[Any], *, reason: MoveReason, note: str) -> int:
    """Empty a packed parcel in the caller's transaction, which has locked it and its batch; return how many units went back.

    What was weighed and what was missing is kept beside who packed it and when, and is to be noted anew. What was broken
    stays in the waste. Raises ConflictError for a parcel in another state.
    """
    state = move(PARCEL_MOVES, parcel.state, "unpack")
    held = rows("SELECT lot_id, quantity FROM parcel_line WHERE parcel_id = :parcel", parcel=parcel.id)
    lots_for_update(asker, [line.lot_id for line in held])
    _keep_what_was_noted(asker, parcel.id, reason, note)
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by, reason, note)
        SELECT lot_id, 'packed', 'shelf', quantity, parcel_id, :by, :reason, :note
        FROM parcel_line WHERE parcel_id = :parcel
        """,
        parcel=parcel.id,
        by=asker.account_id,
        reason=reason,
        note=note,
    )
    for table in ("parcel_line", "parcel_weight", "packing_short"):
        execute(f"DELETE FROM {table} WHERE parcel_id = :parcel", parcel=parcel.id)
    execute(
        "UPDATE parcel SET state = :state, packed_by = NULL, packed_at = NULL WHERE id = :parcel",
        state=state,
        parcel=parcel.id,
    )
    if batch.state == BatchState.SEALED:
        execute(
            "UPDATE batch SET state = :state, sealed_at = NULL WHERE id = :batch",
            state=move(BATCH_MOVES, batch.state, "open"),
            batch=batch.id,
        )
    return sum(line.quantity for line in held)


def _keep_what_was_noted(asker: Asker, parcel_id: int, reason: MoveReason, note: str) -> None:
    execute(
        """
        INSERT INTO unpacking (parcel_id, packed_by, packed_at, noted, reason, note, unpacked_by)
        SELECT p.id, p.packed_by, p.packed_at, jsonb_build_object(
                 'weights', (SELECT coalesce(jsonb_agg(to_jsonb(w) - 'parcel_id' - 'order_id' ORDER BY item_id, substitute), '[]')
                             FROM parcel_weight AS w WHERE w.parcel_id = p.id),
                 'missing', (SELECT coalesce(jsonb_agg(to_jsonb(m) - 'parcel_id' - 'order_id' ORDER BY item_id, substitute), '[]')
                             FROM packing_short AS m WHERE m.parcel_id = p.id)),
               :reason, :note, :by
        FROM parcel AS p WHERE p.id = :parcel
        """,
        parcel=parcel_id,
        reason=reason,
        note=note,
        by=asker.account_id,
    )
