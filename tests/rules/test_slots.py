"""Time slots of buildings: long enough for their parcels, one building of a ticket after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.modes import mode_of
from supplyhub.delivery.slots import SECONDS_A_PARCEL, Crowd, next_step, turns
from supplyhub.delivery.states import DeliveryMode
from supplyhub.places.states import ZoneLevel

NINE = datetime(2026, 4, 12, 9, tzinfo=UTC)


def minutes(*crowds: Crowd) -> list[tuple[int, int, int]]:
    """Return building, and from which minute after nine to which."""
    return [
        (
            turn.building_id,
            (turn.starts_at - NINE) // timedelta(minutes=1),
            (turn.ends_at - NINE) // timedelta(minutes=1),
        )
        for turn in turns(crowds, NINE)
    ]


def test_the_buildings_of_a_ticket_come_one_after_the_other_as_long_as_their_parcels_take():
    assert minutes(Crowd(1, 58, 12), Crowd(1, 60, 2)) == [(58, 0, 15), (60, 15, 25)]


def test_tickets_go_beside_each_other():
    assert minutes(Crowd(1, 58, 4), Crowd(2, 61, 4)) == [(58, 0, 10), (61, 0, 10)]


def test_a_building_on_two_tickets_has_one_time_long_enough_for_both():
    assert minutes(Crowd(1, 58, 8), Crowd(2, 58, 8), Crowd(2, 61, 1)) == [(58, 0, 20), (61, 0, 10)]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 60)), max_size=20))
def test_every_building_has_one_time_that_is_long_enough_and_overlaps_no_other_of_its_ticket(found):
    crowds = [Crowd(*each) for each in found]
    made = {turn.building_id: turn for turn in turns(crowds, NINE)}
    first: dict[int, int] = {}
    for crowd in crowds:
        first.setdefault(crowd.building_id, crowd.ticket_id)
    assert set(made) == set(first)
    for building, turn in made.items():
        parcels = sum(crowd.parcels for crowd in crowds if crowd.building_id == building)
        assert turn.parcels == parcels
        assert turn.ends_at - turn.starts_at >= timedelta(seconds=parcels * SECONDS_A_PARCEL)
        for other, beside in made.items():
            if other != building and first[other] == first[building]:
                assert beside.ends_at <= turn.starts_at or turn.ends_at <= beside.starts_at


@pytest.mark.parametrize(("moment", "step"), [(0, 0), (1, 5), (4, 5), (5, 5), (58, 60)])
def test_a_time_begins_at_a_full_step_of_five_minutes(moment, step):
    assert next_step(NINE + timedelta(minutes=moment)) == NINE + timedelta(minutes=step)
    assert next_step(NINE + timedelta(seconds=1)) == NINE + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("level", "has_point", "mode"),
    [
        (None, True, DeliveryMode.DOOR),
        (ZoneLevel.LOCKDOWN, True, DeliveryMode.DOOR),
        (ZoneLevel.CONTROLLED, True, DeliveryMode.ENTRANCE),
        (ZoneLevel.PRECAUTION, True, DeliveryMode.POINT),
        (ZoneLevel.NORMAL, True, DeliveryMode.POINT),
        (ZoneLevel.NORMAL, False, DeliveryMode.ENTRANCE),
        (ZoneLevel.LOCKDOWN, False, DeliveryMode.DOOR),
    ],
)
def test_the_level_decides_how_parcels_reach_people(level, has_point, mode):
    assert mode_of(level, has_point=has_point) == mode
