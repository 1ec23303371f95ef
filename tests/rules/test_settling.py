"""What phones report: once or many times, in any order, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.entries import Door, Entry, Kept, Known, set_right, settle, settle_taken_over
from supplyhub.delivery.states import EntryAnswer, EntryOutcome, EntryReason, Problem

NOON = datetime(2026, 4, 12, 12, tzinfo=UTC)
APPLIED, DUPLICATE, CONFLICT = EntryAnswer.APPLIED, EntryAnswer.DUPLICATE, EntryAnswer.CONFLICT
BADGE = 1
OPEN = {1: Door(BADGE), 2: Door(BADGE)}


def entry(number: int, stop: int = 1, *, failed: bool = False, seconds: int = 0, **more) -> Entry:
    outcome, problem = (EntryOutcome.FAILED, Problem.NOBODY_HOME) if failed else (EntryOutcome.DELIVERED, None)
    return Entry(UUID(int=number), stop, outcome, problem, NOON + timedelta(seconds=seconds), **more)


def undone(number: int, what: int, stop: int = 1, *, seconds: int = 0) -> Entry:
    when = NOON + timedelta(seconds=seconds)
    return Entry(UUID(int=number), stop, EntryOutcome.UNDONE, None, when, undoes=UUID(int=what))


def answers(entries, doors=None, known=()):
    return [found.answer for found in settle(entries, doors or OPEN, known)[0]]


def standing(entries, doors=None, known=()):
    """Return which entry each stop that changed stands by."""
    return {change.stop: change.after and change.after.id.int for change in settle(entries, doors or OPEN, known)[1]}


class Hub:
    """The server's side: what came in several calls, one after the other."""

    def __init__(self) -> None:
        self.doors, self.known = dict(OPEN), {}

    def send(self, *entries: Entry) -> list[EntryAnswer | None]:
        settled, changes = settle(entries, self.doors, self.known.values())
        for each in settled:
            if each.keep:
                self.known[each.entry.id] = Known(each.entry, BADGE, each.answer)
        for each in settled:
            if each.keep and each.entry.undoes:
                target = self.known[each.entry.undoes]
                self.known[each.entry.undoes] = Known(target.entry, target.badge, target.answer, each.answer)
        for change in changes:
            told = change.after
            self.doors[change.stop] = Door(BADGE, told.outcome, told.problem, told.id) if told else Door(BADGE)
        return [each.answer for each in settled]

    def outcomes(self) -> dict[int, str | None]:
        return {stop: door.outcome for stop, door in self.doors.items()}


def test_a_first_entry_is_applied_and_the_same_again_is_a_duplicate():
    assert answers([entry(1), entry(1)]) == [APPLIED, DUPLICATE]


def test_an_entry_that_came_before_is_a_duplicate_even_when_the_stop_says_otherwise():
    known = [Known(entry(1), BADGE, APPLIED)]
    assert answers([entry(1)], {1: Door(BADGE, "failed", "other")}, known) == [DUPLICATE]


def test_a_conflict_that_is_sent_again_is_still_one():
    hub = Hub()
    hub.send(entry(1))
    assert [hub.send(entry(2, failed=True)) for _ in range(3)] == [[CONFLICT]] * 3


def test_an_id_that_says_something_else_now_is_a_conflict_and_is_not_kept_twice():
    (settled,), changes = settle([entry(1, failed=True)], OPEN, [Known(entry(1), BADGE, APPLIED)])
    assert (settled.answer, settled.keep, settled.reason, changes) == (CONFLICT, False, EntryReason.SAID_OTHERWISE, [])


def test_two_devices_that_say_the_same_agree():
    assert answers([entry(1), entry(2, seconds=1)]) == [APPLIED, DUPLICATE]


def test_two_devices_that_contradict_each_other_are_a_conflict_and_both_are_kept():
    settled, _ = settle([entry(1), entry(2, failed=True, seconds=1)], OPEN)
    assert [found.answer for found in settled] == [APPLIED, CONFLICT]
    assert all(found.keep for found in settled)


def test_a_part_that_was_kept_back_contradicts_the_whole():
    part = entry(2, seconds=1, kept_back=frozenset({Kept(7, False, 1, Problem.DAMAGED)}))
    assert answers([entry(1), part]) == [APPLIED, CONFLICT]
    assert answers([entry(1), entry(2, seconds=1, left_with=9)]) == [APPLIED, CONFLICT]


def test_of_those_that_come_together_the_one_that_happened_first_stands():
    assert answers([entry(2, failed=True, seconds=5), entry(1, seconds=1)]) == [CONFLICT, APPLIED]


def test_what_is_undone_within_a_minute_was_not_so():
    assert (answers([entry(1), undone(2, 1, seconds=60)]), standing([entry(1), undone(2, 1, seconds=60)])) == (
        [APPLIED, APPLIED],
        {},
    )
    hub = Hub()
    hub.send(entry(1))
    assert hub.send(undone(2, 1, seconds=9)) == [APPLIED]
    assert hub.send(undone(2, 1, seconds=9), undone(3, 1, seconds=10)) == [DUPLICATE, DUPLICATE]
    assert hub.outcomes() == {1: None, 2: None}
    assert hub.send(entry(4, failed=True, seconds=20)) == [APPLIED]


@pytest.mark.parametrize(
    ("door", "seconds", "reason"),
    [
        ({}, 61, EntryReason.TOO_LATE),
        ({}, -1, EntryReason.TOO_LATE),
        ({"out": False}, 9, EntryReason.FINISHED),
        ({"passed_on": True}, 9, EntryReason.PASSED_ON),
    ],
)
def test_what_is_undone_too_late_stands_and_is_for_the_lead(door, seconds, reason):
    known = [Known(entry(1), BADGE, APPLIED)]
    stands = {1: Door(BADGE, "delivered", None, UUID(int=1), **door)}
    (settled,), changes = settle([undone(2, 1, seconds=seconds)], stands, known)
    assert (settled.answer, settled.keep, settled.reason, changes) == (CONFLICT, True, reason, [])


def test_a_minute_is_told_by_the_phone_that_says_it():
    # Our times differ by more: one of them was cut off at the handover.
    first = entry(1, phone_at=NOON)
    later = Entry(
        UUID(int=2), 1, EntryOutcome.UNDONE, None, NOON + timedelta(hours=1), undoes=UUID(int=1), phone_at=NOON
    )
    assert answers([first, later]) == [APPLIED, APPLIED]


def test_undoing_what_has_not_come_waits_for_it():
    (settled,), _ = settle([undone(2, 1)], OPEN)
    assert (settled.answer, settled.keep, settled.reason) == (None, False, EntryReason.NOT_YET)


def test_nobody_undoes_what_another_badge_said_or_what_was_said_of_another_door():
    known = [Known(entry(1), BADGE + 1, CONFLICT), Known(entry(2, stop=2), BADGE, APPLIED)]
    settled, _ = settle([undone(3, 1), undone(4, 2)], OPEN, known)
    assert [(each.answer, each.reason) for each in settled] == [(None, EntryReason.UNKNOWN)] * 2


def test_what_stood_in_the_way_of_an_entry_makes_way_for_it_when_it_is_undone():
    hub = Hub()
    assert hub.send(entry(1)) == [APPLIED]
    assert hub.send(entry(3, failed=True, seconds=20)) == [CONFLICT]
    assert hub.send(undone(2, 1, seconds=9)) == [APPLIED]
    assert hub.outcomes()[1] == "failed"
    assert hub.send(entry(3, failed=True, seconds=20)) == [DUPLICATE]


@given(st.permutations([entry(1), undone(2, 1, seconds=9), entry(3, failed=True, seconds=20), entry(4, stop=2)]))
def test_an_entry_that_was_undone_leaves_the_same_behind_in_whatever_order_all_of_it_comes(order):
    hub, left = Hub(), list(order)
    while left:
        left = [each for each, (answer,) in [(each, hub.send(each)) for each in left] if answer is None]
    assert hub.outcomes() == {1: "failed", 2: "delivered"}


ANYTHING = st.lists(
    st.one_of(
        st.builds(entry, st.integers(1, 6), st.integers(1, 2), failed=st.booleans(), seconds=st.integers(0, 3)),
        st.builds(undone, st.integers(7, 9), st.integers(1, 6), st.integers(1, 2), seconds=st.integers(0, 70)),
    )
)


@given(ANYTHING, st.randoms())
def test_shuffled_and_doubled_entries_have_the_same_effect(entries, random):
    fresh = {each.id: each for each in entries}
    once = list(fresh.values())
    doubled = [*once, *once]
    random.shuffle(doubled)
    assert standing(doubled) == standing(once)


@given(st.lists(ANYTHING, max_size=4))
def test_a_stop_stands_by_an_entry_that_was_kept_and_not_undone_and_no_applied_one_is_lost(calls):
    hub = Hub()
    for call in calls:
        hub.send(*call)
    stand = {door.entry for door in hub.doors.values()}
    live = {each.entry.id for each in hub.known.values() if each.answer == APPLIED and each.undo != APPLIED}
    assert {number for number in live if not hub.known[number].entry.undoes} <= stand
    for stop, door in hub.doors.items():
        if door.entry:
            kept = hub.known[door.entry]
            assert (kept.entry.stop, kept.undo != APPLIED, kept.entry.undoes) == (stop, True, None)


def test_what_was_taken_over_is_kept_once_and_never_applied():
    first, again = entry(1), entry(1)
    settled = settle_taken_over([first, again, undone(2, 1), undone(3, 1), undone(4, 9)], [])
    assert [(each.answer, each.keep) for each in settled] == [
        (CONFLICT, True),
        (CONFLICT, False),
        (CONFLICT, True),
        (CONFLICT, False),
        (None, False),
    ]


@given(st.timedeltas(timedelta(days=-4000), timedelta(days=4000)), st.integers(0, 10_000))
def test_a_time_is_told_by_how_long_ago_it_was_on_the_phone(off, seconds):
    sent, ago = NOON + off, timedelta(seconds=seconds)
    right = set_right(sent - ago, sent_at=sent, now=NOON, earliest=None)
    assert abs(right - (NOON - ago)) <= timedelta(minutes=2)
    assert right <= NOON
    assert set_right(sent - ago, sent_at=sent, now=NOON, earliest=NOON) == NOON
