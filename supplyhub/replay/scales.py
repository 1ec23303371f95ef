"""The scales of a play: what is charged by weight weighs nearly what it should."""

from __future__ import annotations

import random

OFF_BY = 0.08


def usual_weight(code: str, units: int, unit_weight_grams: int) -> int:
    """Return what the units of a parcel weigh in grams: at most 8 % off, the same for the same parcel."""
    dice = random.Random(code)  # noqa: S311  (a play, no secret)
    return max(round(units * unit_weight_grams * dice.uniform(1 - OFF_BY, 1 + OFF_BY)), 1)
