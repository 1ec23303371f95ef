"""Many people who do something at once, each on a connection of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

from supplyhub.db import db

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


# However much else the machine does: who is waited for comes in this time, or something is broken.
PATIENCE_SECONDS = 120


class Crowd:
    """An application with a connection for each of its threads."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def at_once(self, tasks: list[Callable[[], Any]]) -> list[Any]:
        """Run the tasks from one starting shot; return what each returned or raised."""
        gate = Barrier(len(tasks), timeout=PATIENCE_SECONDS)

        def run(task: Callable[[], Any]) -> Any:
            with self.app.app_context():
                # Connected before the shot.
                db.session.connection()
                gate.wait()
                try:
                    return task()
                except Exception as error:  # noqa: BLE001 - an outcome of the race like any other
                    return error

        with ThreadPoolExecutor(len(tasks)) as pool:
            return list(pool.map(run, tasks))
