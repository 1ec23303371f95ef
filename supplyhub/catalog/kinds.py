"""Kinds of goods: their order on a menu, vegetables first, and which of them break. Pure."""

from __future__ import annotations

KINDS = ("蔬菜", "水果", "肉类", "水产", "蛋奶", "粮油", "套餐")
# A product says no more of itself than its kind.
FRAGILE_KINDS = ("蛋奶",)


def kind_place(category: str) -> int:
    """Return a kind's place on a menu; what isn't known comes last."""
    return KINDS.index(category) if category in KINDS else len(KINDS)
