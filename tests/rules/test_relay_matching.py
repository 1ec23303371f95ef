"""What a paste is to the one before: the same words, edited in place, renumbered, new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.ordering.baskets import Line
from supplyhub.ordering.relay.entries import Step
from supplyhub.ordering.relay.folding import fold
from supplyhub.ordering.relay.matching import Kept, Said, Since, match, sequences
from supplyhub.ordering.relay.planning import Fate, Shelf, Standing, forecast, plan_doors
from supplyhub.ordering.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

A, B, C = 1, 2, 3
CABBAGE, EGGS = 11, 12
ADD, REPLACE, WITHDRAW = EntryKind.ADD, EntryKind.REPLACE, EntryKind.WITHDRAW


def said(
    place: int,
    words: str,
    home: int | None,
    units: int = 0,
    kind: EntryKind = ADD,
    number: int = 0,
    *,
    more: bool = False,
) -> Said:
    lines = {CABBAGE: units} if units else {}
    step = Step(home, kind, lines) if home else None
    return Said(place, number or place, words.encode(), step, home=home, more=more)


def kept(paste: Sequence[Said]) -> list[Kept]:
    """Return the entries of a paste as they are kept after it was applied."""
    return [Kept(one.number, one.fingerprint, one.step) for one in paste if one.step]


def since(paste: Sequence[Said], before: Sequence[Said]) -> list[Since]:
    matched = match(paste, kept(before))
    return [matched.since[one.place] for one in paste]


def basket(home: int, paste: Sequence[Said], before: Sequence[Said]) -> dict[int, int]:
    matched = match(paste, kept(before))
    links = sequences(paste, kept(before), matched)[home]
    return fold(link.entry.step for link in links)[home]


FIRST = [said(1, "a", A, 1), said(2, "b", B, 1), said(3, "c", C, 1)]


def test_the_same_paste_brings_nothing_new():
    assert since(FIRST, FIRST) == [Since.SAME] * 3


def test_a_longer_paste_brings_only_what_is_new():
    assert since([*FIRST, said(4, "d", A, 2)], FIRST) == [Since.SAME] * 3 + [Since.NEW]


def test_what_a_shorter_paste_leaves_out_still_counts():
    assert basket(A, [said(1, "d", A, 2, number=9, more=True)], FIRST) == {CABBAGE: 3}


MOVED = [
    # The first left the chain, the second was edited.
    ([said(1, "b again", B, 2)], [Since.EDITED], {CABBAGE: 2}),
    # Deleted and written anew further down.
    (
        [said(1, "a", A, 1), said(2, "c", C, 1), said(3, "b again", B, 2)],
        [Since.SAME, Since.SAME, Since.EDITED],
        {CABBAGE: 2},
    ),
    # The end of a chain alone.
    ([said(1, "b too", B, 2, number=4)], [Since.WAITS], {CABBAGE: 1}),
    # Two that may be the one that is missing.
    ([said(4, "b too", B, 2), said(5, "and b", B, 1)], [Since.WAITS, Since.WAITS], {CABBAGE: 1}),
    # One says that it is more, but stands among the earlier ones.
    ([said(1, "b too", B, 2, more=True)], [Since.WAITS], {CABBAGE: 1}),
    # The earlier one may be what waits.
    ([Said(1, 1, b"b?", None, home=B), said(2, "b too", B, 2, number=5)], [Since.WAITS, Since.WAITS], {CABBAGE: 1}),
]


@pytest.mark.parametrize(("paste", "became", "comes_to"), MOVED)
def test_nothing_is_added_to_a_door_while_its_own_earlier_entry_is_missing(paste, became, comes_to):
    assert since(paste, FIRST) == became
    before = kept(FIRST)
    links = sequences(paste, before, match(paste, before))[B]
    assert fold(link.entry.step for link in links)[B] == comes_to


def test_two_earlier_entries_that_are_missing_make_a_new_one_wait():
    before = [said(1, "b", B, 1), said(2, "b more", B, 1)]
    matched = match([said(1, "other", A, 1), said(2, "b again", C, 3), said(3, "b so", B, 2)], kept(before))
    assert (matched.since[3], matched.missing) == (Since.WAITS, {3: 1})


def test_somebody_may_say_that_it_is_more():
    more = Said(1, 9, b"b too", Step(B, ADD, {CABBAGE: 2}), fixed=True, home=B)
    assert basket(B, [more], FIRST) == {CABBAGE: 3}


def test_other_words_at_the_same_number_of_a_door_replace_the_old_ones():
    edited = [said(1, "a again", A, 2), *FIRST[1:]]
    assert since(edited, FIRST)[0] == Since.EDITED
    assert basket(A, edited, FIRST) == {CABBAGE: 2}


def test_the_same_number_of_another_door_is_no_edit():
    assert since([said(1, "d", 4, 2)], FIRST) == [Since.NEW]


def test_entries_that_moved_up_when_one_was_deleted_are_the_same():
    assert since([said(1, "b", B, 1), said(2, "c", C, 1)], FIRST) == [Since.SAME] * 2


def test_an_entry_that_moved_up_and_was_edited_is_edited_not_added():
    paste = [said(1, "b", B, 1), said(2, "c again", C, 5)]
    assert since(paste, FIRST) == [Since.SAME, Since.EDITED]
    assert basket(C, paste, FIRST) == {CABBAGE: 5}


def test_the_same_words_twice_count_twice_and_the_third_time_is_new():
    twice = [said(1, "a", A, 1), said(2, "a", A, 1)]
    assert since(twice, twice) == [Since.SAME] * 2
    thrice = [*twice, said(3, "a", A, 1)]
    assert since(thrice, twice) == [Since.SAME, Since.SAME, Since.NEW]
    assert basket(A, thrice, twice) == {CABBAGE: 3}


def test_an_entry_that_was_waiting_counts_where_it_stands_in_the_chain():
    before = [said(3, "make it 3", A, 3, REPLACE)]
    paste = [said(1, "fixed now", A, 2), said(3, "make it 3", A, 3, REPLACE)]
    assert basket(A, paste, before) == {CABBAGE: 3}


def test_what_was_fixed_before_is_known_again_by_its_words():
    waiting = Said(2, 2, b"b", None)
    assert since([FIRST[0], waiting], FIRST) == [Since.SAME] * 2
    assert since([waiting], [FIRST[0]]) == [Since.WAITS]


def test_an_entry_given_to_another_door_leaves_the_first():
    moved = Said(1, 1, b"a", Step(B, ADD, {CABBAGE: 1}), fixed=True)
    links = sequences([moved], kept(FIRST), match([moved], kept(FIRST)))
    assert [link.entry.step.lines for link in links[B]] == [{CABBAGE: 1}, {CABBAGE: 1}]
    assert links[A] == []


def plan(paste: Sequence[Said], standing: Standing, before: Sequence[Said] = (), **more: object):
    found = plan_doors(
        paste, kept(before), match(paste, kept(before)), {A: standing}, more.get("withdrawn", ()), more.get("taken", ())
    )
    return found[A]


def order(units: int, version: int = 1, relay: int | None = None, relay_version: int | None = None) -> Standing:
    lines = {CABBAGE: Line(CABBAGE, units)} if units else {}
    made = {CABBAGE: relay} if relay else {} if relay == 0 else None
    return Standing(version=version, lines=lines, relay_lines=made, relay_version=relay_version)


@pytest.mark.parametrize(
    ("standing", "fate"),
    [
        (Standing(), Fate.PLACED),
        (order(1, 1, relay=1, relay_version=1), Fate.CHANGED),
        (order(0, 2, relay=0, relay_version=2), Fate.PLACED),
        (order(2, 5, relay=1, relay_version=1), Fate.SAME),
        (order(1, 2, relay=1, relay_version=1), Fate.WEB),
        (order(0, 2, relay=1, relay_version=1), Fate.WEB),
        (order(1, 1), Fate.WEB),
    ],
)
def test_a_plain_entry_of_two_meets_an_order(standing, fate):
    assert plan([said(1, "two", A, 2)], standing).fate == fate


def test_a_withdrawal_cancels_the_relays_own_order_only():
    cancel = [said(1, "no", A, kind=WITHDRAW)]
    assert plan(cancel, order(1, 1, relay=1, relay_version=1)).fate == Fate.CANCELLED
    assert plan(cancel, order(1, 1)).fate == Fate.WEB
    assert plan(cancel, order(0, 2)).fate == Fate.SAME
    assert plan(cancel, Standing()).fate == Fate.NOTHING


def test_somebody_may_let_the_chain_win():
    assert plan([said(1, "two", A, 2)], order(1, 7), taken=[A]).fate == Fate.CHANGED


def test_an_item_that_was_withdrawn_is_nobodys_change_and_is_left_out():
    before = [said(1, "a", A, 1)]
    both = Step(A, ADD, {CABBAGE: 1, EGGS: 1})
    paste = [*before, Said(2, 2, b"both", both)]
    made = Standing(version=2, lines={CABBAGE: Line(CABBAGE, 1)}, relay_lines={CABBAGE: 1, EGGS: 1}, relay_version=1)
    found = plan(paste, made, before, withdrawn={EGGS})
    assert (found.fate, found.wanted, found.ended) == (Fate.CHANGED, {CABBAGE: 2}, [EGGS])


def test_the_last_units_go_to_who_stands_first_in_the_chain():
    paste = [said(1, "a", A, 2), said(2, "b", B, 2), said(3, "c", C, 1)]
    plans = plan_doors(paste, [], match(paste, []), {}, ())
    forecast(plans, Shelf(caps={CABBAGE: 5}, left={CABBAGE: 3}))
    assert [found.fate for found in plans.values()] == [Fate.PLACED, Fate.SHORT, Fate.PLACED]
    assert plans[B].lacks.sold_out == [{"item": CABBAGE, "asked": 2, "left": 1}]


def test_in_a_draw_nothing_runs_out():
    paste = [said(1, "a", A, 2)]
    plans = plan_doors(paste, [], match(paste, []), {}, ())
    forecast(plans, Shelf(caps={CABBAGE: 5}, left={}))
    assert plans[A].fate == Fate.PLACED


def test_what_is_above_the_cap_in_all_is_seen_beforehand():
    paste = [said(1, "a", A, 2), said(2, "more", A, 2)]
    plans = plan_doors(paste, [], match(paste, []), {}, ())
    forecast(plans, Shelf(caps={CABBAGE: 3}, left={CABBAGE: 9}))
    assert plans[A].lacks.over_cap == [{"item": CABBAGE, "asked": 4, "cap": 3}]
