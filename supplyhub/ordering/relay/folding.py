"""Entries of a chain folded into baskets: a later plain entry adds, a replacement sets, a withdrawal empties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from supplyhub.ordering.states import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Stepping(Protocol):
    """What one entry does to its door's basket."""

    @property
    def household_id(self) -> int:
        """Return whose basket it is."""

    @property
    def kind(self) -> EntryKind:
        """Return how the lines are meant."""

    @property
    def lines(self) -> Mapping[int, int]:
        """Return units by item id."""


def fold(steps: Iterable[Stepping]) -> dict[int, dict[int, int]]:
    """Return the basket of every household with a step, empty when it comes to nothing; in the order of first steps."""
    baskets: dict[int, dict[int, int]] = {}
    for step in steps:
        baskets[step.household_id] = after(baskets.get(step.household_id, {}), step.kind, step.lines)
    return baskets


def after(basket: Mapping[int, int], kind: EntryKind, lines: Mapping[int, int]) -> dict[int, int]:
    """Return what a step makes of a basket."""
    if kind == EntryKind.WITHDRAW:
        return {}
    if kind == EntryKind.REPLACE:
        changed = {**basket, **lines}
    else:
        changed = dict(basket)
        for item, quantity in lines.items():
            changed[item] = changed.get(item, 0) + quantity
    return {item: quantity for item, quantity in changed.items() if quantity > 0}
