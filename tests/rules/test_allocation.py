"""Sharing a shortage: law 4, whatever the wishes, the supply and the order of the rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.depot.rules import Wish, allocate, bags_for, reason_of
from supplyhub.depot.states import Reason


@st.composite
def wish_lists(draw):
    orders = draw(st.lists(st.integers(1, 500), unique=True, max_size=15))
    return [Wish(order, draw(st.integers(1, 2)), draw(st.integers(1, 6)), care=draw(st.booleans())) for order in orders]


SEEDS = st.text(max_size=5)


@given(wish_lists(), st.integers(0, 60), SEEDS)
def test_as_much_is_shared_out_as_there_is_and_is_asked_for(wishes, supply, seed):
    shares = allocate(wishes, supply, seed)
    assert sum(shares.values()) == min(supply, sum(wish.quantity for wish in wishes))
    assert all(0 <= shares[wish.order_id, wish.item_id] <= wish.quantity for wish in wishes)


@given(wish_lists(), st.integers(0, 60), SEEDS, st.randoms())
def test_the_order_of_the_rows_makes_no_difference(wishes, supply, seed, random):
    shuffled = list(wishes)
    random.shuffle(shuffled)
    assert allocate(shuffled, supply, seed) == allocate(wishes, supply, seed)


@given(wish_lists(), st.integers(0, 60), SEEDS)
def test_more_supply_never_leaves_anyone_with_less(wishes, supply, seed):
    less, more = allocate(wishes, supply, seed), allocate(wishes, supply + 1, seed)
    assert all(more[line] >= less[line] for line in less)


@given(wish_lists(), st.integers(0, 60), SEEDS)
def test_care_comes_first_and_then_nobody_gets_two_before_all_have_one(wishes, supply, seed):
    shares = allocate(wishes, supply, seed)
    care = [(wish, shares[wish.order_id, wish.item_id]) for wish in wishes if wish.care]
    others = [(wish, shares[wish.order_id, wish.item_id]) for wish in wishes if not wish.care]
    if any(share for _, share in others):
        assert all(share == wish.quantity for wish, share in care)
    for group in (care, others):
        most = max((share for _, share in group), default=0)
        assert all(share >= min(wish.quantity, most - 1) for wish, share in group)


def test_another_seed_draws_others():
    wishes = [Wish(order, 1, 1) for order in range(1, 21)]
    assert allocate(wishes, 10, "a") != allocate(wishes, 10, "b")


def test_every_share_has_its_reason():
    assert reason_of(3, 3, 3) == Reason.FULL
    assert reason_of(3, 1, 5) == Reason.FAIR_SHARE
    assert reason_of(3, 0, 5) == Reason.NONE_LEFT
    assert reason_of(3, 0, 0) == Reason.NOTHING_CAME


def test_a_bag_holds_eight_kilograms():
    assert [bags_for(grams) for grams in (1, 8_000, 8_001, 16_000)] == [1, 1, 2, 2]
