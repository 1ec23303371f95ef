"""What households of the demo want: the same in every run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

# How often a product is wanted; what isn't named is wanted seldom.
WANTED = {
    "V001": 9, "V002": 8, "V003": 3, "V004": 6, "V005": 5, "V006": 3, "V007": 8, "V009": 5, "V011": 6, "V012": 5, "V013": 4,
    "V015": 4, "V016": 3, "V017": 3, "V018": 5, "F001": 6, "F002": 8, "F003": 5, "M001": 9, "M002": 4, "M004": 4, "M008": 3,
    "M009": 3, "D001": 12, "D002": 8, "G001": 5, "G002": 5, "G004": 3, "G006": 4,
}  # fmt: skip
SELDOM = 1
MOST_UNITS = 2
# One household in so many takes more of what it wants first, so that a case gets full.
WILLING, MORE = 4, 2
ONE_IS_ENOUGH = {"G001", "G004", "G007", "D001"}
NOTES = ("放门口即可，谢谢", "家里有老人，请敲门", "无人接电话请放鞋柜上", "鸡蛋麻烦轻放", "狗比较怕生，请先打电话")


def basket(draw: Random, skus: list[str], *, people: int) -> dict[str, int]:
    """Return units by SKU for a household of so many people: two to seven products."""
    many = min(len(skus), draw.randint(2, 4) + min(people, 3))
    weights = [WANTED.get(sku, SELDOM) for sku in skus]
    chosen: dict[str, int] = {}
    while len(chosen) < many:
        sku = draw.choices(skus, weights)[0]
        chosen.setdefault(sku, 1 if sku in ONE_IS_ENOUGH else draw.choice((1, 1, MOST_UNITS)))
    return chosen


def at_most(place: int, wanted: Mapping[str, int], caps: Mapping[str, int]) -> dict[str, int]:
    """Return what a household, the `place`-th of the community, takes at most of some SKU, to fill a case; or nothing."""
    if place % WILLING:
        return {}
    found = ((sku, min(units + MORE, caps[sku])) for sku, units in wanted.items())
    return dict([(sku, most) for sku, most in found if most > wanted[sku]][:1])


def note(draw: Random) -> str:
    """Return what a household writes beside its order; mostly nothing."""
    return draw.choice(NOTES) if draw.random() < 0.08 else ""
