"""The desk of the server: many threads, few calls, everybody's own answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import make_url

from supplyhub.db import db, scalar
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.desk import GatheringDesk
from supplyhub.ordering.putting import Basket, Put
from supplyhub.residents.tokens import GatheringDoorkeeper
from tests.factories import Shop, a_token
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

THREADS = 32
LAST_UNITS = 20


class Rush:
    """A shop, its desk and households, known to threads by their numbers."""

    def __init__(self, app: Flask, url: str) -> None:
        self.app = app
        self.desk = GatheringDesk(url)
        # Nobody is turned away because the machine does other things, too.
        self.desk._gatherer._patience_seconds = PATIENCE_SECONDS
        self.shop = Shop()
        self.menu = self.shop.menu.id
        homes = [self.shop.another_home() for _ in range(THREADS)]
        self.homes = [(home.id, home.account_id) for home in homes]

    def basket(self, number: int, item: int, units: int = 1, note: str = "") -> Basket:
        """Return a household's first basket of one line."""
        home, account = self.homes[number]
        return Basket(self.menu, home, account, None, [Line(item, units)], units * 480, note)

    def put(self, baskets: list[Basket]) -> list[Put]:
        """Put all at once, a thread each."""
        return self.at_once(self.desk.put, baskets)

    def at_once(self, task: Callable[[Any], Any], given: list[Any]) -> list[Any]:
        """Do a task for everything given from one starting shot; return what each returned or raised."""
        gate = Barrier(len(given), timeout=PATIENCE_SECONDS)

        def run(one: Any) -> Any:
            with self.app.app_context():
                gate.wait()
                try:
                    return task(one)
                except Exception as error:  # noqa: BLE001 - an outcome like any other
                    return error

        with ThreadPoolExecutor(len(given)) as pool:
            return list(pool.map(run, given))


@pytest.fixture
def rush(committed, settings) -> Iterator[Rush]:
    """Return a rush with real commits."""
    rush = Rush(committed, settings.database_url)
    yield rush
    rush.desk.connection.close()


@pytest.fixture
def keeper(settings) -> Iterator[GatheringDoorkeeper]:
    """Return a doorkeeper with a connection of its own."""
    keeper = GatheringDoorkeeper(settings.database_url)
    keeper._gatherer._patience_seconds = PATIENCE_SECONDS
    yield keeper
    keeper.connection.close()


def test_the_last_units_are_sold_once_however_many_come_together(rush):
    item = rush.shop.item(offered=LAST_UNITS).id
    outcomes = [put.outcome for put in rush.put([rush.basket(number, item) for number in range(THREADS)])]
    assert sorted(outcomes) == ["placed"] * LAST_UNITS + ["short"] * (THREADS - LAST_UNITS)
    assert scalar("SELECT reserved FROM menu_item WHERE id = :id", id=item) == LAST_UNITS


def test_without_the_counting_in_the_call_the_database_refuses_to_oversell(rush, admin_url):
    """The negative control: with the stock round gone, what doesn't fit is stopped by the constraint behind it."""
    item = rush.shop.item(offered=LAST_UNITS).id
    with psycopg.connect(admin_url, autocommit=True) as owner:
        source = owner.execute("SELECT pg_get_functiondef('put_orders'::regproc)").fetchone()
        assert source
        blind = source[0].replace("counted.taken <= counted.room", "true").replace("taken <= room", "true")
        blind = blind.replace("delta > 0 AND delta > room", "false")
        assert blind != source[0]
        owner.execute(blind)
        try:
            outcomes = rush.put([rush.basket(number, item) for number in range(THREADS)])
        finally:
            owner.execute(source[0])
    refused = [outcome for outcome in outcomes if isinstance(outcome, psycopg.errors.CheckViolation)]
    assert len(refused) == THREADS - LAST_UNITS


def test_the_same_basket_twenty_times_in_parallel_is_one_order(rush):
    item = rush.shop.item().id
    outcomes = [put.outcome for put in rush.put([rush.basket(0, item)] * 20)]
    assert sorted(outcomes) == ["placed"] + ["unchanged"] * 19


def test_a_basket_that_cannot_be_stored_is_no_error_for_its_neighbours(rush):
    item = rush.shop.item().id
    baskets = [rush.basket(number, item, note="\0" if number == 3 else "") for number in range(8)]
    outcomes = rush.put(baskets)
    assert isinstance(outcomes.pop(3), psycopg.DataError)
    assert [put.outcome for put in outcomes] == ["placed"] * 7


def test_a_desk_whose_connection_was_ended_goes_on(rush, admin_url, settings):
    item = rush.shop.item().id
    assert rush.desk.put(rush.basket(0, item)).outcome == "placed"
    with psycopg.connect(admin_url, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%%put_orders%%' AND pid <> pg_backend_pid()"
            " AND datname = %s",
            (make_url(settings.database_url).database,),
        )
    assert rush.desk.put(rush.basket(1, item)).outcome == "placed"


def test_a_token_that_is_revoked_is_out_at_once(rush, keeper):
    token = a_token(rush.shop.home.account_id)
    found = keeper.asker(token)
    assert found
    assert found.household_id == rush.shop.home.id
    assert keeper.asker("nobody's") is None
    db.session.execute(db.text("UPDATE api_token SET revoked_at = now()"))
    db.session.commit()
    assert keeper.asker(token) is None


def test_everybody_who_asks_at_the_same_time_is_taken_for_himself(rush, keeper):
    tokens = [(a_token(account), home) for home, account in rush.homes]
    found = rush.at_once(keeper.asker, [token for token, _ in tokens])
    assert [asker.household_id for asker in found] == [home for _, home in tokens]
