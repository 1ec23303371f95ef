"""The cut-off of a draw menu, through the worker: drawn, then bought, whatever dies in between."""

from __future__ import annotations

import pytest

from supplyhub.audit.queries import audit
from supplyhub.catalog.commands import close_menu
from supplyhub.db import scalar, transaction
from supplyhub.ordering.draw import commands
from tests.factories_draw import DrawShop
from workers import jobs

OFFERED = 3


@pytest.fixture
def shop(committed) -> DrawShop:
    """Return a shop whose draw menu was just closed: five want one each of three."""
    shop = DrawShop()
    shop.everybody_asks(shop.item(offered=OFFERED), 5)
    close_menu(shop.coordinator(), shop.menu.id)
    return shop


def made_due() -> None:
    with transaction():
        scalar("UPDATE outbox SET due_at = now() - interval '1 s' WHERE finished_at IS NULL RETURNING id")


def bought() -> int:
    return int(scalar("SELECT coalesce(sum(demand), 0) FROM purchase_order_line"))


def test_the_event_of_the_close_becomes_a_draw_and_the_next_one_buys_what_was_drawn(shop):
    assert (jobs.drain("draw"), jobs.drain("cut_off")) == (1, 1)
    assert scalar("SELECT drawn_at IS NOT NULL FROM draw")
    assert bought() == OFFERED
    assert [finding.first_rows for finding in audit() if finding.offending] == []


def test_a_cut_off_that_comes_before_the_draw_draws_first(shop):
    assert (jobs.drain("cut_off"), jobs.drain("draw")) == (1, 1)
    assert bought() == OFFERED
    assert scalar("SELECT count(*) FROM draw_slip") == 5


def test_a_worker_that_dies_in_the_middle_of_a_draw_leaves_nothing_and_the_next_one_draws_the_same(shop, monkeypatch):
    def die(*_: object) -> None:
        raise RuntimeError("killed while the orders followed")

    with monkeypatch.context() as patch:
        patch.setattr(commands, "_let_the_orders_follow", die)
        assert jobs.drain("draw") == 0
    counts = (
        "SELECT (SELECT count(*) FROM draw_slip) + (SELECT count(*) FROM draw_item) + (SELECT count(*) FROM draw_share)"
    )
    assert scalar(counts) == 0
    assert scalar("SELECT drawn_at IS NULL AND seed IS NULL FROM draw")
    made_due()
    assert jobs.drain("draw") == 1
    assert scalar("SELECT sum(quantity) FROM order_line") == OFFERED
