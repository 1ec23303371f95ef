"""Parcels going from hand to hand: their state, the movements of their units and what they are worth, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, rows
from supplyhub.depot.states import PARCEL_MOVES, Place
from supplyhub.depot.valuing import book_worth
from supplyhub.moves import move
from supplyhub.payments.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.people.asker import Asker

# From which place to which the units of a parcel go when it makes a move; from a grid in lockdown they come back into
# quarantine.
WAYS = {
    "hand_over": (Place.PACKED, Place.HANDED_OVER),
    "deliver": (Place.HANDED_OVER, Place.DELIVERED),
    "bring_back": (Place.HANDED_OVER, Place.RETURNED),
}


def carry(asker: Asker, parcel_ids: Sequence[int], action: str) -> None:
    """Move packed parcels by `action` of the table of moves, with their units. In the caller's transaction.

    Raises ConflictError when one of them is in a state that doesn't allow it.
    """
    if not parcel_ids:
        return
    parcels = rows(
        "SELECT id, state, order_id, cycle_id FROM parcel WHERE id = ANY (:parcels) ORDER BY id FOR NO KEY UPDATE",
        parcels=list(parcel_ids),
    )
    (state,) = {move(PARCEL_MOVES, parcel.state, action) for parcel in parcels}
    here, there = WAYS[action]
    execute("UPDATE parcel SET state = :state WHERE id = ANY (:parcels)", state=state, parcels=list(parcel_ids))
    execute(
        """
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by)
        SELECT l.lot_id, :here, CASE WHEN :there = 'returned' AND z.level = 'lockdown' THEN 'quarantine' ELSE :there END,
               l.quantity, l.parcel_id, :by
        FROM parcel_line AS l
        JOIN parcel AS p ON p.id = l.parcel_id
        LEFT JOIN LATERAL (
            SELECT level FROM grid_zone_level WHERE grid_id = p.grid_id AND valid_from <= clock_timestamp()
            ORDER BY valid_from DESC, id DESC LIMIT 1
        ) AS z ON true
        WHERE l.parcel_id = ANY (:parcels)
        """,
        here=here,
        there=there,
        by=asker.account_id,
        parcels=list(parcel_ids),
    )
    if there == Place.RETURNED:
        orders = [parcel.order_id for parcel in parcels]
        book_worth(parcels[0].cycle_id, EntryKind.RETURNED, orders, by=asker.account_id)
