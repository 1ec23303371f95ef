"""The stops about the map: on the way to the doors, in every view, with the depot on it; where it is put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import scalar
from supplyhub.places.depot_place import place_depot
from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene

GRID = 3


def about_the_map(scene: Scene) -> Iterator[Stop]:
    """While parcels are on their way."""
    yield Stop("points-no-depot", "coordinator", "/points")
    yield Stop("points-depot-nowhere", "coordinator", "/points", "put-nowhere")
    place_depot(scene.community, "47")
    yield Stop("points-depot", "coordinator", "/points")
    yield Stop("map-delivering", "coordinator", "/map")
    yield Stop("map-delivering-all", "coordinator", "/map?show=buildings,streets,points,routes,problems,requests")
    yield Stop("map-levels", "coordinator", "/map?by=level")
    yield Stop("map-shares", "coordinator", "/map?by=delivered")
    yield Stop("map-delivering-table", "coordinator", "/map?view=table")
    yield Stop("map-wall", "coordinator", "/map?wall=1")
    yield Stop("map-grid", "coordinator", f"/map/{GRID}")
    yield Stop("map-grid-table", "coordinator", f"/map/{GRID}?view=table")
    building = scalar(
        "SELECT b.id FROM stop AS s JOIN orders AS o ON o.id = s.order_id JOIN building AS b ON b.id = o.building_id"
        " WHERE s.outcome = 'failed' ORDER BY s.id LIMIT 1"
    )
    yield Stop("map-building", "coordinator", f"/map/{GRID}/buildings/{building}")
    yield Stop("map-lead", f"gridlead:{GRID}", f"/map/{GRID}")
