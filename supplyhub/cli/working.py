"""`supplyhub worker` and `schedule`: the long-running processes without pages, which they don't carry."""

from __future__ import annotations

import logging
import signal
from threading import Event, Thread

import click

from supplyhub import logs
from supplyhub.core import create_core
from workers import schedule as scheduler
from workers import worker as queue_worker


@click.command()
def worker() -> None:
    """Do what the queue wakes up, until told to stop; the job that runs is finished first."""
    logs.configure(logging.INFO)
    queue_worker.run(create_core())


@click.command()
def schedule() -> None:
    """Relay events to the queue and run what is due, until told to stop.

    One of these works; a further one stands by.
    """
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Through a thread: the handler may interrupt the very wait whose lock `set` needs.
        signal.signal(number, lambda _number, _frame: Thread(target=stop.set).start())
    logs.configure(logging.INFO)
    scheduler.run(create_core(), stop)
