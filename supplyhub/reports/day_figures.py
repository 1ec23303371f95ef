"""The figures of a day, of a grid or of several. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class DayFigures:
    """What a day was like in a grid, or in all of them. Money in fen.

    households to silent: of the day's cycle (law 9)
    short_lines: order lines of it that got less, short_by_reason as they were told; short_households: whom it hit, and
    short_homes by reason: who was told two of them counts in both
    delivered, failed: doors of the day; returned: parcels of the failed ones that are back
    problems_open: doors of cycles under way that failed; problems_solved: that had failed before and got theirs this day
    calls_due: check-in calls of the care register that were due and not done before; calls_done: of the day
    requests_opened, _solved, _ended (otherwise): of the day; _late: open ones past their time; open ones by kind, by age
    sold_fen: what the cycle's orders are worth; what was paid, covered by others and promised back on the day
    volunteers: who had a ticket of the day; shift_hours: of the grid's roster; point_hours and depot_hours: of the
    delivery points' and the depot's, which are no grid's: in the whole alone
    """

    households: int = 0
    ordered: int = 0
    declined: int = 0
    silent: int = 0
    short_lines: int = 0
    short_households: int = 0
    short_by_reason: dict[str, int] = field(default_factory=dict)
    short_homes: dict[str, int] = field(default_factory=dict)
    delivered: int = 0
    failed: int = 0
    returned: int = 0
    problems_open: int = 0
    problems_solved: int = 0
    calls_due: int = 0
    calls_done: int = 0
    requests_opened: int = 0
    requests_solved: int = 0
    requests_ended: int = 0
    requests_late: int = 0
    requests_open: dict[str, int] = field(default_factory=dict)
    requests_by_age: dict[str, int] = field(default_factory=dict)
    sold_fen: int = 0
    paid_online_fen: int = 0
    paid_at_doors_fen: int = 0
    covered_fen: int = 0
    given_back_fen: int = 0
    volunteers: int = 0
    shift_hours: int = 0
    point_hours: int = 0
    depot_hours: int = 0

    def figure(self, name: str) -> int:
        """Return a figure by its name: those by kind as their sum, one of them by `requests_open.wish`."""
        name, _, key = name.partition(".")
        found = getattr(self, name)
        if isinstance(found, dict):
            return int(found.get(key, 0) if key else sum(found.values()))
        return int(found)

    def add(self, other: DayFigures) -> None:
        """Add another grid's figures to these."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, dict):
                setattr(
                    self, each.name, {key: mine.get(key, 0) + theirs.get(key, 0) for key in sorted({*mine, *theirs})}
                )
            else:
                setattr(self, each.name, mine + theirs)


def in_all(grids: Iterable[DayFigures]) -> DayFigures:
    """Return the sums over some grids."""
    whole = DayFigures()
    for grid in grids:
        whole.add(grid)
    return whole
