"""Money at the same moment: clicks, changes, what the gateway says twice, holds that end, refunds sent by two."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier, Event, local
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.outside.errors import GatewayAwayError
from supplyhub.outside.ports import Checkout, RefundWanted
from supplyhub.payments import listening, paying
from supplyhub.payments.commands import charging, observing
from supplyhub.payments.commands.lapsing import lapse_order
from supplyhub.payments.commands.observing import book_checkout
from supplyhub.payments.dividing import Back
from supplyhub.payments.listening import send_refund
from supplyhub.payments.paying import pay_online
from supplyhub.payments.settling import promise
from supplyhub.payments.states import RefundReason
from tests.factories_paying import (
    PRICE_FEN,
    VISIT,
    PrepaidShop,
    books,
    charge,
    everything_runs,
    order_of,
    owed,
    refunds_of,
    session_of,
    time_passes,
)
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.races.crowd import Crowd

PEOPLE = 6
SOMEBODY_WAITS = """
    SELECT EXISTS (SELECT FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
                   WHERE NOT l.granted AND a.datname = current_database())
"""
ONE_LIVE = "uq_charge_one_live_an_order"


@pytest.fixture
def shop(committed: Flask, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch) -> PrepaidShop:
    """Return a prepaid menu with real commits."""
    monkeypatch.setattr(paying, "OTHER_CLICK_SECONDS", PATIENCE_SECONDS)
    return PrepaidShop(gateway)


@pytest.fixture
def owner(admin_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection that sees who waits for whom."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield connection


def without(clause: str, module: Any, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let a module run its statements without a clause: the guard of a negative control is off."""

    def stripped(run: Callable[..., Any], sql: str, **values: object) -> Any:
        return run(sql.replace(clause, ""), **values)

    for name in names:
        monkeypatch.setattr(module, name, partial(stripped, getattr(module, name)))


def meeting(people: int) -> Callable[[], None]:
    """Return a place where so many threads wait for each other, each of them once."""
    gate, here = Barrier(people, timeout=PATIENCE_SECONDS), local()

    def meet() -> None:
        if not hasattr(here, "been"):
            here.been = True
            gate.wait()

    return meet


def meeting_after(words: str, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody go on from a module's reading of one row, by the words of its statement, before everybody has read it."""
    meet, read = meeting(PEOPLE), module.row

    def waiting(sql: str, **values: object) -> Any:
        found = read(sql, **values)
        if words in sql:
            meet()
        return found

    monkeypatch.setattr(module, "row", waiting)


def paid(charge_id: int) -> Checkout:
    """Return a charge's page as if it were paid."""
    found = charge(charge_id)
    db.session.rollback()
    return Checkout(found.session_id, "", "paid", found.amount_fen, found.amount_fen, f"pi_{charge_id}", charge_id)


def clicks(crowd: Crowd, shop: PrepaidShop, order: int) -> list[Any]:
    """Let everybody press the button at once."""
    asker, gateway = shop.home.asker, shop.gateway
    press = partial(pressed, asker, order, gateway)
    return crowd.at_once([press] * PEOPLE)


def pressed(asker: Any, order: int, gateway: Any) -> str:
    """Press the button; return where it leads."""
    return pay_online(asker, order, VISIT, gateway=gateway).pay_url


def test_clicks_at_the_same_moment_are_one_charge_and_lead_to_one_page(crowd, shop, standin):
    order = shop.order(2)
    pages = clicks(crowd, shop, order)
    assert len(set(pages)) == 1, pages
    assert str(pages[0]).startswith(standin.url)
    assert scalar("SELECT count(*) FROM charge") == len(standin.things("checkout.session")) == 1


def test_without_the_orders_lock_and_the_index_there_would_be_several(crowd, shop, standin, owner, monkeypatch):
    """The negative control."""
    order = shop.order(2)
    without("FOR NO KEY UPDATE OF o", charging, monkeypatch, "row")
    meeting_after("FROM charge", charging, monkeypatch)
    definition = owner.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [ONE_LIVE]).fetchone()
    assert definition
    owner.execute(f"DROP INDEX {ONE_LIVE}")
    try:
        clicks(crowd, shop, order)
        assert scalar("SELECT count(*) FROM charge") == PEOPLE
    finally:
        db.session.rollback()
        owner.execute("DELETE FROM charge")
        owner.execute(definition[0])


def test_a_payment_that_is_told_by_many_at_once_is_booked_once(crowd, shop):
    order = shop.order(2)
    seen = paid(shop.pay(order).charge_id)
    assert crowd.at_once([partial(book_checkout, seen)] * PEOPLE) == [True] * PEOPLE
    assert (books(), owed(order)) == ({"gateway": 2 * PRICE_FEN, "household": -2 * PRICE_FEN}, 0)


def test_without_the_households_lock_they_would_run_into_each_other(crowd, shop, monkeypatch):
    """The negative control: then only the constraint stands in the way."""
    seen = paid(shop.pay(shop.order(2)).charge_id)
    without("FOR NO KEY UPDATE", observing, monkeypatch, "execute")
    meeting_after("lapsed_at", observing, monkeypatch)
    outcomes = crowd.at_once([partial(book_checkout, seen)] * PEOPLE)
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == PEOPLE - 1, outcomes
    assert books()["gateway"] == 2 * PRICE_FEN


def booked_while_it_lapses(crowd: Crowd, owner: psycopg.Connection[Any], order: int, seen: Checkout) -> None:
    """Let a payment be booked that comes while the hold lapses, and has to wait for that."""
    time_passes(15)
    db.session.remove()

    def book() -> bool:
        with crowd.app.app_context():
            return book_checkout(seen)

    with ThreadPoolExecutor(1) as pool:
        with owner.transaction():
            assert owner.execute("SELECT lapse_hold(%s)", [order]).fetchone() == ("cancelled",)
            booking = pool.submit(book)
            mine = owner.info.backend_pid
            waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND %s = ANY (pg_blocking_pids(pid)))"
            while owner.execute(waits, [mine]).fetchone() != (True,):
                assert not booking.done()
        assert booking.result(PATIENCE_SECONDS)


def test_a_payment_that_comes_while_its_hold_lapses_takes_the_goods_again(crowd, shop, owner):
    order = shop.order(2)
    booked_while_it_lapses(crowd, owner, order, paid(shop.pay(order).charge_id))
    assert (order_of(order).state, owed(order), refunds_of(order)) == ("placed", 0, [])
    assert shop.left() == 98


def test_without_the_households_lock_it_would_be_booked_for_an_order_that_is_gone(crowd, shop, owner, monkeypatch):
    """The negative control."""
    order = shop.order(2)
    seen = paid(shop.pay(order).charge_id)
    without(" FOR NO KEY UPDATE", observing, monkeypatch, "execute")
    booked_while_it_lapses(crowd, owner, order, seen)
    assert (order_of(order).state, refunds_of(order)) == ("cancelled", [("online", "due", 2 * PRICE_FEN, "cancelled")])


@pytest.mark.parametrize("mode", ["draw", "first_come"])
def test_what_was_drawn_is_not_taken_again_while_somebody_buys_for_its_cycle(shop, owner, mode):
    """Who buys doesn't see it. The control: where it is first come, the menu is open, and nobody buys."""
    order = shop.order(2)
    seen = paid(shop.pay(order).charge_id)
    time_passes(15)
    lapse_order(order)
    with transaction():
        execute("UPDATE menu SET mode = :mode", mode=mode)
    with owner.transaction():
        owner.execute("SELECT FROM cycle FOR NO KEY UPDATE")
        assert book_checkout(seen)
    assert order_of(order).state == ("cancelled" if mode == "draw" else "placed")
    assert len(refunds_of(order)) == (mode == "draw")


def test_what_is_told_and_what_lapses_at_the_same_moment_end_whole(crowd, shop, standin):
    homes = [shop.neighbour() for _ in range(PEOPLE // 2)]
    orders = [shop.order(2, home=home) for home in homes]
    seen = [paid(shop.pay(order, home=home).charge_id) for order, home in zip(orders, homes, strict=True)]
    time_passes(15)
    db.session.remove()
    lapse = [partial(lapse_order, order) for order in orders]
    outcomes = crowd.at_once([task for pair in zip(map(_booked, seen), lapse, strict=True) for task in pair])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    for order in orders:
        assert (order_of(order).state, order_of(order).units, owed(order)) == ("placed", 2, 0)
    assert shop.left() == 100 - 2 * len(orders)


def _booked(seen: Checkout) -> Callable[[], bool]:
    return partial(book_checkout, seen)


def amounts() -> list[tuple[int, int]]:
    """Return of each charge what it asks for, and what its basket costs."""
    found = rows(
        """
        SELECT amount_fen, (SELECT sum((l ->> 'quantity')::int * (l ->> 'unit_price_fen')::int)
                            FROM jsonb_array_elements(basket -> 'lines') AS l) AS worth FROM charge ORDER BY id
        """
    )
    return [(each.amount_fen, int(each.worth)) for each in found]


def changed_while_it_is_charged(
    crowd: Crowd, shop: PrepaidShop, owner: psycopg.Connection[Any], order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let an order be enlarged between the moments at which a charge reads what is owed, and writes what for."""
    read, done = Event(), Event()
    balance_of = charging.balance_of

    def slowly(order_id: int) -> Any:
        found = balance_of(order_id)
        read.set()
        while not done.is_set() and owner.execute(SOMEBODY_WAITS).fetchone() != (True,):
            pass
        return found

    monkeypatch.setattr(charging, "balance_of", slowly)

    def change() -> None:
        assert read.wait(PATIENCE_SECONDS)
        try:
            shop.order(5)
        finally:
            done.set()

    asker, gateway = shop.home.asker, shop.gateway
    outcomes = crowd.at_once([partial(pressed, asker, order, gateway), change])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []


def test_an_order_that_changes_while_it_is_charged_is_charged_for_one_basket_or_the_other(
    crowd, shop, standin, owner, monkeypatch
):
    order = shop.order(2)
    changed_while_it_is_charged(crowd, shop, owner, order, monkeypatch)
    assert all(amount == worth for amount, worth in amounts()), amounts()
    assert charge(shop.pay(order).charge_id).amount_fen == 5 * PRICE_FEN
    assert [found["status"] for found in standin.things("checkout.session")].count("open") == 1


def test_without_the_orders_lock_it_would_be_charged_for_what_it_was_not(crowd, shop, owner, monkeypatch):
    """The negative control."""
    order = shop.order(2)
    without("FOR NO KEY UPDATE OF o", charging, monkeypatch, "row")
    changed_while_it_is_charged(crowd, shop, owner, order, monkeypatch)
    assert (2 * PRICE_FEN, 5 * PRICE_FEN) in amounts()


def test_an_order_that_is_enlarged_while_it_is_settled_waits_for_that_and_nobody_for_it(crowd, shop, standin, owner):
    order = shop.order(1)
    standin.pay(session_of(shop.pay(order).charge_id))
    everything_runs(shop.gateway)
    db.session.remove()

    def enlarge() -> int:
        with crowd.app.app_context():
            return shop.order(3)

    mine = owner.info.backend_pid
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND %s = ANY (pg_blocking_pids(pid)))"
    with ThreadPoolExecutor(1) as pool:
        with owner.transaction():
            owner.execute("SELECT FROM orders WHERE id = %s FOR NO KEY UPDATE", [order])
            enlarging = pool.submit(enlarge)
            while owner.execute(waits, [mine]).fetchone() != (True,):
                assert not enlarging.done()
            owner.execute("UPDATE paid_basket SET paid_at = now() WHERE order_id = %s", [order])
        assert enlarging.result(PATIENCE_SECONDS) == order
    assert (owed(order), order_of(order).units) == (2 * PRICE_FEN, 3)


def a_part_to_give_back(shop: PrepaidShop, standin: Any) -> int:
    """Return a refund that is due, of a third of what was paid."""
    home = shop.neighbour()
    order = shop.order(3, home=home)
    paid_by = shop.pay(order, home=home).charge_id
    standin.pay(session_of(paid_by))
    everything_runs(shop.gateway)
    with transaction():
        promise([(order, RefundReason.SURPLUS, [Back(paid_by, PRICE_FEN)])])
    return int(scalar("SELECT max(id) FROM refund"))


def sent_by_two(crowd: Crowd, shop: PrepaidShop, refund: int) -> None:
    """Let two workers send a refund at once; who comes too early comes again."""
    db.session.remove()
    send = partial(send_refund, refund, gateway=shop.gateway)
    for outcome in crowd.at_once([send, send]):
        assert outcome is None or isinstance(outcome, GatewayAwayError), outcome
    send()


def test_a_refund_that_two_workers_send_is_made_and_booked_once(crowd, shop, standin):
    refund = a_part_to_give_back(shop, standin)
    sent_by_two(crowd, shop, refund)
    assert len(standin.things("refund")) == 1
    assert books()["gateway"] == standin.books()["merchant_fen"] == 2 * PRICE_FEN
    assert scalar("SELECT count(*) FROM journal_entry WHERE kind = 'refund_done'") == 1


def test_without_its_key_it_would_be_made_twice(crowd, shop, standin, monkeypatch):
    """The negative control: who looks whether it is there already, looks too early."""

    def keyless(*values: Any) -> RefundWanted:
        return replace(RefundWanted(*values), key=str(uuid.uuid4()))

    refunds = type(shop.gateway._client.v1.refunds)
    create, meet = refunds.create, meeting(2)

    def create_together(*args: Any, **values: Any) -> Any:
        meet()
        return create(*args, **values)

    monkeypatch.setattr(listening, "RefundWanted", keyless)
    refund = a_part_to_give_back(shop, standin)
    monkeypatch.setattr(refunds, "create", create_together)
    db.session.remove()
    crowd.at_once([partial(send_refund, refund, gateway=shop.gateway)] * 2)
    assert len(standin.things("refund")) == 2
