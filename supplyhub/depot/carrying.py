"""Parcels going from hand to hand: their state, the movements of their units and what they are worth, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, rows
from supplyhub.depot.states import PARCEL_MOVES, Place
from supplyhub.depot.valuing import book_worth
from supplyhub.moves import move
from supplyhub.payments.states import EntryKind
from supplyhub.places.levels import HOLDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.people.asker import Asker

# From which place to which the units of a parcel go when it makes a move; from a grid in lockdown they come back into
# quarantine.
WAYS = {
    "hand_over": (Place.PACKED, Place.HANDED_OVER),
    "deliver": (Place.HANDED_OVER, Place.DELIVERED),
    "undo": (Place.DELIVERED, Place.HANDED_OVER),
    "bring_back": (Place.HANDED_OVER, Place.RETURNED),
}

# A subquery, a row a lot of a line of some parcels: parcel_id, lot_id, quantity, kept (units that were not left at the door:
# of the lot that came last).
LOTS = """
    SELECT l.parcel_id, l.lot_id, l.quantity,
           greatest(0, least(l.quantity, coalesce(k.units, 0) + l.quantity - sum(l.quantity) OVER (
               PARTITION BY l.parcel_id, l.item_id, l.substitute ORDER BY l.lot_id DESC)))::bigint AS kept
    FROM parcel_line AS l
    LEFT JOIN stop AS s ON s.parcel_id = l.parcel_id
    LEFT JOIN kept_back AS k ON k.entry_id = s.entry_id AND k.item_id = l.item_id AND k.substitute = l.substitute
    WHERE {parcels}
"""


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
    _move_units(asker, parcel_ids, "l.quantity - l.kept", here, there)
    if there == Place.RETURNED:
        orders = [parcel.order_id for parcel in parcels]
        book_worth(parcels[0].cycle_id, EntryKind.RETURNED, orders, by=asker.account_id)


def bring_back_kept(asker: Asker, parcel_ids: Sequence[int]) -> None:
    """Move what was kept back of delivered parcels at their doors to where goods come back. In the caller's transaction.

    What it is worth was booked at the door. Once: its units are with the volunteer until then.
    """
    _move_units(asker, parcel_ids, "l.kept", *WAYS["bring_back"])


def _move_units(asker: Asker, parcel_ids: Sequence[int], units: str, here: Place, there: Place) -> None:
    """Move units of some parcels, `units` (SQL, of LOTS l) of each lot; what comes back from lockdown is set aside."""
    execute(
        f"""
        INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by)
        SELECT l.lot_id, :here, CASE WHEN :there = 'returned' AND z.level = 'lockdown' THEN 'quarantine' ELSE :there END,
               {units}, l.parcel_id, :by
        FROM ({LOTS.format(parcels="l.parcel_id = ANY (:parcels)")}) AS l
        JOIN parcel AS p ON p.id = l.parcel_id
        {HOLDS.format(grid="p.grid_id")}
        WHERE {units} > 0
        """,
        here=here,
        there=there,
        by=asker.account_id,
        parcels=list(parcel_ids),
    )
