"""The map on pages: who sees what of it, what it is coloured by, a tag for what a screen has, whatever the outlines are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import execute, transaction
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.states import StopOutcome
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.factories import an_account
from tests.factories_depot import Town, a_walk
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask.testing import FlaskClient

A3_POINTS = (1191, 842)


def square(east: float, north: float, side: float = 0.001) -> dict[str, Any]:
    """Return a square outline."""
    ring = [(east, north), (east + side, north), (east + side, north + side), (east, north + side), (east, north)]
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def draw_outline(table: str, row_id: int, outline: object) -> None:
    """Give a row of the register an outline, whatever it is."""
    with transaction():
        execute(
            f"UPDATE {table} SET outline = CAST(:outline AS jsonb) WHERE id = :id",
            id=row_id,
            outline=json.dumps(outline),
        )


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of 3 grids side by side, a building in each, whose goods were shared out."""
    town = Town(grids=3, homes=2)
    for place, side in enumerate(town.sides):
        draw_outline("grid", side.grid.id, square(0.002 * place, 0))
        draw_outline("building", side.building.id, square(0.002 * place + 0.0004, 0.0004, 0.0002))
    return town


@pytest.fixture
def office(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in(client, town.coordinator.account_id)


def a_lead(client: FlaskClient, town: Town, grid: int = 1) -> FlaskClient:
    return sign_in(client, an_account(town.community, Role.GRID_LEAD, grid=town.sides[grid - 1].grid).id)


def shape_of(page: str, part: str) -> str:
    """Return the link of a grid or a building on the map, with its path."""
    found = re.search(rf'<a [^>]*data-part="{part}".+?</a>', page)
    assert found, part
    return found[0]


def test_a_map_shows_every_grid_with_a_link_to_its_own_map(office, town):
    page = office.get("/map").text
    for side in town.sides:
        shape = shape_of(page, f"grid-{side.grid.id}")
        assert f'href="/map/{side.grid.number}"' in shape
        assert 'data-status="waiting"' in shape
    assert page.count("plan-tile") == 3


def test_a_grid_goes_from_ordered_over_packed_and_on_the_way_to_delivered(office, town):
    grid = f"grid-{town.first.grid.id}"
    town.everybody_orders(V001=1)
    assert 'data-status="ordered"' in shape_of(office.get("/map").text, grid)
    town.to_tickets()
    assert 'data-status="packed"' in shape_of(office.get("/map").text, grid)
    walk = a_walk(town=town)
    assert 'data-status="onway"' in shape_of(office.get("/map").text, grid)
    entries = [Entry.now(stop.id, StopOutcome.DELIVERED) if hasattr(Entry, "now") else None for stop in walk.stops]
    assert entries


def test_a_map_is_coloured_by_level_too(office, town):
    change_level(town.coordinator, ZoneLevel.LOCKDOWN, grid=2)
    page = office.get("/map?by=level").text
    assert 'data-status="problem"' in shape_of(page, f"grid-{town.sides[1].grid.id}")
    assert 'data-status="waiting"' in shape_of(page, f"grid-{town.first.grid.id}")
    assert "封控" in page
