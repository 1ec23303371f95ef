"""What a worker does, done at once: the demo is loaded before any worker runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.db import db
from supplyhub.errors import HubError
from workers.jobs import drain as drain_topic

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_SECONDS = 0.2
WAIT_SECONDS = 60.0


class UnsettledError(HubError):
    """What should have followed from an event didn't come."""

    code = "unsettled"


def drain() -> None:
    """Give every due event its effect, and those that come from it."""
    while topics := list(outbox.due_topics()):
        db.session.rollback()
        if not sum(drain_topic(topic) for topic in topics):
            return


def drain_until(reached: Callable[[], bool]) -> None:
    """Drain until `reached`; a worker that runs beside may be the one who does it. Raises UnsettledError after a minute."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        drain()
        db.session.rollback()
        if reached():
            return
        if time.monotonic() > end:
            raise UnsettledError("the demo's cycle didn't move on; see the worker's log")
        time.sleep(LOOK_SECONDS)
