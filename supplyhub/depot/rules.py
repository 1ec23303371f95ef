"""Rules of packing: pure."""

BAG_GRAMS = 8_000


def bags_for(weight_grams: int) -> int:
    """Return how many bags a parcel needs at 8 kg a bag."""
    return -(-weight_grams // BAG_GRAMS)
