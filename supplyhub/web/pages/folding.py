"""Long lists in folds, a kind of goods each; short ones, and what was searched for, stand open. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.kinds import kind_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# As many lines are read at a glance.
SHORT = 12


@dataclass(frozen=True, slots=True)
class Fold:
    """The lines of a kind, in their order; `key` is the kind, or what else they have in common."""

    key: str
    lines: list[Any]
    open: bool

    def total(self, field: str) -> int:
        """Return the sum of a field."""
        return sum(getattr(line, field) for line in self.lines)

    def count(self, field: str) -> int:
        """Return how many lines have something in a field."""
        return sum(getattr(line, field) is not None for line in self.lines)


def folds_of(
    lines: Iterable[Any],
    *,
    key: Callable[[Any], str] = lambda line: line.category,
    first: tuple[str, ...] = (),
    wanted: Callable[[Any], bool] = lambda _line: False,
    searched: bool = False,
) -> list[Fold]:
    """Return lines by kind, as on a menu, the keys of `first` before all; open are those and where a line is `wanted`."""
    by_key: dict[str, list[Any]] = {}
    for line in lines:
        by_key.setdefault(key(line), []).append(line)
    everything = searched or sum(map(len, by_key.values())) <= SHORT
    order = sorted(by_key, key=lambda name: (name not in first, kind_place(name), name))
    return [
        Fold(name, by_key[name], everything or name in first or any(wanted(line) for line in by_key[name]))
        for name in order
    ]
