"""What the clock starts: one list of periodic jobs, run by exactly one scheduler."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from rq import Queue
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from supplyhub.catalog.commands import close_due_menus
from supplyhub.db import db
from supplyhub.delivery.following import follow_up
from supplyhub.errors import HubError
from supplyhub.help.overdue import forget_ended, sweep_overdue
from supplyhub.notifications.mailing import Mails, tell_due_checks
from supplyhub.payments.commands.refunding import settle_cancelled_orders
from supplyhub.payments.holds import end_checkouts_of_ended_holds, lapse_holds
from supplyhub.payments.listening import look_after_refunds, poll_events
from supplyhub.payments.paying import finish_charges
from supplyhub.privacy.retention import forget_what_is_old
from supplyhub.reports.daily import make_due_reports
from supplyhub.reports.exporting import remove_old_exports
from supplyhub.reports.printing import remove_old_prints
from supplyhub.residents.care_ending import look_after_care, mark_unmarked
from supplyhub.residents.register_jobs import forget_jobs
from workers.queue import QUEUE, connect
from workers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from threading import Event

    from flask import Flask

    from supplyhub.outside.ports import PaymentGateway

log = structlog.get_logger(__name__)

TICK_SECONDS = 0.25
STAND_BY_SECONDS = 5.0


@dataclass
class Periodic:
    """A job and how often it runs. One that asks others, who may be slow to answer, keeps no other waiting."""

    name: str
    every_seconds: float
    run: Callable[[], object]
    asks: bool = False
    due: float = 0.0


def periodic_jobs(relay: Relay) -> list[Periodic]:
    """Return everything that the clock starts."""
    return [
        Periodic("relay", TICK_SECONDS, relay.look),
        Periodic("close_due_menus", 1.0, close_due_menus),
        Periodic("lapse_holds", 2.0, lapse_holds),
        Periodic("settle_cancelled_orders", 10.0, settle_cancelled_orders),
        Periodic("follow_up", 60.0, follow_up),
        Periodic("sweep_overdue", 30.0, sweep_overdue),
        Periodic("forget_ended", 3600.0, forget_ended),
        Periodic("look_after_care", 60.0, look_after_care),
        Periodic("mark_unmarked", 60.0, lambda: mark_unmarked(current_app.extensions["vault"])),
        Periodic("make_due_reports", 30.0, make_due_reports),
        Periodic("remove_old_prints", 600.0, remove_old_prints),
        Periodic("remove_old_exports", 600.0, remove_old_exports),
        Periodic("write_mails", 60.0, Mails().look),
        Periodic("tell_checks_due", 60.0, tell_due_checks),
        Periodic("forget_register_jobs", 600.0, forget_jobs),
        Periodic("forget_what_is_old", 3600.0, forget_what_is_old),
        Periodic("end_checkouts", 2.0, lambda: end_checkouts_of_ended_holds(_gateway()), asks=True),
        Periodic("finish_charges", 10.0, lambda: finish_charges(_gateway()), asks=True),
        Periodic("poll_events", 20.0, lambda: poll_events(_gateway()), asks=True),
        Periodic("look_after_refunds", 600.0, lambda: look_after_refunds(_gateway()), asks=True),
    ]


def _gateway() -> PaymentGateway | None:
    found: PaymentGateway | None = current_app.extensions["gateway"]
    return found


def run(app: Flask, stop: Event) -> None:
    """Run the periodic jobs until `stop` is set. A second scheduler stands by until the first is gone."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    while not stop.is_set():
        try:
            with only_one(url) as still_chosen:
                if still_chosen():
                    _run_jobs(app, stop, still_chosen)
                else:
                    stop.wait(STAND_BY_SECONDS)
        except DBAPIError as error:
            log.warning("database_away", kind=type(error.orig).__name__)
            stop.wait(1)


@contextmanager
def only_one(url: str) -> Iterator[Callable[[], bool]]:
    """Try for the scheduler's advisory lock, on a connection of its own; yields a question: do I hold it?

    The lock lives as long as the connection. Asking goes over that connection, so that a scheduler whose connection
    was ended by the server learns it (DBAPIError) before it does anything more.
    """
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        chosen = bool(connection.scalar(text("SELECT pg_try_advisory_lock(hashtext('supplyhub.schedule'))")))
        yield lambda: chosen and connection.scalar(text("SELECT true")) is True


def _run_jobs(app: Flask, stop: Event, still_chosen: Callable[[], bool]) -> None:
    jobs = periodic_jobs(Relay(Queue(QUEUE, connection=connect(app.extensions["settings"].redis_url))))
    aside = ThreadPoolExecutor(1, thread_name_prefix="asks")
    asking: dict[str, Future[None]] = {}
    try:
        while not stop.wait(TICK_SECONDS) and still_chosen():
            now = time.monotonic()
            for job in (job for job in jobs if job.due <= now):
                job.due = now + job.every_seconds
                if not job.asks:
                    _run_one(app, job)
                elif job.name not in asking or asking[job.name].done():
                    asking[job.name] = aside.submit(_ask_one, app, job)
    finally:
        aside.shutdown(wait=True, cancel_futures=True)


def _ask_one(app: Flask, job: Periodic) -> None:
    """Run a job that asks others. Whatever goes wrong, the next time tries again."""
    try:
        _run_one(app, job)
    except Exception:
        log.exception("job_failed", job=job.name)


def _run_one(app: Flask, job: Periodic) -> None:
    with app.app_context():
        try:
            job.run()
        except HubError as error:
            log.warning("job_refused", job=job.name, code=error.code)
        finally:
            db.session.remove()
