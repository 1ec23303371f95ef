"""Tells the merchant what happened, by signed messages, in a thread of its own."""

from __future__ import annotations

import sqlite3
import urllib.error
import urllib.request
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from supplyhub.standin.events import Delivery, due, not_told, sign, told

if TYPE_CHECKING:
    from supplyhub.standin.core import Core

LOOK_SECONDS = 0.25
ANSWER_SECONDS = 5.0
# Straight to the merchant, whatever proxy this machine has for the world outside.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Teller:
    """The thread. What it still has to tell is in the books: another process goes on with it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._stop = Event()
        self._thread = Thread(target=self._run, name="standin-teller", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the message that is on its way."""
        self._stop.set()
        self._core.news.set()
        self._thread.join(timeout=2 * ANSWER_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._core.news.wait(LOOK_SECONDS)
            self._core.news.clear()
            # Locked books are a matter of a moment: the next look finds the same.
            with suppress(sqlite3.OperationalError):
                self.tell()

    def tell(self) -> None:
        """Tell what is due, and end the pages whose time is over."""
        self._core.end_due()
        if not self._core.setup.webhook_url or self._core.mishaps.faults.away:
            return
        with self._core.books.look() as page:
            deliveries = due(page, self._core.clock())
        for delivery in deliveries:
            if self._stop.is_set():
                return
            self._tell(delivery)

    def _tell(self, delivery: Delivery) -> None:
        listened = post(
            self._core.setup.webhook_url, delivery.body, self._core.setup.webhook_secret, int(self._core.clock())
        )
        with self._core.books.change() as page:
            if listened:
                told(page, delivery)
            else:
                not_told(page, delivery, self._core.clock())


def post(url: str, body: str, secret: str, at: int) -> bool:
    """Send a signed message; tell whether it was accepted."""
    wanted = urllib.request.Request(  # noqa: S310  (the operator's own address)
        url,
        data=body.encode(),
        headers={"Content-Type": "application/json", "Stripe-Signature": sign(body, secret, at)},
    )
    try:
        with DIRECT.open(wanted, timeout=ANSWER_SECONDS) as answer:
            return 200 <= int(answer.status) < 300
    except (OSError, urllib.error.URLError):
        return False
