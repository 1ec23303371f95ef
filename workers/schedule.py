"""What the clock starts: one list of periodic jobs, run by exactly one scheduler."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from rq import Queue
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from supplyhub.catalog.commands import close_due_menus
from supplyhub.db import db
from supplyhub.errors import HubError
from supplyhub.reports.printing import remove_old_prints
from workers.queue import QUEUE, connect
from workers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from flask import Flask

log = structlog.get_logger(__name__)

TICK_SECONDS = 0.25
STAND_BY_SECONDS = 5.0


@dataclass
class Periodic:
    """A job and how often it runs."""

    name: str
    every_seconds: float
    run: Callable[[], object]
    due: float = 0.0


def periodic_jobs(relay: Relay) -> list[Periodic]:
    """Return everything that the clock starts."""
    return [
        Periodic("relay", TICK_SECONDS, relay.look),
        Periodic("close_due_menus", 1.0, close_due_menus),
        Periodic("remove_old_prints", 600.0, remove_old_prints),
    ]


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
    while not stop.wait(TICK_SECONDS) and still_chosen():
        now = time.monotonic()
        for job in (job for job in jobs if job.due <= now):
            job.due = now + job.every_seconds
            _run_one(app, job)


def _run_one(app: Flask, job: Periodic) -> None:
    with app.app_context():
        try:
            job.run()
        except HubError as error:
            log.warning("job_refused", job=job.name, code=error.code)
        finally:
            db.session.remove()
