"""What many hands do to one menu at once, on real connections. Each race has a negative control: the same race with
the guard off goes wrong, so that the race is known to be able to see it."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.factories import Shop
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

PUT = """
    SELECT outcome FROM put_orders(
      ARRAY[%(menu)s::bigint], ARRAY[%(home)s::bigint], ARRAY[%(by)s::bigint], '{web}', ARRAY[%(expected)s::bigint],
      ARRAY[%(total)s::bigint], '{""}', array_fill(1::bigint, ARRAY[cardinality(%(items)s::bigint[])]), %(items)s::bigint[],
      %(units)s::bigint[], array_fill('less'::text, ARRAY[cardinality(%(items)s::bigint[])]),
      array_fill(NULL::bigint, ARRAY[cardinality(%(items)s::bigint[])]),
      array_fill(NULL::bigint, ARRAY[cardinality(%(items)s::bigint[])]))
"""
LAST_UNITS = 100
CONNECTIONS = 64


@dataclass
class Buyer:
    """A household with a connection of its own."""

    connection: psycopg.Connection[Any]
    home: int
    account: int


@dataclass(frozen=True)
class Sold:
    """An item's plain numbers: threads must not touch a session's objects."""

    id: int
    price_fen: int


class CommittedShop:
    """A menu with real commits, known to threads by its numbers."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.menu_id = self.shop.menu.id

    def item(self, **values: Any) -> Sold:
        """Put one more item on the menu."""
        item = self.shop.item(**values)
        return Sold(item.id, item.price_fen)


@pytest.fixture
def shop(committed: Flask) -> CommittedShop:
    """Return a menu with real commits."""
    return CommittedShop()


def buyers(shop: CommittedShop, url: str, number: int) -> list[Buyer]:
    """Return households, each connected, as the application's role unless the address says otherwise."""
    homes = [shop.shop.another_home() for _ in range(number)]
    plain = url.replace("postgresql+psycopg", "postgresql")
    return [Buyer(psycopg.connect(plain, autocommit=True), home.id, home.account_id) for home in homes]


@pytest.fixture
def close_later() -> Iterator[list[Buyer]]:
    """Close the connections that a test puts here."""
    opened: list[Buyer] = []
    yield opened
    for buyer in opened:
        buyer.connection.close()


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    """Run the tasks from one starting shot and return their results."""
    gate = Barrier(len(tasks), timeout=PATIENCE_SECONDS)

    def run(task: Callable[[], Any]) -> Any:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def put(buyer: Buyer, menu: int, lines: list[tuple[Sold, int]], *, expected: int | None = None) -> str:
    """Put one basket on the buyer's connection and return what became of it."""
    found = buyer.connection.execute(
        PUT,
        {
            "menu": menu,
            "home": buyer.home,
            "by": buyer.account,
            "expected": expected,
            "total": sum(item.price_fen * units for item, units in lines),
            "items": [item.id for item, _ in lines],
            "units": [units for _, units in lines],
        },
    ).fetchone()
    assert found
    return str(found[0])


def test_the_last_units_are_sold_exactly_once_to_64_connections(shop, settings, close_later):
    item = shop.item(offered=LAST_UNITS, cap=LAST_UNITS)
    close_later += buyers(shop, settings.database_url, CONNECTIONS)

    def buy(buyer: Buyer) -> Callable[[], int]:
        def run() -> int:
            # Two units, then two more until there are no more: some baskets fit, some don't.
            held = 0
            for version in range(4):
                outcome = put(buyer, shop.menu_id, [(item, held + 2)], expected=version or None)
                if outcome not in {"placed", "changed"}:
                    assert outcome == "short"
                    break
                held += 2
            return held

        return run

    held = at_once([buy(buyer) for buyer in close_later])
    assert sum(held) == LAST_UNITS
    sold = (
        close_later[0]
        .connection.execute(
            "SELECT reserved, (SELECT sum(quantity) FROM order_line WHERE item_id = i.id) FROM menu_item i WHERE id = %s",
            (item.id,),
        )
        .fetchone()
    )
    assert sold == (LAST_UNITS, LAST_UNITS)


def test_without_lock_and_constraint_the_same_race_oversells(shop, admin_url, close_later):
    """The negative control: read, then write what was read, with the CHECK gone."""
    item = shop.item(offered=LAST_UNITS, cap=LAST_UNITS)
    close_later += buyers(shop, admin_url, 16)
    with psycopg.connect(admin_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE menu_item DROP CONSTRAINT ck_menu_item_never_oversold")
        try:
            read = Barrier(16, timeout=PATIENCE_SECONDS)

            def buy(buyer: Buyer) -> Callable[[], None]:
                def run() -> None:
                    row = buyer.connection.execute(
                        "SELECT offered - reserved FROM menu_item WHERE id = %s", (item.id,)
                    ).fetchone()
                    read.wait()
                    if row and row[0] >= 10:
                        buyer.connection.execute(
                            "UPDATE menu_item SET reserved = reserved + 10 WHERE id = %s", (item.id,)
                        )

                return run

            at_once([buy(buyer) for buyer in close_later])
            reserved = owner.execute("SELECT reserved FROM menu_item WHERE id = %s", (item.id,)).fetchone()
            assert reserved
            assert reserved[0] > LAST_UNITS
            owner.execute("UPDATE menu_item SET reserved = 0 WHERE id = %s", (item.id,))
        finally:
            owner.execute(
                "ALTER TABLE menu_item ADD CONSTRAINT ck_menu_item_never_oversold"
                " CHECK (reserved >= 0 AND reserved <= offered)"
            )


def test_baskets_replaced_from_16_connections_while_the_menu_closes_stay_whole(shop, settings, close_later):
    """Two devices a household, all over the same five items, and the close in the middle."""
    items = [shop.item(offered=1000, cap=1000) for _ in range(5)]
    close_later += buyers(shop, settings.database_url, 8)
    url = settings.database_url.replace("postgresql+psycopg", "postgresql")
    second_devices = [Buyer(psycopg.connect(url, autocommit=True), b.home, b.account) for b in close_later]
    close_later += second_devices
    closer = Buyer(psycopg.connect(url, autocommit=True), 0, 0)
    close_later.append(closer)

    def replace(buyer: Buyer, seed: int) -> Callable[[], list[str]]:
        def run() -> list[str]:
            chance = random.Random(seed)
            outcomes: list[str] = []
            while "closed" not in outcomes:
                row = buyer.connection.execute(
                    "SELECT version FROM orders WHERE menu_id = %s AND household_id = %s", (shop.menu_id, buyer.home)
                ).fetchone()
                chosen = chance.sample(items, chance.randint(1, 4))
                lines = [(item, chance.randint(1, 9)) for item in chosen]
                outcomes.append(put(buyer, shop.menu_id, lines, expected=row[0] if row else None))
            return outcomes

        return run

    def close() -> list[str]:
        # In the middle: every household has ordered, and all of them go on replacing.
        while closer.connection.execute("SELECT min(version) > 2 AND count(*) = 8 FROM orders").fetchone() != (True,):
            pass
        closed = closer.connection.execute("SELECT close_menu(%s, true)", (shop.menu_id,)).fetchone()
        return [f"closed {closed[0]}"]  # type: ignore[index]

    movers = [b for b in close_later if b is not closer]
    results = at_once([replace(b, seed) for seed, b in enumerate(movers)] + [close])
    outcomes = {outcome for result in results for outcome in result}
    assert outcomes <= {"placed", "changed", "stale", "closed", "unchanged", "closed True"}
    assert {"placed", "closed", "closed True"} <= outcomes
    assert outcomes & {"changed", "stale"}

    check = closer.connection
    assert check.execute(
        "SELECT count(*) FROM menu_item i WHERE reserved <> coalesce((SELECT sum(l.quantity) FROM order_line l"
        " JOIN orders o ON o.id = l.order_id WHERE l.item_id = i.id AND o.state = 'placed'), 0)"
    ).fetchone() == (0,)
    assert check.execute(
        "SELECT count(*) FROM orders o JOIN menu m ON m.id = o.menu_id WHERE o.changed_at > m.cutoff_at"
    ).fetchone() == (0,)
    assert check.execute(
        "SELECT count(*) FROM orders o WHERE state = 'placed' AND total_fen <>"
        " (SELECT sum(quantity * unit_price_fen) FROM order_line WHERE order_id = o.id)"
    ).fetchone() == (0,)


def test_a_close_that_does_not_lock_the_items_lets_an_order_in_after_it(shop, admin_url, close_later):
    """The negative control: set closed without the locks, and an order that was let in before commits after it."""
    item = shop.item()
    close_later += buyers(shop, admin_url, 1)
    order, close = close_later[0], psycopg.connect(admin_url, autocommit=True)
    try:
        with order.connection.transaction():
            assert put(order, shop.menu_id, [(item, 1)]) == "placed"
            close.execute(
                "UPDATE menu SET state = 'closed', cutoff_at = clock_timestamp() WHERE id = %s", (shop.menu_id,)
            )
            counted = close.execute("SELECT count(*) FROM orders WHERE menu_id = %s", (shop.menu_id,)).fetchone()
        later = close.execute("SELECT count(*) FROM orders WHERE menu_id = %s", (shop.menu_id,)).fetchone()
        assert (counted, later) == ((0,), (1,))
    finally:
        close.close()


def test_the_close_waits_for_an_order_that_was_let_in_before_it(shop, settings, close_later):
    item = shop.item()
    close_later += buyers(shop, settings.database_url, 2)
    order, close = close_later[0], close_later[1].connection
    close.execute("SET lock_timeout = '100ms'")
    with order.connection.transaction():
        assert put(order, shop.menu_id, [(item, 1)]) == "placed"
        with pytest.raises(psycopg.errors.LockNotAvailable):
            close.execute("SELECT close_menu(%s, true)", (shop.menu_id,))
    assert close.execute("SELECT close_menu(%s, true)", (shop.menu_id,)).fetchone() == (True,)
    assert close.execute("SELECT count(*) FROM orders WHERE menu_id = %s", (shop.menu_id,)).fetchone() == (1,)


def test_the_same_first_basket_twenty_times_in_parallel_is_one_order(shop, settings, close_later):
    item = shop.item()
    close_later += buyers(shop, settings.database_url, 20)
    one = close_later[0]

    def send(buyer: Buyer) -> Callable[[], str]:
        def run() -> str:
            return put(Buyer(buyer.connection, one.home, one.account), shop.menu_id, [(item, 2)])

        return run

    outcomes = at_once([send(buyer) for buyer in close_later])
    assert sorted(outcomes) == ["placed"] + ["unchanged"] * 19
