"""Whatever step of a charge or a refund a process is killed at, what runs again neither charges nor refunds twice.

A step is a transaction or a call of the gateway: nothing else leaves a trace. A process is killed at the commit of each
transaction, after it, before and after each call. Its work is then gone on with, as it would be: somebody presses
again, the scheduler's jobs and the worker run. Every run tries a third of the steps; the drill all of them, and
before each statement, too.
"""

from __future__ import annotations

import faulthandler
import os
import signal
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from flask import current_app
from sqlalchemy import event

from supplyhub import outbox
from supplyhub.db import db, execute, row, rows, scalar, transaction
from supplyhub.errors import HubError
from supplyhub.outside.stripe_gateway import StripeGateway
from supplyhub.payments import holds, listening, paying
from supplyhub.payments.commands import refunding
from supplyhub.payments.queries import latest_charge
from supplyhub.payments.states import CameBy
from tests.drill import in_the_drill, places
from tests.factories_paying import (
    PRICE_FEN,
    VISIT,
    PrepaidShop,
    books,
    everything_runs,
    order_of,
    owed,
    time_passes,
    unfinished,
    work,
)
from workers import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from tests.factories_paying import Home
    from tests.gateway import TestStandIn

# Where a charge, its page, its lapse and its refund can be broken off, by what happens to an order.
PAID_AND_GIVEN_BACK = (
    "at the commit of begin_charge",
    "after begin_charge",
    "before open_checkout",
    "after open_checkout",
    "at the commit of book_checkout",
    "after book_checkout",
    "at the commit of begin_charge",
    "after begin_charge",
    "at the commit of receive_events",
    "after receive_events",
    "after claim",
    "before checkout",
    "after checkout",
    "at the commit of book_checkout",
    "after book_checkout",
    "at the commit of finish",
    "at the commit of settle_cancelled_orders",
    "after settle_cancelled_orders",
    "after claim",
    "before refund",
    "after refund",
    "at the commit of book_refund",
    "after book_refund",
    "at the commit of finish",
    "at the commit of receive_events",
    "after receive_events",
    "after claim",
    "before refund_seen",
    "after refund_seen",
    "at the commit of book_refund",
    "after book_refund",
    "at the commit of finish",
)
CHANGED_AND_PAID = (
    "at the commit of begin_charge",
    "after begin_charge",
    "before expire_checkout",
    "after expire_checkout",
    "at the commit of book_checkout",
    "after book_checkout",
    "at the commit of begin_charge",
    "after begin_charge",
    "before open_checkout",
    "after open_checkout",
    "at the commit of book_checkout",
    "after book_checkout",
    "at the commit of begin_charge",
    "after begin_charge",
)
LAPSED = (
    "before expire_checkout",
    "after expire_checkout",
    "at the commit of book_checkout",
    "after book_checkout",
    "at the commit of lapse_order",
    "after lapse_order",
)

TRANSACTIONS = (
    (paying, "begin_charge"),
    (paying, "book_checkout"),
    (listening, "receive_events"),
    (listening, "book_checkout"),
    (listening, "book_refund"),
    (refunding, "settle_cancelled_orders"),
    (holds, "lapse_order"),
)
LONGEST_LIFE_SECONDS = 60
CALLS = ("open_checkout", "checkout", "expire_checkout", "refund", "refund_seen")


class Tracer:
    """Sees the steps of this process, and does something at each."""

    def __init__(self, step: Callable[[str], None], patch: pytest.MonkeyPatch, *, statements: bool = False) -> None:
        self.step = step
        self.inside = ""
        for module, name in TRANSACTIONS:
            patch.setattr(module, name, self._transaction(name, getattr(module, name)))
        for name in CALLS:
            patch.setattr(StripeGateway, name, self._call(name, getattr(StripeGateway, name)))
        patch.setattr(jobs, "_claim", self._claiming(jobs._claim))
        patch.setattr(outbox, "finish", self._finishing(outbox.finish))
        event.listen(db.engine, "commit", self._commit)
        if statements:
            event.listen(db.engine, "before_cursor_execute", lambda *args: step(f"before {args[2]}"))

    def _commit(self, _connection: object) -> None:
        if self.inside:
            self.step(f"at the commit of {self.inside}")
            self.inside = ""

    def _transaction(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def traced(*args: Any, **values: Any) -> Any:
            self.inside = name
            done = run(*args, **values)
            self.inside = ""
            self.step(f"after {name}")
            return done

        return traced

    def _call(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def traced(*args: Any) -> Any:
            self.step(f"before {name}")
            answer = run(*args)
            self.step(f"after {name}")
            return answer

        return traced

    def _claiming(self, claim: Callable[[str], Any]) -> Callable[[str], Any]:
        def traced(topic: str) -> Any:
            claimed = claim(topic)
            if claimed:
                self.step("after claim")
            return claimed

        return traced

    def _finishing(self, finish: Callable[[Any], None]) -> Callable[[Any], None]:
        def traced(claimed: Any) -> None:
            finish(claimed)
            self.inside = "finish"

        return traced


class Life:
    """What happens to an order of two: `prepare`, then `run` in a process that may be killed, then `go_on`."""

    def __init__(self, shop: PrepaidShop, standin: TestStandIn) -> None:
        self.shop, self.standin = shop, standin
        self.home: Home = shop.neighbour()
        self.order = shop.order(2, home=self.home)

    def press(self) -> None:
        """Press the button."""
        paying.pay_online(self.home.asker, self.order, VISIT, gateway=self.shop.gateway)

    def pay_on_page(self) -> None:
        """Pay on the page that the button leads to."""
        found = latest_charge(self.order)
        session = scalar("SELECT session_id FROM charge WHERE id = :c", c=found.id if found else 0)
        db.session.rollback()
        self.standin.play(session, "pay")

    def prepare(self) -> None:
        """Do what isn't to be broken off."""

    def run(self) -> None:
        """Do all of it."""
        raise NotImplementedError

    def go_on(self) -> None:
        """Do what is left of it, as people and processes would."""
        raise NotImplementedError


class PaidAndGivenBack(Life):
    """It is paid, then cancelled, and the money goes back, which takes a while."""

    def run(self) -> None:
        self.press()
        self.pay_on_page()
        self._hear("checkout.session.completed")
        self.shop.cancel(self.order, home=self.home)
        refunding.settle_cancelled_orders()
        jobs.drain("refund")
        self._refund_ends()
        self._hear("refund.updated")

    def go_on(self) -> None:
        with suppress(HubError):
            self.press()
        with suppress(HubError):
            self.pay_on_page()
        everything_runs(self.shop.gateway, times=1)
        if order_of(self.order).state == "placed":
            self.shop.cancel(self.order, home=self.home)
        everything_runs(self.shop.gateway, times=1)
        with suppress(HubError):
            self._refund_ends()
        everything_runs(self.shop.gateway, times=1)
        assert order_of(self.order).state == "cancelled"
        found = rows("SELECT state, amount_fen FROM refund WHERE order_id = :o", o=self.order)
        assert [tuple(refund) for refund in found] == [("done", 2 * PRICE_FEN)]

    def _hear(self, kind: str) -> None:
        """Let the last event of a kind be told, and worked off."""
        # Asked for over HTTP: this process must not touch what threads of its parent may have held when it began.
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        told = next(found for found in self.shop.gateway.events_since(hour_ago) if found.kind == kind)
        listening.receive_events([told], CameBy.WEBHOOK)
        jobs.drain("gateway_event")

    def _refund_ends(self) -> None:
        number = scalar("SELECT gateway_id FROM refund WHERE order_id = :o", o=self.order)
        db.session.rollback()
        self.standin.finish_refund(number, "succeeded")


class ChangedAndPaid(Life):
    """It is enlarged while its page is open, and then paid."""

    def prepare(self) -> None:
        self.press()
        self.shop.order(3, home=self.home)

    def run(self) -> None:
        self.press()

    def go_on(self) -> None:
        self.press()
        self.pay_on_page()
        everything_runs(self.shop.gateway, times=1)
        assert (owed(self.order), order_of(self.order).units) == (0, 3)
        self.shop.cancel(self.order, home=self.home)
        everything_runs(self.shop.gateway, times=1)
        number = scalar("SELECT gateway_id FROM refund WHERE order_id = :o", o=self.order)
        db.session.rollback()
        self.standin.finish_refund(number, "succeeded")
        everything_runs(self.shop.gateway, times=1)


class Lapsed(Life):
    """It isn't paid in time."""

    def prepare(self) -> None:
        self.press()
        time_passes(15)

    def run(self) -> None:
        holds.end_checkouts_of_ended_holds(self.shop.gateway)

    def go_on(self) -> None:
        everything_runs(self.shop.gateway, times=1)
        assert order_of(self.order).state == "cancelled"


LIVES = {PaidAndGivenBack: PAID_AND_GIVEN_BACK, ChangedAndPaid: CHANGED_AND_PAID, Lapsed: LAPSED}


@pytest.fixture
def shop(committed: Flask, gateway: StripeGateway, standin: TestStandIn) -> PrepaidShop:
    """Return a prepaid menu with real commits, at a gateway whose refunds take their time."""
    standin.set_faults(refund_pending=1)
    return PrepaidShop(gateway)


def killed_at(number: int, life: Life, *, statements: bool = False) -> bool:
    """Run a life in a process that is killed at its nth step; tell whether it came to that."""
    child = os.fork()
    if child == 0:
        _run_until(number, life, statements=statements)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"step {number} of {type(life).__name__}"
    return os.WIFSIGNALED(status)


def _run_until(number: int, life: Life, *, statements: bool) -> None:
    # A process that hangs ends with what it was at.
    faulthandler.dump_traceback_later(LONGEST_LIFE_SECONDS, exit=True)
    # The parent's connections are the parent's, to the database and to the gateway: they are left alone, not closed.
    db.engine.dispose(close=False)
    db.session.registry.clear()
    life.shop.gateway = current_app.extensions["gateway"] = life.standin.gateway()
    numbers = count(1)

    def kill(_step: str) -> None:
        if next(numbers) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    done = False
    try:
        Tracer(kill, pytest.MonkeyPatch(), statements=statements)
        life.run()
        done = True
    finally:
        os._exit(0 if done else 1)


def steps_of(life: Life) -> list[str]:
    """Run a life to its end; return its steps."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        tracer = Tracer(seen.append, patch)
        try:
            life.run()
        finally:
            event.remove(db.engine, "commit", tracer._commit)
    return seen


def books_are_equal(standin: TestStandIn) -> None:
    """Check that nothing is left between us and the gateway, and that it took and gave back once each."""
    assert books() == {}
    assert standin.books()["merchant_fen"] == 0
    paid = Counter(
        found["metadata"]["charge"] for found in standin.things("payment_intent") if found["amount_received"]
    )
    back = Counter(found["metadata"]["refund"] for found in standin.things("refund"))
    assert set(paid.values()) | set(back.values()) <= {1}, (paid, back)
    assert unfinished() == []
    assert scalar("SELECT count(*) FROM charge WHERE state IN ('preparing', 'open')") == 0
    assert row("SELECT 1 FROM journal_entry WHERE kind = 'paid_online' GROUP BY charge_id HAVING count(*) > 1") is None


def survives(shop: PrepaidShop, standin: TestStandIn, life: Life, number: int, *, statements: bool = False) -> bool:
    """Kill a life at a step and go on with it; tell whether it came to that step."""
    life.prepare()
    db.session.remove()
    killed = killed_at(number, life, statements=statements)
    with transaction():
        # A killed worker's lease ends soon; nobody waits for it here.
        execute("UPDATE outbox SET due_at = now() - interval '1 second' WHERE finished_at IS NULL")
    time_passes(1)
    life.go_on()
    work()
    books_are_equal(standin)
    return killed


@pytest.mark.parametrize("kind", LIVES, ids=lambda kind: kind.__name__)
def test_the_list_of_steps_at_which_a_process_can_be_killed_is_whole(shop, standin, kind):
    life = kind(shop, standin)
    life.prepare()
    assert steps_of(life) == list(LIVES[kind])


@pytest.mark.parametrize("kind", LIVES, ids=lambda kind: kind.__name__)
def test_a_process_that_is_killed_at_any_step_neither_charges_nor_refunds_twice(shop, standin, kind):
    for number in places(len(LIVES[kind])):
        assert survives(shop, standin, kind(shop, standin), number)
    assert not survives(shop, standin, kind(shop, standin), len(LIVES[kind]) + 1)


@in_the_drill
@pytest.mark.parametrize("kind", LIVES, ids=lambda kind: kind.__name__)
def test_a_process_that_is_killed_before_any_statement_neither_charges_nor_refunds_twice(shop, standin, kind):
    for number in count(1):
        if not survives(shop, standin, kind(shop, standin), number, statements=True):
            break
