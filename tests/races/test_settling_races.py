"""A payment that is being booked while a large entry is settled: who settles doesn't see it, and isn't waited for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub import outbox
from supplyhub.db import db, scalar, transaction
from supplyhub.outside.ports import Checkout
from supplyhub.payments.commands import observing
from supplyhub.payments.commands.observing import book_checkout
from supplyhub.payments.events import Booked
from supplyhub.payments.journal import Line, book
from supplyhub.payments.states import Account, EntryKind
from tests.factories_paying import PRICE_FEN, PrepaidShop, charge, refunds_of
from workers.jobs import drain

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.races.crowd import Crowd

SECONDS = 20


@pytest.fixture
def shop(committed: Flask, gateway: StripeGateway) -> PrepaidShop:
    """Return a prepaid menu with real commits."""
    return PrepaidShop(gateway)


@pytest.fixture
def paid_meanwhile(crowd: Crowd, shop: PrepaidShop, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return an order of two that is worth one since its payment was read, and whose payment is committed only now."""
    order = shop.order(2)
    found = charge(shop.pay(order).charge_id)
    seen = Checkout(found.session_id, "", "paid", found.amount_fen, found.amount_fen, "pi_1", found.id)
    settled, go_on = Event(), Event()
    monkeypatch.setattr(observing, "settle_orders", then_wait(observing.settle_orders, settled, go_on))

    def pay() -> None:
        with crowd.app.app_context():
            book_checkout(seen)

    db.session.remove()
    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(pay)
        assert settled.wait(SECONDS)
        worth(order, PRICE_FEN)
        assert drain("settle") == 1
        go_on.set()
        paying.result(SECONDS)
    return order


def then_wait(run: Callable[..., Any], done: Event, go_on: Event) -> Callable[..., None]:
    """Return a function that does what it did, says so, and waits."""

    def waiting(*given: Any) -> None:
        run(*given)
        done.set()
        assert go_on.wait(SECONDS)

    return waiting


def worth(order: int, fen: int) -> None:
    """Book what an order is worth, without a lock on it, as a city's are booked."""
    with transaction():
        cycle = scalar("SELECT cycle_id FROM orders WHERE id = :order", order=order)
        lines = [Line(Account.HOUSEHOLD, fen, order_id=order), Line(Account.GOODS, -fen)]
        outbox.record(Booked(book(cycle, EntryKind.ORDERED, lines)))


def test_what_is_too_much_goes_back_after_both_are_committed(paid_meanwhile):
    assert drain("settle_again") == 1
    assert refunds_of(paid_meanwhile) == [("online", "due", PRICE_FEN, "surplus")]
    assert (drain("settle"), drain("settle_again")) == (0, 0)


def test_without_the_event_of_the_payment_it_would_stay(paid_meanwhile):
    """The negative control."""
    assert drain("settle") == 0
    assert refunds_of(paid_meanwhile) == []
