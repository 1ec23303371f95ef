"""What only `make drill` does: the ordinary run takes about two minutes, so of what has many variants it takes the first."""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

T = TypeVar("T")
DRILL = bool(os.environ.get("DRILL"))
in_the_drill = pytest.mark.skipif(not DRILL, reason="make drill does it")


def examples(many: int) -> int:
    """Return how many examples a property is tried with: all in the drill, a few others in every run."""
    return many if DRILL else max(many // 6, 10)


def places(last: int) -> range:
    """Return at which of so many places something is broken off: at each in the drill, at every third in every run."""
    return range(1, last + 1, 1 if DRILL else 3)


def drilled(first: T, *others: T) -> list[T]:
    """Return what a test is tried with: the first of the variants in every run, all of them in the drill."""
    return [first, *others] if DRILL else [first]
