"""Doing for many at once: everybody gets the own answer, the own error, and nobody waits for company."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import TYPE_CHECKING

import pytest

from supplyhub.errors import BusyError
from supplyhub.gathering import Gatherer

if TYPE_CHECKING:
    from collections.abc import Sequence


class Counter:
    """Doubles numbers, notes what came together, and holds the first call until told."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.entered, self.go = Event(), Event()
        self.working = Lock()

    def __call__(self, asked: Sequence[int]) -> list[int]:
        """Double them all."""
        assert self.working.acquire(blocking=False), "two led at once"
        try:
            self.calls.append(list(asked))
            self.entered.set()
            assert self.go.wait(60)
            if -1 in asked:
                raise ValueError("poisoned")
            return [2 * number for number in asked]
        finally:
            self.working.release()


def together(gatherer: Gatherer[int, int], work: Counter, numbers: list[int]) -> list[object]:
    """Ask the first, and while that is worked on all the others; return answers or errors in their order."""

    def ask(number: int) -> object:
        try:
            return gatherer.submit(number)
        except Exception as error:  # noqa: BLE001 - an outcome like any other
            return error

    with ThreadPoolExecutor(len(numbers)) as pool:
        first = pool.submit(ask, numbers[0])
        assert work.entered.wait(60)
        others = [pool.submit(ask, number) for number in numbers[1:]]
        while len(gatherer._waiting) < len(others):
            pass
        work.go.set()
        return [asked.result(10) for asked in [first, *others]]


def test_a_lone_caller_is_served_at_once():
    work = Counter()
    work.go.set()
    assert Gatherer(work, most=8).submit(4) == 8


def test_those_who_wait_are_served_together_each_with_the_own_answer():
    work = Counter()
    assert together(Gatherer(work, most=100), work, [1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]
    assert work.calls[0] == [1]
    assert [sorted(call) for call in work.calls[1:]] == [[2, 3, 4, 5]]


def test_no_more_go_together_than_may():
    work = Counter()
    assert together(Gatherer(work, most=2), work, [1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]
    assert [len(call) for call in work.calls] == [1, 2, 2]


def test_what_must_stand_apart_goes_one_after_the_other():
    work = Counter()
    answers = together(Gatherer(work, most=9, apart=lambda number: number % 2), work, [1, 3, 5, 2, 4])
    assert answers == [2, 6, 10, 4, 8]
    assert all(len({number % 2 for number in call}) == len(call) for call in work.calls)


def test_one_that_fails_is_no_error_for_its_neighbours():
    work = Counter()
    answers = together(Gatherer(work, most=9), work, [1, 2, -1, 4])
    assert isinstance(answers.pop(2), ValueError)
    assert answers == [2, 4, 8]


def test_an_error_that_is_everybodys_is_not_tried_again_for_each():
    work = Counter()
    answers = together(Gatherer(work, most=9, everybodys=(ValueError,)), work, [1, 2, -1, 4])
    assert answers[0] == 2
    assert all(isinstance(answer, ValueError) for answer in answers[1:])
    assert len(work.calls) == 2


def test_work_that_answers_too_few_is_an_error_and_leaves_nobody_waiting():
    work = Counter()
    answers = together(Gatherer(lambda asked: work(asked)[: 1 if len(asked) > 1 else 0] or [], most=9), work, [1, 2, 3])
    assert all(isinstance(answer, ValueError) for answer in answers)


def test_after_an_error_the_next_is_served():
    work = Counter()
    work.go.set()
    gatherer = Gatherer(work, most=9)
    with pytest.raises(ValueError, match="poisoned"):
        gatherer.submit(-1)
    assert gatherer.submit(2) == 4


def test_who_would_wait_too_long_is_turned_away_and_the_others_served():
    work = Counter()
    gatherer = Gatherer(work, most=9, patience_seconds=0.0)
    answers = together_impatiently(gatherer, work)
    assert answers == [2, 4, {"retry_after_seconds": 1}]


def together_impatiently(gatherer: Gatherer[int, int], work: Counter) -> list[object]:
    """Ask one, a second that waits for it, and a third when the second has waited."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(gatherer.submit, 1)
        assert work.entered.wait(60)
        second = pool.submit(gatherer.submit, 2)
        while not gatherer._waiting:
            pass
        with pytest.raises(BusyError) as refusal:
            gatherer.submit(3)
        work.go.set()
        return [first.result(10), second.result(10), refusal.value.data]
