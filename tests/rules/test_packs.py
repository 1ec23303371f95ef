"""Care packs when there are fewer than households: fair over grids, first things first, whatever the order of the rows."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.help.packs import Home, divide, packs_of, share_packs

HOMES = st.lists(
    st.builds(Home, st.integers(1, 200), st.integers(1, 6), st.integers(1, 2)),
    max_size=40,
    unique_by=lambda home: home.household,
)
PACKS = st.integers(0, 50)
SEEDS = st.text(max_size=8)


@given(HOMES, PACKS, SEEDS)
def test_every_pack_is_given_while_there_are_households_and_nobody_gets_two(homes, packs, seed):
    given_to = share_packs(homes, packs, seed)
    assert len(given_to) == min(packs, len(homes))
    assert len(set(given_to)) == len(given_to)
    assert set(given_to) <= {home.household for home in homes}


@given(HOMES, PACKS, SEEDS)
def test_nobody_goes_without_while_somebody_of_less_priority_gets_one(homes, packs, seed):
    given_to = set(share_packs(homes, packs, seed))
    without = [home.priority for home in homes if home.household not in given_to]
    served = [home.priority for home in homes if home.household in given_to]
    assert not without or not served or max(served) <= min(without)


@given(HOMES, PACKS, SEEDS)
def test_no_grid_is_a_whole_pack_off_its_part_among_equals(homes, packs, seed):
    given_to = set(share_packs(homes, packs, seed))
    first = [home for home in homes if home.priority == 1]
    left = packs
    for equals in (first, [home for home in homes if home.priority == 2]):
        got = Counter(home.grid for home in equals if home.household in given_to)
        for grid, number in Counter(home.grid for home in equals).items():
            part = Fraction(min(left, len(equals)) * number, len(equals))
            assert abs(got[grid] - part) < 1
        left = max(0, left - len(equals))


@given(HOMES, PACKS, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_and_a_second_run_change_nothing(homes, packs, seed, chance):
    shuffled = list(homes)
    chance.shuffle(shuffled)
    assert share_packs(shuffled, packs, seed) == share_packs(homes, packs, seed)


@given(st.dictionaries(st.integers(1, 9), st.integers(1, 30)), PACKS, SEEDS)
def test_what_grids_get_adds_up_and_is_no_more_than_they_have(homes, packs, seed):
    parts = divide(homes, packs, seed)
    assert sum(parts.values()) == min(packs, sum(homes.values()))
    assert all(parts[grid] <= number for grid, number in homes.items())


def test_another_seed_draws_others():
    homes = [Home(household, 1) for household in range(1, 41)]
    assert len({tuple(share_packs(homes, 5, f"2026-04-12/{draw}")) for draw in range(6)}) > 1


def test_equal_remainders_are_drawn_not_given_to_the_first_grid():
    homes = dict.fromkeys(range(1, 9), 1)
    assert len({next(grid for grid, got in divide(homes, 1, str(draw)).items() if got) for draw in range(30)}) > 3


def test_the_scarcest_goods_say_how_many_packs_there_are():
    assert packs_of({1: 100, 2: 7}, {1: 1, 2: 2}) == 3
    assert packs_of({1: 100}, {1: 1, 3: 1}) == 0
    assert packs_of({1: 100}, {}) == 0
