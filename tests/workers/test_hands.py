"""The parts of a batch are handled beside each other, as many as the installation has hands; events of other topics aren't."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub import outbox
from supplyhub.db import scalar, transaction
from supplyhub.depot.events import OrdersFinal
from workers import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

FINISHED = "SELECT count(*) FROM outbox WHERE finished_at IS NOT NULL"


@pytest.fixture
def hands(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give the installation so many hands."""

    def give(hands: int) -> None:
        settings = replace(committed.extensions["settings"], batch_workers=hands)
        monkeypatch.setitem(committed.extensions, "settings", settings)

    return give


def numbered_by(monkeypatch: pytest.MonkeyPatch, handler: Callable[..., Any], *, parts: int) -> None:
    """Let parts of a cut-off be due, and this be done about them."""
    monkeypatch.setitem(jobs.HANDLERS, "order_numbers", handler)
    with transaction():
        for part in range(parts):
            outbox.record(OrdersFinal(cycle_id=1, first_grid=part, last_grid=part))


def test_two_hands_are_at_two_parts_at_the_same_time(hands, monkeypatch):
    hands(2)
    both = Barrier(2, timeout=30)
    numbered_by(monkeypatch, lambda **_: both.wait(), parts=4)
    assert jobs.drain("order_numbers") == 4
    assert scalar(FINISHED) == 4


def test_one_hand_does_one_part_after_the_other(hands, monkeypatch):
    hands(1)
    both = Barrier(2, timeout=0.1)
    numbered_by(monkeypatch, lambda **_: both.wait(), parts=2)
    assert jobs.drain("order_numbers") == 0
    assert (
        scalar("SELECT count(*) FROM outbox WHERE last_error LIKE :what", what=f"{BrokenBarrierError.__name__}%") == 2
    )


def test_a_part_that_fails_comes_again_and_holds_up_no_other(hands, monkeypatch):
    hands(2)

    def number(first_grid: int, **_: int) -> None:
        if first_grid == 1:
            raise ValueError("not yet")

    numbered_by(monkeypatch, number, parts=3)
    assert jobs.drain("order_numbers") == 2
    last = scalar("SELECT last_error FROM outbox WHERE finished_at IS NULL")
    assert last.startswith("ValueError in test_hands.py:")
