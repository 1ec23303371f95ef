"""Sharing a shortage: law 4, whatever the policy, the wishes, the supply and the order of the rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.depot.policies import Ask, Wish, gini, reason_of, share, share_cycle
from supplyhub.depot.rules import bags_for
from supplyhub.depot.states import Policy, Reason

NOON = datetime(2026, 4, 11, 12, tzinfo=UTC)
SEEDS = st.text(max_size=5)
POLICIES = st.sampled_from(Policy)
SUPPLIES = st.integers(0, 80)


@st.composite
def wishes_of(draw, order_id):
    priority = draw(st.integers(0, 2))
    return Wish(
        order_id,
        draw(st.integers(1, 2)),
        draw(st.integers(1, 6)),
        fill=draw(st.sampled_from((0, 0, 1, 3))),
        care=priority > 0,
        priority=priority or 2,
        whole=draw(st.sampled_from((False, False, True))),
        placed_at=NOON + timedelta(minutes=draw(st.integers(0, 20))),
    )


@st.composite
def wish_lists(draw):
    orders = draw(st.lists(st.integers(1, 500), unique=True, max_size=15))
    return [draw(wishes_of(order)) for order in orders]


def plain(wishes):
    """Return the same wishes of households that take a part, and no more than they ordered."""
    return [replace(wish, fill=0, whole=False) for wish in wishes]


def ordered(wishes):
    return sum(wish.quantity for wish in wishes)


@given(wish_lists(), SUPPLIES, SEEDS, POLICIES)
def test_as_much_is_shared_out_as_there_is_and_is_asked_for(wishes, supply, seed, policy):
    wishes = plain(wishes)
    shares = share(wishes, supply, seed, policy)
    assert sum(shares.values()) == min(supply, ordered(wishes))
    assert all(0 <= shares[wish.line] <= wish.quantity for wish in wishes)


@given(wish_lists(), SUPPLIES, SEEDS, POLICIES)
def test_what_is_left_is_accepted_in_part_by_nobody(wishes, supply, seed, policy):
    shares = share(wishes, supply, seed, policy)
    left = supply - sum(shares.values())
    short = [wish for wish in wishes if shares[wish.line] < wish.quantity]
    assert left >= 0
    assert not left or all(wish.steps_back and wish.most > left for wish in short)
    if not any(wish.steps_back for wish in wishes):
        assert sum(shares.values()) == min(supply, sum(wish.most for wish in wishes))


@given(wish_lists(), SUPPLIES, SEEDS, POLICIES, st.randoms())
def test_the_order_of_the_rows_makes_no_difference(wishes, supply, seed, policy, random):
    shuffled = list(wishes)
    random.shuffle(shuffled)
    assert share(shuffled, supply, seed, policy) == share(wishes, supply, seed, policy)


@given(wish_lists(), SUPPLIES, SEEDS, POLICIES)
def test_more_supply_never_leaves_anyone_with_less_who_takes_a_part(wishes, supply, seed, policy):
    less, more = share(wishes, supply, seed, policy), share(wishes, supply + 1, seed, policy)
    assert all(more[wish.line] >= less[wish.line] for wish in wishes if not wish.steps_back)


@given(wish_lists(), SUPPLIES, SEEDS, POLICIES)
def test_who_wants_all_or_nothing_gets_all_or_nothing_and_takes_from_nobody(wishes, supply, seed, policy):
    shares = share(wishes, supply, seed, policy)
    steady = [wish for wish in wishes if not wish.steps_back]
    for wish in wishes:
        if wish.steps_back:
            assert shares[wish.line] in {0, wish.most}
    alone = share(steady, supply, seed, policy)
    assert all(shares[line] == units for line, units in alone.items())


@given(wish_lists(), SUPPLIES, SEEDS, POLICIES)
def test_nobody_fills_a_case_before_everybody_who_takes_a_part_has_what_was_ordered(wishes, supply, seed, policy):
    shares = share(wishes, supply, seed, policy)
    steady = [wish for wish in wishes if not wish.steps_back]
    if any(shares[wish.line] > wish.quantity for wish in steady):
        assert all(shares[wish.line] >= wish.quantity for wish in steady)


@given(wish_lists(), SUPPLIES, SEEDS)
def test_care_comes_first_and_then_nobody_gets_two_before_all_have_one(wishes, supply, seed):
    wishes = plain(wishes)
    shares = share(wishes, supply, seed)
    care = [(wish, shares[wish.line]) for wish in wishes if wish.care]
    others = [(wish, shares[wish.line]) for wish in wishes if not wish.care]
    if any(units for _, units in others):
        assert all(units == wish.quantity for wish, units in care)
    for group in (care, others):
        most = max((units for _, units in group), default=0)
        assert all(units >= min(wish.quantity, most - 1) for wish, units in group)


@given(wish_lists(), SUPPLIES, SEEDS)
def test_of_the_care_register_the_urgent_have_no_less_than_others_who_want_as_much(wishes, supply, seed):
    wishes = plain(wishes)
    shares = share(wishes, supply, seed)
    for urgent in [wish for wish in wishes if wish.priority == 1]:
        for other in [wish for wish in wishes if wish.quantity == urgent.quantity]:
            assert shares[urgent.line] >= shares[other.line] or other.priority == 1


@given(wish_lists(), SUPPLIES, SEEDS)
def test_pro_rata_gives_no_unit_that_another_line_had_more_claim_to(wishes, supply, seed):
    wishes = plain(wishes)
    shares = share(wishes, supply, seed, Policy.PRO_RATA)
    for has in wishes:
        for lacks in wishes:
            if shares[has.line] and shares[lacks.line] < lacks.quantity:
                assert (2 * shares[has.line] - 1) * lacks.quantity <= (2 * shares[lacks.line] + 1) * has.quantity


@given(wish_lists(), SUPPLIES, SEEDS)
def test_first_come_serves_nobody_before_those_who_came_earlier(wishes, supply, seed):
    wishes = plain(wishes)
    shares = share(wishes, supply, seed, Policy.FIRST_COME)
    for late in wishes:
        for early in wishes:
            if early.placed_at < late.placed_at and shares[late.line]:
                assert shares[early.line] == early.quantity


@given(wish_lists(), SUPPLIES, SEEDS)
def test_a_draw_leaves_at_most_one_line_with_a_part(wishes, supply, seed):
    wishes = plain(wishes)
    shares = share(wishes, supply, seed, Policy.DRAW)
    assert sum(0 < shares[wish.line] < wish.quantity for wish in wishes) <= 1


@pytest.mark.parametrize("policy", [Policy.CARE_FIRST, Policy.DRAW])
def test_another_seed_draws_others(policy):
    wishes = [Wish(order, 1, 1) for order in range(1, 21)]
    assert share(wishes, 10, "a", policy) != share(wishes, 10, "b", policy)


@st.composite
def cycles(draw):
    asks = [
        Ask(wish, product_id=draw(st.integers(1, 3)), substitute_id=draw(st.sampled_from((None, 1, 2, 3))))
        for wish in draw(wish_lists())
    ]
    asks = [ask if ask.substitute_id != ask.product_id else replace(ask, substitute_id=None) for ask in asks]
    asks = [replace(ask, wish=replace(ask.wish, whole=False)) if ask.substitute_id else ask for ask in asks]
    supplies = {product: draw(st.integers(0, 40)) for product in (1, 2, 3)}
    return asks, supplies, {product: draw(POLICIES) for product in (1, 2, 3)}


@given(cycles(), SEEDS)
def test_a_substitute_stands_in_for_what_is_missing_and_takes_from_nobody(cycle, seed):
    asks, supplies, policies = cycle
    shares, stand_ins = share_cycle(asks, supplies, seed, policies)
    # Nobody's own line has less for it.
    assert shares == share_cycle([replace(ask, substitute_id=None) for ask in asks], supplies, seed, policies)[0]
    for ask in asks:
        assert shares[ask.wish.line] + stand_ins.get(ask.wish.line, 0) <= ask.wish.quantity + ask.wish.fill
        if ask.wish.line in stand_ins:
            assert ask.substitute_id
            assert shares[ask.wish.line] + stand_ins[ask.wish.line] <= ask.wish.quantity
    for product, supply in supplies.items():
        own = sum(shares[ask.wish.line] for ask in asks if ask.product_id == product)
        given_away = sum(stand_ins.get(ask.wish.line, 0) for ask in asks if ask.substitute_id == product)
        assert own + given_away <= supply


@given(cycles(), SEEDS, st.integers(1, 3))
def test_more_of_anything_never_leaves_a_line_with_less_in_all_that_takes_a_part(cycle, seed, product):
    asks, supplies, policies = cycle
    less = share_cycle(asks, supplies, seed, policies)
    more = share_cycle(asks, supplies | {product: supplies[product] + 1}, seed, policies)
    for ask in asks:
        line = ask.wish.line
        assert ask.wish.steps_back or more[0][line] + more[1].get(line, 0) >= less[0][line] + less[1].get(line, 0)


def test_every_share_has_its_reason():
    three = Wish(1, 1, 3)
    assert reason_of(three, 3, 3) == Reason.FULL
    assert reason_of(three, 1, 5) == Reason.FAIR_SHARE
    assert reason_of(three, 0, 5) == Reason.NONE_LEFT
    assert reason_of(three, 0, 0, Policy.DRAW) == Reason.NOTHING_CAME
    assert reason_of(replace(three, fill=2), 4, 9) == Reason.FILL_SHORT
    assert reason_of(replace(three, whole=True), 0, 2) == Reason.STEPPED_BACK
    assert reason_of(Wish(1, 1, 1, fill=1, whole=True), 0, 2) == Reason.NONE_LEFT
    assert [reason_of(three, 1, 2, policy) for policy in (Policy.PRO_RATA, Policy.FIRST_COME, Policy.DRAW)] == [
        Reason.PRO_RATA,
        Reason.CAME_LATER,
        Reason.NOT_DRAWN,
    ]


def test_inequality_is_none_when_all_get_the_same_and_large_when_one_gets_everything():
    assert gini([]) == gini([0, 0]) == 0
    assert gini([0.5, 0.5, 0.5]) == pytest.approx(0)
    assert gini([0, 0, 0, 1]) == pytest.approx(0.75)


def test_a_bag_holds_eight_kilograms():
    assert [bags_for(grams) for grams in (1, 8_000, 8_001, 16_000)] == [1, 1, 2, 2]
