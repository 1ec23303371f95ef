"""No ticket, badge, stop, route, batch or delivery point of one grid goes with another grid's, on whatever way somebody tries.

Every pair has a cell for each way: attempts, or why nothing on that way names the two. An attempt is made across the grids in
both directions, writes nothing but who was turned away, and then once within one grid, where it is done.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.web.grid_cells import CELLS, THINGS, WAYS, Try

if TYPE_CHECKING:
    from tests.web.grid_world import Grid, World


def attempts() -> list[Any]:
    """Return every attempt with the state that it begins in, those of a state together: its grids are made once."""
    tries = [
        (attempt, f"{first}-{second}-{way}-{attempt.what.replace(' ', '_')}")
        for (first, second, way), cell in CELLS.items()
        for attempt in (cell if isinstance(cell, list) else ())
    ]
    return [pytest.param(each.state, each, id=name) for each, name in sorted(tries, key=lambda made: made[0].state)]


def test_every_pair_has_a_cell_for_each_way():
    assert set(CELLS) == {(*pair, way) for pair, way in product(combinations(THINGS, 2), WAYS)}


def tried(world: World, attempt: Try, a: Grid, b: Grid) -> bool:
    """Make an attempt; tell whether anything was written."""
    before = world.written()
    try:
        attempt.act(world, a, b)
    except IntegrityError:
        assert world.written() == before
        return False
    return world.written() != before


@pytest.mark.parametrize(("world", "attempt"), attempts(), indirect=["world"])
def test_what_is_of_two_grids_is_refused_and_of_one_is_done(world, attempt):
    one, other = world.grids
    assert not tried(world, attempt, one, other)
    assert not tried(world, attempt, other, one)
    assert world.logged() == ([attempt.move] * 2 * bool(attempt.move), [attempt.scan] * 2 * bool(attempt.scan))
    assert tried(world, attempt, one, one)
    assert world.logged() == ([attempt.move] * 2 * bool(attempt.move), [attempt.scan] * 2 * bool(attempt.scan))
