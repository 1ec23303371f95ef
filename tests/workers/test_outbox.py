"""Events come up from the outbox at least once and have their effect once, whatever dies on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import psycopg
import pytest
import redis
from rq import Queue
from sqlalchemy.exc import DBAPIError

from supplyhub import outbox
from supplyhub.db import execute, scalar, transaction
from supplyhub.errors import BusyError, ConflictError
from tests.processes import wait_for
from workers import jobs
from workers.queue import QUEUE
from workers.relay import Relay
from workers.schedule import only_one

pytestmark = pytest.mark.usefixtures("committed")


@dataclass(frozen=True, slots=True)
class Rung:
    """A bell was rung."""

    topic: ClassVar[str] = "bell"
    bell_id: int


def ring(*bells: int) -> None:
    with transaction():
        for bell in bells:
            outbox.record(Rung(bell))


def claim_one() -> outbox.Claim:
    with transaction():
        return outbox.claim("bell")[0]


def lapse_leases() -> None:
    with transaction():
        execute("UPDATE outbox SET due_at = clock_timestamp() - interval '1 s' WHERE finished_at IS NULL")


@pytest.fixture
def heard(monkeypatch):
    bells: list[int] = []
    monkeypatch.setitem(jobs.HANDLERS, "bell", _hear(bells))
    return bells


def _hear(bells):
    def handle(bell_id):
        bells.append(bell_id)

    return handle


def test_a_drain_handles_every_due_event_once_and_in_order(heard):
    ring(1, 2, 3)
    assert jobs.drain("bell") == 3
    assert jobs.drain("bell") == 0
    assert heard == [1, 2, 3]


def test_an_event_of_a_transaction_that_rolled_back_never_was(heard):
    with pytest.raises(RuntimeError, match="after"):
        _record_and_fail()
    assert jobs.drain("bell") == 0


def _record_and_fail() -> None:
    with transaction():
        outbox.record(Rung(1))
        raise RuntimeError("after the event was recorded")


def test_a_leased_event_is_left_to_its_drain_until_the_lease_lapses(heard):
    ring(1)
    claim_one()
    assert jobs.drain("bell") == 0
    lapse_leases()
    assert jobs.drain("bell") == 1


def test_an_event_whose_effect_takes_longer_than_its_lease_is_not_done_beside_it(monkeypatch, app):
    seen = []

    def take_long(bell_id):
        with ThreadPoolExecutor(1) as other:
            seen.append(other.submit(_claim_elsewhere, app).result())

    monkeypatch.setitem(jobs.HANDLERS, "bell", take_long)
    monkeypatch.setattr(outbox, "LEASE_SECONDS", 0)
    ring(1)
    assert jobs.drain("bell") == 1
    assert seen == [[]]


def _claim_elsewhere(app) -> list[outbox.Claim]:
    with app.app_context(), transaction():
        return outbox.claim("bell")


def test_a_drain_whose_lease_was_taken_over_has_no_effect():
    ring(1)
    slow = claim_one()
    lapse_leases()
    quick = claim_one()
    with transaction():
        outbox.finish(quick)
    with pytest.raises(ConflictError), transaction():
        outbox.finish(slow)


def test_a_drain_waits_for_who_only_looks_its_event_over(admin_url):
    """A claim that comes a moment late has the row locked until it finds that another took it."""
    ring(1)
    claimed = claim_one()
    with psycopg.connect(admin_url) as late:
        late.execute("SELECT FROM outbox FOR UPDATE")
        with pytest.raises(BusyError):
            hold_without_patience(claimed)
    with transaction():
        outbox.hold(claimed)


def test_a_drain_whose_lease_was_taken_over_does_not_wait_for_the_effect(admin_url):
    ring(1)
    slow = claim_one()
    lapse_leases()
    claim_one()
    with psycopg.connect(admin_url) as quick:
        quick.execute("SELECT FROM outbox FOR UPDATE")
        with pytest.raises(ConflictError):
            hold_without_patience(slow)


def hold_without_patience(claimed: outbox.Claim) -> None:
    with transaction():
        execute("SET LOCAL lock_timeout = '100ms'")
        outbox.hold(claimed)


def test_a_handler_that_fails_puts_the_event_back_with_its_error(monkeypatch):
    def fail(bell_id):
        raise ValueError(f"bell {bell_id} is cracked")

    monkeypatch.setitem(jobs.HANDLERS, "bell", fail)
    ring(7)
    assert jobs.drain("bell") == 0
    # What an error of others says may be what it was given.
    assert scalar("SELECT last_error FROM outbox").startswith("ValueError in test_outbox.py:")
    assert scalar("SELECT finished_at IS NULL AND due_at > created_at + interval '1.9 s' FROM outbox")


def test_the_effect_and_the_end_of_an_event_are_one_transaction(monkeypatch):
    def count_and_die(bell_id):
        execute("INSERT INTO outbox (topic, payload) VALUES ('effect', '{}')")
        monkeypatch.setattr(outbox, "finish", _die)

    monkeypatch.setitem(jobs.HANDLERS, "bell", count_and_die)
    ring(1)
    jobs.drain("bell")
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'effect'") == 0


def _die(_claim: object) -> None:
    raise RuntimeError("killed between effect and end")


def test_the_relay_wakes_a_topic_once_until_something_new_is_due(redis_url):
    with redis.Redis.from_url(redis_url) as connection:
        queue = Queue(QUEUE, connection=connection)
        relay = Relay(queue)
        ring(1)
        assert (relay.look(), relay.look()) == (1, 0)
        ring(2)
        assert relay.look() == 1
        assert queue.count == 2


def test_with_the_queue_server_down_events_wait_and_come_back(heard):
    with redis.Redis(port=1, socket_connect_timeout=0.1) as nobody:
        relay = Relay(Queue(QUEUE, connection=nobody))
        ring(1)
        assert relay.look() == 0
    assert jobs.drain("bell") == 1


def test_a_flushed_queue_is_woken_again(redis_url, monkeypatch):
    monkeypatch.setattr("workers.relay.WAKE_AGAIN_SECONDS", 0.0)
    with redis.Redis.from_url(redis_url) as connection:
        queue = Queue(QUEUE, connection=connection)
        relay = Relay(queue)
        ring(1)
        relay.look()
        connection.flushdb()
        assert relay.look() == 1
        assert queue.count == 1


def test_only_one_scheduler_runs_at_a_time(settings):
    with only_one(settings.database_url) as first, only_one(settings.database_url) as second:
        assert (first(), second()) == (True, False)
    # A lock is gone a moment after its connection.
    wait_for(lambda: is_chosen(settings.database_url))


def is_chosen(url: str) -> bool:
    with only_one(url) as chosen:
        return chosen()


def test_a_scheduler_whose_lock_was_lost_learns_it_before_it_does_anything_more(settings, admin_url):
    with suppress(DBAPIError), only_one(settings.database_url) as chosen:
        assert chosen()
        end_the_holder_of_the_lock(admin_url)
        with pytest.raises(DBAPIError):
            chosen()


def end_the_holder_of_the_lock(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND objid = hashtext('supplyhub.schedule')::bigint & 4294967295"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
