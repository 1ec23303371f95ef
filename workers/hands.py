"""Several hands at the events of one topic: threads, each with a connection of its own. The database does the work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from flask import current_app

from supplyhub import outbox
from supplyhub.db import db

if TYPE_CHECKING:
    from flask.ctx import AppContext

    from supplyhub.config import Settings

Drain = Callable[[str], int]


def with_all_hands(drain: Drain, topic: str) -> int:
    """Drain a topic in as many threads as the installation has `batch_workers`, if that much is due; return the sum."""
    hands = _hands_for(topic)
    if hands < 2:
        return drain(topic)
    # A context has a session, and so a connection, of its own.
    contexts = [current_app.app_context() for _ in range(hands)]
    with ThreadPoolExecutor(hands, thread_name_prefix=topic) as pool:
        return sum(pool.map(partial(_drain_in, drain, topic), contexts))


def _hands_for(topic: str) -> int:
    settings: Settings = current_app.extensions["settings"]
    try:
        return min(outbox.count_due(topic), settings.batch_workers)
    finally:
        db.session.remove()


def _drain_in(drain: Drain, topic: str, context: AppContext) -> int:
    with context:
        return drain(topic)
