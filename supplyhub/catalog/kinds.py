"""The order of kinds on a menu: vegetables first. Pure."""

from __future__ import annotations

KINDS = ("蔬菜", "水果", "肉类", "水产", "蛋奶", "粮油", "套餐")


def kind_place(category: str) -> int:
    """Return a kind's place on a menu; what isn't known comes last."""
    return KINDS.index(category) if category in KINDS else len(KINDS)
