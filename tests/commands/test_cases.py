"""How full the cases are while orders come: what is said of them is what the cut-off does, all grids together."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.depot.cases import Filling, fillings_of
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from tests.factories_depot import Side, Town

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of two grids with two homes each, that buys cases of ten."""
    return Town(grids=2, homes=2)


def order(town: Town, side: Side, home: int, quantity: int, most: int | None = None) -> None:
    item = side.items["V001"]
    assert side.menu is not None
    place_order(
        town.coordinator,
        menu_id=side.menu.id,
        household_id=side.homes[home].id,
        expected=None,
        lines=[Line(item.id, quantity, most=most)],
        total_fen=quantity * item.price_fen,
    )


def filling(side: Side) -> Filling | None:
    assert side.menu is not None
    menu = row("SELECT id, cycle_id FROM menu WHERE id = :menu", menu=side.menu.id)
    assert menu is not None
    return fillings_of(menu).get(side.items["V001"].id)


def test_each_lead_sees_what_all_grids_lack_and_would_take_and_what_of_it_is_here(town):
    first, second = town.sides
    order(town, first, 0, 2, most=3)
    order(town, second, 0, 2, most=6)
    order(town, second, 1, 1)
    assert filling(first) == Filling(needed=5, case_size=10, short=5, willing=5, here=1)
    assert filling(second) == Filling(needed=5, case_size=10, short=5, willing=5, here=4)
    town.cut_off()
    assert scalar("SELECT sum(units) FROM case_fill") == 5
    assert scalar("SELECT filled FROM purchase_order_line") == 5


def test_whoever_cancelled_and_whoever_draws_takes_nothing_more(town):
    first, second = town.sides
    order(town, first, 0, 2, most=3)
    order(town, first, 1, 2, most=5)
    order(town, second, 0, 2, most=6)
    with transaction():
        execute("UPDATE orders SET state = 'cancelled' WHERE household_id = :home", home=first.homes[1].id)
        execute("UPDATE menu SET mode = 'draw' WHERE grid_id = :grid", grid=second.grid.id)
    found = filling(first)
    assert found is not None
    assert (found.willing, found.here) == (1, 1)
