"""From the outbox to the queue: wakes a worker for every topic that has something due."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from supplyhub import outbox
from supplyhub.db import db
from workers.queue import wake

if TYPE_CHECKING:
    from rq import Queue

log = structlog.get_logger(__name__)

WAKE_AGAIN_SECONDS = 5.0


@dataclass
class Relay:
    """Remembers what it woke, so that a busy topic isn't woken again every time it is looked at.

    With the queue server down nothing is lost: the outbox keeps what is due, and the next look tries again.
    """

    queue: Queue
    woken: dict[str, tuple[int, float]] = field(default_factory=dict)

    def look(self) -> int:
        """Wake a worker for each topic with new or long-waiting events; return how many topics."""
        try:
            due = outbox.due_topics()
        finally:
            db.session.remove()
        return sum(self._wake(topic, newest) for topic, newest in due.items())

    def _wake(self, topic: str, newest: int) -> bool:
        seen, at = self.woken.get(topic, (0, 0.0))
        now = time.monotonic()
        if newest <= seen and now - at < WAKE_AGAIN_SECONDS:
            return False
        try:
            wake(self.queue, topic)
        except RedisError as error:
            log.warning("queue_away", topic=topic, kind=type(error).__name__)
            return False
        self.woken[topic] = (newest, now)
        return True
