"""Which grids of a board stand where: a row each while they are few; many in pages on a desk, by word on a wall. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supplyhub.delivery.board import Board, GridProgress

# As many rows are read on one screen; of more, a page has so many.
MANY, PAGE_SIZE = 24, 12
# So many grids of a word have a tile each; of more it is said from which to which.
TILES = 60
# What is being worked on comes first, what is done last.
WORDS = ("packing", "leaving", "at_point", "on_way", "packed", "waiting", "done")


@dataclass(frozen=True, slots=True)
class Group:
    """The grids with one word. `runs`: from which to which, of grids that follow each other on the board."""

    word: str
    grids: list[GridProgress]
    runs: list[tuple[int, int]]

    @property
    def tiles(self) -> bool:
        """Tell whether each has a tile."""
        return len(self.grids) <= TILES


@dataclass(frozen=True, slots=True)
class Rows:
    """What a screen shows of the grids. `only`: a word of GridProgress, a grid's number, or "" for all that isn't done.

    groups: in the order of the work; rows: those of this page, of `all`
    """

    many: bool
    only: str
    page: int
    all: int
    rows: list[GridProgress]
    groups: list[Group]
    page_size: int = PAGE_SIZE

    @property
    def done(self) -> int:
        """Return how many grids are done."""
        return sum(len(group.grids) for group in self.groups if group.word == "done")


def rows_of(board: Board, *, only: str = "", page: int = 1) -> Rows:
    """Return what a screen shows of a board's grids."""
    groups = _groups(board.grids)
    if len(board.grids) <= MANY:
        return Rows(many=False, only="", page=1, all=len(board.grids), rows=board.grids, groups=groups)
    only = only if only in WORDS or (only.isascii() and only.isdigit()) else ""
    chosen = [grid for group in groups for grid in group.grids if _is_chosen(only, grid)]
    page = min(max(page, 1), max(1, -(-len(chosen) // PAGE_SIZE)))
    return Rows(
        many=True,
        only=only,
        page=page,
        all=len(chosen),
        rows=chosen[PAGE_SIZE * (page - 1) : PAGE_SIZE * page],
        groups=groups,
    )


def _is_chosen(only: str, grid: GridProgress) -> bool:
    if not only:
        return grid.word != "done"
    return only in {grid.word, str(grid.grid_number)}


def _groups(grids: list[GridProgress]) -> list[Group]:
    places = {word: [place for place, grid in enumerate(grids) if grid.word == word] for word in WORDS}
    return [
        Group(word, [grids[place] for place in found], _runs(grids, found)) for word, found in places.items() if found
    ]


def _runs(grids: list[GridProgress], places: list[int]) -> list[tuple[int, int]]:
    runs = []
    for _key, run in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        together = [place for _index, place in run]
        runs.append((grids[together[0]].grid_number, grids[together[-1]].grid_number))
    return runs
