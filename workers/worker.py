"""The process that drains the outbox when it is woken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rq import Queue, SimpleWorker

from workers.queue import QUEUE, connect

if TYPE_CHECKING:
    from flask import Flask


def run(app: Flask) -> None:
    """Work until told to stop; the job that runs is finished first.

    Jobs run in this process: the outbox, not the queue, brings back what a crash interrupted.
    """
    connection = connect(app.extensions["settings"].redis_url)
    with app.app_context():
        worker = SimpleWorker(
            [Queue(QUEUE, connection=connection)],
            connection=connection,
            worker_ttl=30,
            maintenance_interval=10,
            job_monitoring_interval=5,
            log_job_description=False,
        )
        worker.work(logging_level="WARNING")
