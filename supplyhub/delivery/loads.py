"""Parcels as they are cut into tickets: what they weigh, and which of them are heavy by their community's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, transaction
from supplyhub.errors import InvalidError, NotAllowedError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

LEAST_GRAMS, MOST_GRAMS = 1_000, 100_000
# Of a parcel p: joins its community m.
COMMUNITY = "JOIN cycle AS y ON y.id = p.cycle_id JOIN community AS m ON m.id = y.community_id"
# A heavy parcel is carried up by itself.
HEAVY = "p.weight_grams > m.heavy_grams"
# What makes a `cutting.Load`, in its order, of a parcel p and its order o.
LOAD = f"p.id, p.order_id, o.building_id, p.weight_grams, p.fragile, {HEAVY} AS heavy"


def set_heavy(asker: Asker, grams: int) -> None:
    """Say above which weight a parcel is heavy, from now on; tickets that are cut stay. For a coordinator.

    Raises InvalidError below 1 kg and above 100 kg.
    """
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator says what is heavy", role=asker.role)
    if not LEAST_GRAMS <= grams <= MOST_GRAMS:
        raise InvalidError("a heavy parcel weighs more than 1 to 100 kg", grams=grams)
    with transaction():
        execute("UPDATE community SET heavy_grams = :grams WHERE id = :id", grams=grams, id=asker.community_id)
