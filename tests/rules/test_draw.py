"""The fair draw: whatever is asked for, offered and set aside, and in whatever order it is read."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.codes import ALPHABET
from supplyhub.ordering.draw.rules import Slip, draw, drawn_number, set_aside_of
from supplyhub.ordering.draw.slips import LETTERS, long_code, written

KEY = b"k" * 32
ITEM = 7


@st.composite
def asks(choose):
    """Return the slips of some orders, one to six units each."""
    orders = choose(st.lists(st.integers(1, 500), unique=True, max_size=15))
    care = {order: choose(st.booleans()) for order in orders}
    units = {order: choose(st.integers(1, 6)) for order in orders}
    return [
        Slip(long_code(KEY, order, ITEM, nth)[:LETTERS], nth, order, care=care[order])
        for order in orders
        for nth in range(1, units[order] + 1)
    ]


SEEDS = st.text("0123456789abcdef", min_size=1, max_size=8)
PERCENTS = st.integers(0, 100)
SUPPLY = st.integers(0, 60)


def drawn(slips, offered, percent=0, seed="s"):
    return draw(slips, offered=offered, care_percent=percent, seed=seed, item=ITEM)


def got(slips, offered, percent=0, seed="s"):
    return {order: share.got for order, share in drawn(slips, offered, percent, seed).shares.items()}


@given(asks(), SUPPLY, PERCENTS, SEEDS)
def test_as_much_is_given_as_there_is_and_is_asked_for(slips, offered, percent, seed):
    found = drawn(slips, offered, percent, seed)
    assert sum(share.got for share in found.shares.values()) == min(offered, len(slips))
    assert found.given_by_draw + found.given_to_care == min(offered, len(slips))
    assert all(0 <= share.got_as_care <= share.got <= share.asked for share in found.shares.values())
    assert {order: share.asked for order, share in found.shares.items()} == Counter(slip.order_id for slip in slips)


@given(asks(), SUPPLY, PERCENTS, SEEDS, st.randoms())
def test_the_order_of_the_rows_makes_no_difference(slips, offered, percent, seed, random):
    shuffled = list(slips)
    random.shuffle(shuffled)
    assert drawn(shuffled, offered, percent, seed) == drawn(slips, offered, percent, seed)


@given(asks(), SUPPLY, PERCENTS, SEEDS)
def test_more_supply_never_leaves_anyone_with_less(slips, offered, percent, seed):
    less, more = got(slips, offered, percent, seed), got(slips, offered + 1, percent, seed)
    assert all(more[order] >= less[order] for order in less)


@given(asks(), SUPPLY, SEEDS)
def test_without_a_part_set_aside_everybody_has_one_before_anybody_has_two(slips, offered, seed):
    shares = drawn(slips, offered, 0, seed).shares.values()
    most = max((share.got for share in shares), default=0)
    assert all(share.got >= min(share.asked, most - 1) for share in shares)


@given(asks(), SUPPLY, PERCENTS, SEEDS)
def test_outside_the_part_set_aside_too_everybody_has_one_before_anybody_has_two(slips, offered, percent, seed):
    """Care households may be ahead of others, by what was set aside alone; nobody else is ahead of anybody."""
    care = {slip.order_id for slip in slips if slip.care}
    shares = drawn(slips, offered, percent, seed).shares
    most = max((share.got for order, share in shares.items() if order not in care), default=0)
    assert all(share.got >= min(share.asked, most - 1) for share in shares.values())


@given(asks(), SUPPLY, PERCENTS, SEEDS)
def test_the_part_set_aside_goes_to_care_first_and_one_each_before_two(slips, offered, percent, seed):
    found = drawn(slips, offered, percent, seed)
    care = {slip.order_id for slip in slips if slip.care}
    mine = [share for order, share in found.shares.items() if order in care]
    assert sum(share.got for share in mine) >= min(found.set_aside, sum(share.asked for share in mine))
    assert all(found.shares[order].got_as_care == 0 for order in found.shares if order not in care)
    most = max((share.got for share in mine), default=0)
    assert all(share.got >= min(share.asked, most - 1) for share in mine)


@given(asks(), SUPPLY, PERCENTS, SEEDS)
def test_to_be_in_the_care_register_never_leaves_one_with_less(slips, offered, percent, seed):
    nobody = [Slip(slip.code, slip.round, slip.order_id) for slip in slips]
    alike, looked_after = got(nobody, offered, percent, seed), got(slips, offered, percent, seed)
    assert all(looked_after[slip.order_id] >= alike[slip.order_id] for slip in slips if slip.care)


@given(asks(), SUPPLY, PERCENTS, SEEDS)
def test_the_list_is_the_same_whoever_is_in_the_care_register(slips, offered, percent, seed):
    """What is published of an item is its slips in order, how many of them won, and totals: no slip is left out."""
    nobody = [Slip(slip.code, slip.round, slip.order_id) for slip in slips]
    one, other = drawn(slips, offered, percent, seed), drawn(nobody, offered, percent, seed)
    assert [(slip.code, slip.round) for slip in one.slips] == [(slip.code, slip.round) for slip in other.slips]
    assert one.given_by_draw + one.given_to_care == other.given_by_draw


def test_who_is_first_among_equals_is_drawn_by_the_seed():
    slips = [Slip(long_code(KEY, order, ITEM, 1)[:LETTERS], 1, order) for order in range(1, 31)]
    assert got(slips, 15, seed="a") != got(slips, 15, seed="b")
    first = drawn(slips, 15, seed="a").slips[0]
    assert first.code == min((slip.code for slip in slips), key=lambda code: drawn_number("a", ITEM, code))


def test_what_care_leaves_of_its_part_flows_back_to_everybody():
    slips = [Slip("CARE", 1, 1, care=True), Slip("ANNA", 1, 2), Slip("BERT", 1, 3)]
    assert sum(got(slips, 3, percent=100).values()) == 3
    assert set_aside_of(7, 30) == 2


def test_a_code_says_nothing_of_its_household_and_is_typed_without_mistakes():
    codes = [long_code(KEY, 12, ITEM, nth) for nth in (1, 2)]
    assert codes[0][:4] != codes[1][:4]
    assert set("".join(codes)) <= set(ALPHABET)
    assert long_code(b"x" * 32, 12, ITEM, 1) != codes[0] == long_code(KEY, 12, ITEM, 1)


@given(st.sets(st.text("23AB", min_size=12, max_size=12), max_size=60), st.randoms())
def test_codes_that_begin_alike_are_written_longer_whatever_the_order(codes, random):
    shuffled = list(codes)
    random.shuffle(shuffled)
    found = written(shuffled, 2)
    assert found == written(sorted(codes), 2)
    assert len(set(found.values())) == len(codes)
    assert all(code.startswith(short) for code, short in found.items())
