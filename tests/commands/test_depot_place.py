"""The depot comes on the map where somebody says it stands: at a building, at a delivery point, at two numbers."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, transaction
from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.places.commands import ensure_community
from supplyhub.places.depot_place import depot_place, place_depot, read_numbers

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def community() -> int:
    """Return a community with a depot, two buildings that have places, and a delivery point."""
    return a_community_with_places()


def a_community_with_places() -> int:
    found = ensure_community(timezone="Asia/Shanghai", name="有位置的")
    with transaction():
        for number, east in ((47, 118.01), (48, 118.03)):
            execute(
                "INSERT INTO building (community_id, name, number, longitude, latitude, unplaced_reason)"
                " VALUES (:community, :name, :number, :east, 24.5, 'no_outline')",
                community=found,
                name=f"{number}号楼",
                number=number,
                east=east,
            )
        execute(
            "INSERT INTO delivery_point (community_id, name, longitude, latitude) VALUES (:c, '东门', 118.02, 24.51)",
            c=found,
        )
    return found


def test_a_depot_is_nowhere_until_somebody_says_where(community):
    assert (depot_place(community).spot, depot_place(community).near) == (None, "")


@pytest.mark.parametrize("written", ["47", "47号楼", "４７", " 47号 "])
def test_a_depot_stands_beside_a_building(community, written):
    place_depot(community, written)
    assert (depot_place(community).spot, depot_place(community).near) == ((118.01, 24.5), "47号楼")


def test_a_depot_stands_at_a_delivery_point(community):
    place_depot(community, "东门")
    assert depot_place(community).spot == (118.02, 24.51)


@pytest.mark.parametrize("written", ["118.0290,24.4999", "24.4999 118.0290", "118.0290，24.4999"])
def test_a_depot_stands_where_two_numbers_say_whichever_comes_first(community, written):
    place_depot(community, written)
    assert (depot_place(community).spot, depot_place(community).near) == ((118.029, 24.4999), "48号楼")


def test_an_empty_text_takes_the_depot_off_the_map(community):
    place_depot(community, "47")
    place_depot(community, "  ")
    assert depot_place(community).spot is None


@pytest.mark.parametrize("written", ["99", "西门", "118", "118.0.1, 3", "'; DROP TABLE depot"])
def test_what_is_nowhere_changes_nothing(community, written):
    place_depot(community, "47")
    with pytest.raises(NotFoundError):
        place_depot(community, written)
    assert depot_place(community).spot == (118.01, 24.5)


@pytest.mark.parametrize("written", ["14.4, 50.1", "999.0, 24.5", "-118.01, -24.5"])
def test_what_is_far_from_every_building_is_refused(community, written):
    with pytest.raises(InvalidError):
        place_depot(community, written)
    assert depot_place(community).spot is None


def test_before_any_building_has_a_place_two_numbers_are_taken_as_they_are():
    fresh = ensure_community(timezone="Asia/Shanghai", name="还没有底册")
    place_depot(fresh, "118.0290, 24.4999")
    assert (depot_place(fresh).spot, depot_place(fresh).near) == ((118.029, 24.4999), "")


def test_another_communitys_buildings_are_not_looked_at(community):
    other = ensure_community(timezone="Asia/Shanghai", name="隔壁")
    with pytest.raises(NotFoundError):
        place_depot(other, "47")


@pytest.mark.parametrize("written", ["", "47", "118, 24", "118.1 24.2 3.3", "1e5.0, 2.0"])
def test_other_texts_are_no_numbers(written):
    assert read_numbers(written) is None
