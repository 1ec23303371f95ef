"""A stand-in for the payment gateway in the tests' own process: over real HTTP, with books and a clock of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from supplyhub.outside.stripe_gateway import StripeGateway
from supplyhub.standin.core import Core, Setup
from supplyhub.standin.events import as_told, sign
from supplyhub.standin.remote import StandIn
from supplyhub.standin.server import Server

if TYPE_CHECKING:
    from pathlib import Path

SECRET_KEY, WEBHOOK_SECRET = "sk_test_standin_of_the_tests", "whsec_of_the_tests"


class Clock:
    """The time, which can be moved; `still` stands where it is."""

    def __init__(self, *, still: bool = False) -> None:
        self.ahead = 0.0
        self._stands_at = time.time() if still else None

    def __call__(self) -> float:
        return (self._stands_at or time.time()) + self.ahead


class TestStandIn(StandIn):
    """A running stand-in. Its messages aren't sent unless `webhook_url` is given: tests carry them by hand."""

    __test__ = False

    def __init__(self, home: Path, *, webhook_url: str = "") -> None:
        self.clock = Clock()
        setup = Setup(home, SECRET_KEY, WEBHOOK_SECRET, webhook_url=webhook_url, durable=False)
        self.core = Core(setup, clock=self.clock)
        self._server: Server | None = Server(self.core, host="127.0.0.1", port=0)
        self._server.start()
        super().__init__(f"http://127.0.0.1:{self._server.port}", SECRET_KEY)

    def gateway(self, *, secret_key: str = SECRET_KEY) -> StripeGateway:
        """Return the real implementation, talking to this."""
        return StripeGateway(secret_key, WEBHOOK_SECRET, api_base=self.url)

    def events(self) -> list[dict[str, Any]]:
        """Return all that happened, in its order."""
        with self.core.books.look() as page:
            return page.where("object = 'event' ORDER BY seq")

    def messages(self, *kinds: str) -> list[tuple[bytes, str]]:
        """Return the messages of what happened, in its order, signed now: body and signature; of some kinds or of all."""
        chosen = [event for event in self.events() if event["type"] in (kinds or self.core.setup.told)]
        return [self.message(event) for event in chosen]

    def message(
        self, event: dict[str, Any], *, at: float | None = None, secret: str = WEBHOOK_SECRET
    ) -> tuple[bytes, str]:
        """Return an event as it is sent, with its signature, made at a time and with a secret."""
        body = as_told(event)
        return body.encode(), sign(body, secret, int(time.time() if at is None else at))

    def things(self, kind: str) -> list[dict[str, Any]]:
        """Return its things of a kind (checkout.session, payment_intent, charge, refund), in the order they came."""
        with self.core.books.look() as page:
            return page.where("object = ? ORDER BY seq", kind)

    def stop(self) -> None:
        """End; a test that wants the gateway away calls this, or `set_faults(away=True)`."""
        if self._server:
            self._server.stop()
            self._server = None
