"""The connection to the queue server. It only wakes workers; what is to be done stands in the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis import Redis

if TYPE_CHECKING:
    from rq import Queue

QUEUE = "supplyhub"
# A wake-up that nobody heard for a minute is worth nothing: the relay sends the next one.
WAKE_UP_TTL_SECONDS = 60
JOB_TIMEOUT_SECONDS = 600


def connect(url: str) -> Redis:
    """Return a connection that fails fast when the server is away."""
    return Redis.from_url(url, socket_connect_timeout=1, health_check_interval=15)


def wake(queue: Queue, topic: str) -> None:
    """Ask a worker to drain a topic."""
    queue.enqueue(
        "workers.jobs.wake_up",
        topic,
        ttl=WAKE_UP_TTL_SECONDS,
        result_ttl=0,
        failure_ttl=3600,
        job_timeout=JOB_TIMEOUT_SECONDS,
    )
