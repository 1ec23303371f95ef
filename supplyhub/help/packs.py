"""Who gets a care pack when there are fewer than households: a pure rule, the same for every order of the rows.

Who comes first in the register is served first. Among equals the grids share by their households, largest remainders first,
so that no grid is more than one pack off its part; within a grid, and between equal remainders, it is drawn by the seed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Home:
    """A household of the care register that may get a pack. `priority`: 1 comes before 2."""

    household: int
    grid: int
    priority: int = 2


def share_packs(homes: Iterable[Home], packs: int, seed: str) -> list[int]:
    """Return the households that get one of so many packs, by id; all of them where there are enough."""
    by_priority: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for home in homes:
        by_priority[home.priority][home.grid].append(home.household)
    given: list[int] = []
    for _, by_grid in sorted(by_priority.items()):
        parts = divide({grid: len(found) for grid, found in by_grid.items()}, packs - len(given), seed)
        for grid, found in by_grid.items():
            given += sorted(found, key=lambda household: _drawn(seed, f"home:{household}"))[: parts[grid]]
    return sorted(given)


def divide(homes: Mapping[int, int], packs: int, seed: str) -> dict[int, int]:
    """Return how many of so many packs each grid gets, by its households; none gets more than it has."""
    whole = sum(homes.values())
    if packs >= whole:
        return dict(homes)
    parts = {grid: packs * number // whole for grid, number in homes.items()}
    # The remainders as whole numbers, so that equal ones are equal.
    rest = sorted(homes, key=lambda grid: (-(packs * homes[grid] % whole), _drawn(seed, f"grid:{grid}")))
    for grid in rest[: packs - sum(parts.values())]:
        parts[grid] += 1
    return parts


def packs_of(left: Mapping[int, int], units: Mapping[int, int]) -> int:
    """Return how many packs of so many units of each product there are of what is left."""
    return min((left.get(product, 0) // each for product, each in units.items()), default=0)


def _drawn(seed: str, what: str) -> str:
    return hashlib.sha256(f"{seed}:{what}".encode()).hexdigest()
