"""Cutting a batch into tickets that one tricycle takes."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.cutting import CRATE_PARCELS, CRATE_WEIGHT_GRAMS, TRICYCLE, Load, crates_of, cut
from supplyhub.delivery.rules import grid_word


def a_load(place: int, building: int, grams: int, *, fragile: bool = False) -> Load:
    return Load(place, place, building, grams, fragile, grams > 10_000)


def loads(*buildings: int, grams: int = 2_000) -> list[Load]:
    return [a_load(place, building, grams) for place, building in enumerate(buildings, start=1)]


@st.composite
def load_lists(draw):
    sizes = draw(st.lists(st.integers(1, 25), max_size=8))
    weights = st.integers(1, 80_000)
    buildings = [building for building, size in enumerate(sizes) for _ in range(size)]
    return [
        a_load(place, building, draw(weights), fragile=draw(st.booleans())) for place, building in enumerate(buildings)
    ]


@given(load_lists())
def test_every_parcel_is_on_one_ticket_in_walking_order_and_within_the_limits(parcels):
    tickets = cut(parcels)
    assert list(chain.from_iterable(tickets)) == parcels
    for ticket in tickets:
        assert 1 <= len(ticket) <= 15
        assert sum(load.weight_grams for load in ticket) <= 60_000 or len(ticket) == 1
        assert sum(load.heavy for load in ticket) <= TRICYCLE.heavy


def test_a_building_that_would_be_split_goes_whole_to_the_next_ticket():
    tickets = cut(loads(*[1] * 9, *[2] * 8))
    assert [len(ticket) for ticket in tickets] == [9, 8]


def test_a_building_is_split_rather_than_sending_a_tricycle_out_nearly_empty():
    tickets = cut(loads(*[1] * 3, *[2] * 14))
    assert [len(ticket) for ticket in tickets] == [15, 2]


def test_weight_ends_a_ticket_too():
    tickets = cut(loads(1, 2, 3, 4, 5, grams=25_000))
    assert [len(ticket) for ticket in tickets] == [2, 2, 1]


def test_one_ticket_takes_three_heavy_parcels_and_the_fourth_begins_the_next():
    tickets = cut(loads(1, 2, 3, 4, 5, grams=11_000))
    assert [len(ticket) for ticket in tickets] == [3, 2]


def test_a_building_whose_heavy_parcels_would_be_split_goes_whole_to_the_next_ticket():
    heavy = [a_load(n, building, 11_000) for n, building in enumerate((1, 1, 2, 2), start=1)]
    assert [len(ticket) for ticket in cut(heavy)] == [2, 2]


def test_eggs_are_not_in_a_crate_with_a_sack_of_rice():
    eggs, rice, greens = a_load(1, 1, 2_000, fragile=True), a_load(2, 1, 11_000), a_load(3, 1, 1_000)
    assert crates_of([eggs, greens, rice]) == [(1, 2), (3, 3)]
    assert crates_of([rice, greens, eggs]) == [(1, 2), (3, 3)]
    assert crates_of([eggs, greens, eggs]) == [(1, 3)]
    assert crates_of([rice._replace(fragile=True), eggs]) == [(1, 1), (2, 2)]


def test_nothing_to_deliver_is_no_ticket():
    assert cut([]) == []


def test_a_grid_is_told_in_one_word():
    assert grid_word(parcels=0, packed=0, tickets=0, out=0, done=0) == "waiting"
    assert grid_word(parcels=4, packed=1, tickets=2, out=0, done=0) == "packing"
    assert grid_word(parcels=4, packed=4, tickets=2, out=0, done=0) == "packed"
    assert grid_word(parcels=4, packed=4, tickets=2, out=0, done=0, crates=3, gone=1, reached=0) == "leaving"
    assert grid_word(parcels=4, packed=4, tickets=2, out=0, done=0, crates=3, gone=3, reached=3) == "at_point"
    assert grid_word(parcels=4, packed=4, tickets=2, out=2, done=1, crates=3, gone=3, reached=3) == "on_way"
    assert grid_word(parcels=4, packed=4, tickets=2, out=2, done=2) == "done"


@given(load_lists())
def test_every_stop_of_a_ticket_is_in_one_crate_that_can_be_lifted(parcels):
    crates = crates_of(parcels)
    assert [position for first, last in crates for position in range(first, last + 1)] == list(
        range(1, len(parcels) + 1)
    )
    for first, last in crates:
        loads = parcels[first - 1 : last]
        assert len(loads) <= CRATE_PARCELS
        assert sum(load.weight_grams for load in loads) <= CRATE_WEIGHT_GRAMS or len(loads) == 1
        heavy = any(load.heavy for load in loads)
        assert len(loads) == 1 or not (heavy and any(load.fragile for load in loads))


def test_a_crate_that_is_full_is_followed_by_the_next():
    assert crates_of([Load(n, n, 1, 4_000) for n in range(1, 8)]) == [(1, 5), (6, 7)]
