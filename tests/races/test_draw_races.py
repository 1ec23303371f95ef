"""Two workers at one draw, on real connections: it is drawn once."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import rows, scalar
from supplyhub.ordering.draw import commands
from tests.factories_draw import DrawShop
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd

WORKERS = 6


@pytest.fixture
def shop(committed) -> DrawShop:
    """Return a shop whose menu has closed: eight want two each of nine."""
    shop = DrawShop(care_percent=20)
    shop.everybody_asks(shop.item(offered=9), 8, units=2)
    shop.cut_off()
    return shop


def reserved_and_lines() -> tuple[Any, Any]:
    return scalar("SELECT sum(reserved) FROM menu_item"), scalar("SELECT sum(quantity) FROM order_line")


def test_of_many_workers_that_draw_at_once_one_draws(shop, crowd: Crowd):
    results = crowd.at_once([shop.draw] * WORKERS)
    assert sorted(results) == [False] * (WORKERS - 1) + [True]
    assert scalar("SELECT count(*) FROM draw_slip") == 16
    assert reserved_and_lines() == (9, 9)


def test_without_the_lock_on_the_draw_the_loser_runs_into_the_database(shop, crowd: Crowd, monkeypatch):
    """A negative control: both draw, and a primary key is all that is left between them."""
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)

    def unlocked(menu_id: int) -> Any:
        promised = rows(
            "SELECT d.*, m.state, m.care_percent FROM draw AS d JOIN menu AS m ON m.id = d.menu_id WHERE m.id = :menu",
            menu=menu_id,
        )[0]
        both_have_read.wait()
        return promised

    monkeypatch.setattr(commands, "_draw_for_update", unlocked)
    results = crowd.at_once([shop.draw] * 2)
    assert {type(result) for result in results} == {bool, IntegrityError}
    assert reserved_and_lines() == (9, 9)
