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
from tests.web.grid_world import Grid, World

if TYPE_CHECKING:
    from collections.abc import Iterator


def attempts() -> Iterator[Any]:
    for (first, second, way), cell in CELLS.items():
        for attempt in cell if isinstance(cell, list) else ():
            yield pytest.param(attempt, id=f"{first}-{second}-{way}-{attempt.what.replace(' ', '_')}")


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


@pytest.mark.parametrize("attempt", list(attempts()))
def test_what_is_of_two_grids_is_refused_and_of_one_is_done(client, monkeypatch, attempt):
    monkeypatch.setitem(client.application.config, "WTF_CSRF_METHODS", set())
    world = World(client, attempt.state)
    one, other = world.grids
    assert not tried(world, attempt, one, other)
    assert not tried(world, attempt, other, one)
    assert world.logged() == ([attempt.move] * 2 * bool(attempt.move), [attempt.scan] * 2 * bool(attempt.scan))
    assert tried(world, attempt, one, one)
    assert world.logged() == ([attempt.move] * 2 * bool(attempt.move), [attempt.scan] * 2 * bool(attempt.scan))
