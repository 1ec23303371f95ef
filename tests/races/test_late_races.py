"""An order that waits over an item's later cut-off comes too late: the clock is read after the wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.races.test_ordering_races import CommittedShop, at_once, buyers, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from tests.races.test_ordering_races import Buyer, Sold

LATE = """
    WITH late AS (
      UPDATE menu SET cutoff_at = clock_timestamp() - interval '1 minute', late_until = clock_timestamp() + interval '{wait}'
      WHERE id = %(menu)s RETURNING late_until
    )
    UPDATE menu_item SET late_until = late.late_until FROM late WHERE menu_id = %(menu)s
"""
CONNECTIONS = 16


@pytest.fixture
def shop(committed: Flask) -> CommittedShop:
    """Return a menu with real commits."""
    return CommittedShop()


@pytest.fixture
def close_later() -> Iterator[list[Buyer]]:
    """Close the connections that a test puts here."""
    opened: list[Buyer] = []
    yield opened
    for buyer in opened:
        buyer.connection.close()


def wait_until(connection: psycopg.Connection[Any], condition: str, *values: object) -> None:
    """Ask until it is so."""
    while connection.execute(f"SELECT {condition}", values).fetchone() != (True,):
        pass


def order_over_the_cutoff(shop: CommittedShop, item: Sold, one: Buyer, admin_url: str) -> str:
    """Let an order start before the late cut-off and get its lock after it; return what became of it."""
    with psycopg.connect(admin_url, autocommit=True) as owner, ThreadPoolExecutor(1) as pool:
        owner.execute(LATE.format(wait="1 hour"), {"menu": shop.menu_id})
        with owner.transaction():
            owner.execute("SELECT FROM menu_item WHERE id = %s FOR NO KEY UPDATE", (item.id,))
            placing = pool.submit(put, one, shop.menu_id, [(item, 1)])
            pid = one.connection.info.backend_pid
            wait_until(owner, "cardinality(pg_blocking_pids(%s)) > 0", pid)
            owner.execute(LATE.format(wait="0"), {"menu": shop.menu_id})
        return placing.result()


def test_an_order_that_got_its_lock_after_the_late_cutoff_is_refused(shop, settings, admin_url, close_later):
    item = shop.item()
    close_later += buyers(shop, settings.database_url, 1)
    assert order_over_the_cutoff(shop, item, close_later[0], admin_url) == "closed"


def test_with_the_clock_read_before_the_locks_it_would_be_let_in(shop, settings, admin_url, close_later):
    """The negative control."""
    item = shop.item()
    close_later += buyers(shop, settings.database_url, 1)
    with psycopg.connect(admin_url, autocommit=True) as owner:
        source = owner.execute("SELECT pg_get_functiondef('put_orders'::regproc)").fetchone()
        assert source
        early = source[0].replace("v_now := clock_timestamp();", "v_now := statement_timestamp();")
        assert early != source[0]
        owner.execute(early)
        try:
            assert order_over_the_cutoff(shop, item, close_later[0], admin_url) == "placed"
        finally:
            owner.execute(source[0])


def test_orders_that_run_through_the_late_cutoff_are_all_before_it(shop, settings, admin_url, close_later):
    """Everybody replaces a late basket until it is too late; the menu is closed in the midst of them."""
    item = shop.item(offered=10_000, cap=1000)
    close_later += buyers(shop, settings.database_url, CONNECTIONS)

    def replace(buyer: Buyer) -> Callable[[], list[str]]:
        def run() -> list[str]:
            outcomes: list[str] = []
            while "closed" not in outcomes:
                units, version = len(outcomes) % 9 + 1, len(outcomes)
                outcomes.append(put(buyer, shop.menu_id, [(item, units)], expected=version or None))
            return outcomes

        return run

    with psycopg.connect(admin_url, autocommit=True) as owner:

        def close() -> list[str]:
            # Every household has ordered, and all of them go on replacing.
            many = "(SELECT min(version) > 2 AND count(*) = %s FROM orders)"
            wait_until(owner, many, CONNECTIONS)
            with owner.transaction():
                # Nobody is between looking at the clock and writing then.
                owner.execute("SELECT FROM menu_item FOR NO KEY UPDATE")
                owner.execute(LATE.format(wait="50 ms"), {"menu": shop.menu_id})
            while owner.execute("SELECT close_menu(%s, false)", (shop.menu_id,)).fetchone() != (True,):
                pass
            return ["shut"]

        owner.execute(LATE.format(wait="1 hour"), {"menu": shop.menu_id})
        outcomes = at_once([replace(buyer) for buyer in close_later] + [close])
        assert {outcome for each in outcomes for outcome in each} == {"placed", "changed", "closed", "shut"}
        found = owner.execute(
            "SELECT max(o.changed_at) < min(m.late_until), sum(l.quantity) = min(i.reserved) FROM menu AS m"
            " JOIN orders AS o ON o.menu_id = m.id JOIN order_line AS l ON l.order_id = o.id"
            " JOIN menu_item AS i ON i.id = l.item_id"
        ).fetchone()
    assert found == (True, True)
