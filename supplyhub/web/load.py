"""Shedding load: who would wait too long is told at once when to come again, while the others are served."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import request

from supplyhub.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask

# Of the server's threads (`cli/serve.py`) some stay free to turn others away. What runs at once is done within a
# second as long as a process answers as many requests a second.
MOST_RUNNING = 64


class Doorman:
    """Counts the requests that run in this process; a WSGI application around the application."""

    def __init__(self, application: Callable[..., Iterable[bytes]], most: int) -> None:
        self._application = application
        self._lock = Lock()
        self._running = 0
        self.most = most

    @property
    def full(self) -> bool:
        """Tell whether more run than shall, the asking one among them."""
        return self._running > self.most

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Run a request."""
        with self._lock:
            self._running += 1
        try:
            return self._application(environ, start_response)
        finally:
            with self._lock:
                self._running -= 1


def init_app(app: Flask) -> None:
    """Count what runs, and turn away what is too much before anything else is done for it."""
    doorman = Doorman(app.wsgi_app, MOST_RUNNING)
    app.wsgi_app = doorman  # type: ignore[method-assign]
    app.extensions["doorman"] = doorman

    @app.before_request
    def turn_away() -> None:
        if doorman.full and request.endpoint != "static":
            raise busy()


def busy() -> BusyError:
    """Return the refusal of somebody who shall come again in a moment."""
    return BusyError("Very many people are here at the moment; nothing was lost", retry_after_seconds=1)
