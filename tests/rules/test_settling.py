"""What phones report: once or many times, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.rules import Entry, settle
from supplyhub.delivery.states import EntryAnswer, Problem, StopOutcome

NOON = datetime(2026, 4, 12, 12, tzinfo=UTC)
APPLIED, DUPLICATE, CONFLICT = EntryAnswer.APPLIED, EntryAnswer.DUPLICATE, EntryAnswer.CONFLICT


def entry(number: int, stop: int = 1, *, failed: bool = False, minute: int = 0) -> Entry:
    outcome, problem = (StopOutcome.FAILED, Problem.NOBODY_HOME) if failed else (StopOutcome.DELIVERED, None)
    return Entry(UUID(int=number), stop, outcome, problem, NOON + timedelta(minutes=minute))


def answers(entries, stands=None, known=None):
    return [found.answer for found in settle(entries, stands or {1: None, 2: None}, known or {})]


def test_a_first_entry_is_applied_and_the_same_again_is_a_duplicate():
    assert answers([entry(1), entry(1)]) == [APPLIED, DUPLICATE]


def test_an_entry_that_came_before_is_a_duplicate_even_when_the_stop_says_otherwise():
    known = {UUID(int=1): entry(1).says()}
    assert answers([entry(1)], {1: ("failed", "other")}, known) == [DUPLICATE]


def test_an_id_that_says_something_else_now_is_a_conflict_and_is_not_kept_twice():
    known = {UUID(int=1): entry(1).says()}
    (settled,) = settle([entry(1, failed=True)], {1: None}, known)
    assert (settled.answer, settled.keep) == (CONFLICT, False)


def test_two_devices_that_say_the_same_agree():
    assert answers([entry(1), entry(2, minute=1)]) == [APPLIED, DUPLICATE]


def test_two_devices_that_contradict_each_other_are_a_conflict_and_both_are_kept():
    settled = settle([entry(1), entry(2, failed=True, minute=1)], {1: None}, {})
    assert [found.answer for found in settled] == [APPLIED, CONFLICT]
    assert all(found.keep for found in settled)


def test_of_those_that_come_together_the_one_that_happened_first_stands():
    assert answers([entry(2, failed=True, minute=5), entry(1, minute=1)]) == [CONFLICT, APPLIED]


@given(
    st.lists(st.builds(entry, st.integers(1, 6), st.integers(1, 2), failed=st.booleans(), minute=st.integers(0, 3))),
    st.randoms(),
)
def test_shuffled_and_doubled_entries_have_the_same_effect(entries, random):
    # An entry's number is of the phone that made it: the same number always says the same.
    unique = list({found.id: found for found in entries}.values())
    shuffled = unique * 2
    random.shuffle(shuffled)

    def effect(given_entries):
        settled = settle(given_entries, {1: None, 2: None}, {})
        return sorted(
            (found.entry.stop, found.entry.id, found.entry.outcome)
            for found in settled
            if found.answer == EntryAnswer.APPLIED
        )

    assert effect(shuffled) == effect(unique)
