"""The worker and the scheduler about money: nobody waits for a gateway that is slow or away, and nothing is lost by it."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from rq import Queue

from supplyhub.catalog.commands import close_menu
from supplyhub.db import db, execute, scalar, transaction
from supplyhub.outside.errors import GatewayAwayError
from supplyhub.outside.stripe_gateway import StripeGateway
from supplyhub.payments.listening import look_after_refunds
from tests.factories_paying import (
    PRICE_FEN,
    PrepaidShop,
    an_unknown_event,
    books,
    everything_runs,
    order_of,
    owed,
    refunds_of,
    session_of,
    time_passes,
    unfinished,
)
from workers import jobs, schedule
from workers.queue import QUEUE, connect
from workers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60


@pytest.fixture
def shop(committed, gateway) -> PrepaidShop:
    return PrepaidShop(gateway)


def hears(monkeypatch, handler: Callable[[str], object]) -> None:
    """Let a handler hear the gateway's events."""
    monkeypatch.setitem(jobs.BEFORE, "gateway_event", handler)


def test_a_handler_that_asks_others_holds_neither_a_transaction_nor_a_connection(committed, monkeypatch):
    seen = []

    def hear(event_id: str) -> None:
        seen.append((event_id, db.engine.pool.checkedout()))
        with transaction():
            execute("SELECT 1")

    hears(monkeypatch, hear)
    an_unknown_event("evt_1", "cs_1")
    assert jobs.drain("gateway_event") == 1
    assert seen == [("evt_1", 0)]
    assert unfinished() == []


def test_the_gateway_is_never_asked_while_a_connection_is_kept(committed, shop, standin, monkeypatch):
    asked = []

    def watched(name: str) -> Callable[..., object]:
        ask = getattr(StripeGateway, name)

        def asking(*args: object) -> object:
            asked.append((name, db.engine.pool.checkedout()))
            return ask(*args)

        return asking

    calls = ("open_checkout", "checkout", "expire_checkout", "refund", "refund_seen", "events_since")
    for name in calls:
        monkeypatch.setattr(StripeGateway, name, watched(name))
    standin.set_faults(refund_pending=1)
    order = shop.order(2)
    shop.pay(order)
    shop.order(3)
    standin.pay(session_of(shop.pay(order).charge_id))
    everything_runs(shop.gateway)
    shop.cancel(order)
    everything_runs(shop.gateway)
    with transaction():
        execute("UPDATE refund SET made_at = made_at - interval '1 hour'")
    look_after_refunds(shop.gateway)
    assert {name for name, _ in asked} == set(calls)
    assert {kept for _, kept in asked} == {0}


def test_an_event_is_leased_for_longer_than_the_gateway_may_take(committed, monkeypatch):
    leases = []

    def hear(event_id: str) -> None:
        leases.append(scalar("SELECT extract(epoch FROM due_at - clock_timestamp()) FROM outbox"))
        db.session.remove()

    hears(monkeypatch, hear)
    an_unknown_event("evt_1", "cs_1")
    jobs.drain("gateway_event")
    assert 50 < leases[0] <= 60


def test_while_the_gateway_is_away_it_is_asked_once_and_all_that_waits_for_it_waits(committed, monkeypatch):
    asked = []

    def hear(event_id: str) -> None:
        asked.append(event_id)
        raise GatewayAwayError

    hears(monkeypatch, hear)
    for number in range(5):
        an_unknown_event(f"evt_{number}", "cs_1")
    assert jobs.drain("gateway_event") == 0
    assert asked == ["evt_0"]
    assert len(unfinished()) == 5
    assert scalar("SELECT min(due_at - created_at) > interval '0.9 s' FROM outbox")


def test_where_the_keys_were_taken_out_what_waits_for_the_gateway_waits(committed):
    an_unknown_event("evt_1", "cs_1")
    assert jobs.drain("gateway_event") == 0
    assert "no keys" in scalar("SELECT last_error FROM outbox")


def test_events_that_keep_coming_leave_other_topics_their_turn(committed, monkeypatch):
    hears(monkeypatch, lambda **_: None)
    monkeypatch.setattr(jobs, "ASKING_SECONDS", 0.0)
    for number in range(3):
        an_unknown_event(f"evt_{number}", "cs_1")
    assert [jobs.drain("gateway_event") for _ in range(4)] == [1, 1, 1, 0]


def test_the_gateway_is_away_for_an_hour_and_everything_catches_up(shop, standin):
    neighbour = shop.neighbour()
    late, back = shop.order(2), shop.order(1, home=neighbour)
    page = session_of(shop.pay(late).charge_id)
    standin.pay(session_of(shop.pay(back, home=neighbour).charge_id))
    everything_runs(shop.gateway)
    standin.set_faults(away=True)
    shop.cancel(back, home=neighbour)
    standin.play(page, "pay")
    everything_runs(shop.gateway)
    assert refunds_of(back) == [("online", "due", PRICE_FEN, "cancelled")]
    time_passes(60)
    everything_runs(shop.gateway)
    assert order_of(late).state == "cancelled"
    # Ordering goes on meanwhile.
    another = shop.order(3, home=shop.neighbour())
    assert order_of(another).state == "placed"
    standin.set_faults()
    time_passes(1)
    everything_runs(shop.gateway)
    assert (order_of(late).state, order_of(late).units, owed(late)) == ("placed", 2, 0)
    assert refunds_of(back) == [("online", "done", PRICE_FEN, "cancelled")]
    assert (books()["gateway"], standin.books()["merchant_fen"]) == (2 * PRICE_FEN, 2 * PRICE_FEN)


@pytest.fixture
def all_jobs(app, redis_url) -> dict[str, schedule.Periodic]:
    """Return the scheduler's jobs by name."""
    with connect(redis_url) as connection:
        yield {job.name: job for job in schedule.periodic_jobs(Relay(Queue(QUEUE, connection=connection)))}


def test_the_schedulers_jobs_close_a_menu_when_its_holds_are_paid_or_over(shop, standin, all_jobs):
    paying, silent = shop.order(1), shop.order(2, home=shop.neighbour())
    close_menu(shop.lead, shop.menu_id)
    standin.pay(session_of(shop.pay(paying).charge_id))

    def tick() -> str:
        for name in ("poll_events", "close_due_menus", "end_checkouts", "lapse_holds", "finish_charges"):
            all_jobs[name].run()
        for topic in ("gateway_event", "settle"):
            jobs.drain(topic)
        return str(scalar("SELECT state FROM menu"))

    assert [tick(), tick()] == ["published", "published"]
    time_passes(15)
    assert [tick(), tick()] == ["published", "closed"]
    assert [order_of(order).state for order in (paying, silent)] == ["placed", "cancelled"]
    assert jobs.drain("cut_off") == 1
    assert scalar("SELECT number FROM order_number") is not None


def test_the_scheduler_gives_back_what_was_paid_for_orders_that_were_cancelled(shop, standin, all_jobs):
    order = shop.order(2)
    standin.pay(session_of(shop.pay(order).charge_id))
    everything_runs(shop.gateway)
    shop.cancel(order)
    assert all_jobs["settle_cancelled_orders"].run() == 1
    assert all_jobs["settle_cancelled_orders"].run() == 0
    assert jobs.drain("refund") == 1
    assert refunds_of(order) == [("online", "done", 2 * PRICE_FEN, "cancelled")]


def runs_until(app: Any, monkeypatch: Any, wanted: list[schedule.Periodic], done: Event, *, before: Event) -> bool:
    """Run the scheduler with these jobs until `done`, then set `before` and let it end; tell whether it came to that."""
    monkeypatch.setattr(schedule, "periodic_jobs", lambda _relay: wanted)
    monkeypatch.setattr(schedule, "TICK_SECONDS", 0.01)
    stop = Event()
    runner = Thread(target=schedule.run, args=(app, stop))
    runner.start()
    came = done.wait(SECONDS)
    stop.set()
    before.set()
    runner.join(SECONDS)
    return came and not runner.is_alive()


def test_a_job_that_waits_for_the_gateway_keeps_no_other_waiting(committed, monkeypatch):
    release, ticked, ticks = Event(), Event(), []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) > 5:
            ticked.set()

    wanted = [
        schedule.Periodic("slow", 0.01, lambda: release.wait(SECONDS), asks=True),
        schedule.Periodic("quick", 0.01, tick),
    ]
    assert runs_until(committed, monkeypatch, wanted, ticked, before=release)


def test_a_job_that_asks_and_breaks_is_run_again(committed, monkeypatch):
    again, tries = Event(), []

    def break_once() -> None:
        tries.append(1)
        if len(tries) > 1:
            again.set()
        raise RuntimeError("broken") if len(tries) == 1 else GatewayAwayError

    assert runs_until(
        committed, monkeypatch, [schedule.Periodic("breaks", 0.01, break_once, asks=True)], again, before=Event()
    )


def test_every_topic_has_one_handler(app):
    topics = [*jobs.HANDLERS, *jobs.LONG_HANDLERS, *jobs.ASKING_HANDLERS]
    assert len(topics) == len(set(topics))
    assert {"settle", "refund", "gateway_event"} <= set(topics)
