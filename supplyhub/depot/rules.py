"""Rules of packing: pure."""

from __future__ import annotations

from supplyhub.depot.policies import DEFAULT_POLICY

POLICY = DEFAULT_POLICY.value
BAG_GRAMS = 8_000


def bags_for(weight_grams: int) -> int:
    """Return how many bags a parcel needs at 8 kg a bag."""
    return -(-weight_grams // BAG_GRAMS)
