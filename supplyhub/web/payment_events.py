"""Where the payment gateway says what happened. Signed by it, so no session and no form's token; nothing of it is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, request

from supplyhub.errors import NotFoundError
from supplyhub.payments.commands.observing import receive_events
from supplyhub.payments.states import CameBy
from supplyhub.web.audience import PUBLIC, audience
from supplyhub.web.pages import csrf

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.outside.ports import PaymentGateway

LARGEST_EVENT_BYTES = 256 * 1024

events = Blueprint("payment_events", __name__)


def init_app(app: Flask) -> None:
    """Register the route."""
    csrf.exempt(receive)
    app.register_blueprint(events)


@events.route("/payments/events", methods=["POST"])
@audience(PUBLIC)
def receive() -> tuple[str, int]:
    """Keep an event for the worker. Whatever isn't answered with 200 the gateway sends again.

    400 for what it didn't sign just now, 404 where no payments are taken online, 503 while the database is busy.
    """
    gateway: PaymentGateway | None = current_app.extensions["gateway"]
    if gateway is None:
        raise NotFoundError("this installation takes no payments online")
    request.max_content_length = LARGEST_EVENT_BYTES
    event = gateway.read_event(request.get_data(cache=False), request.headers.get("Stripe-Signature", ""))
    if event is not None:
        receive_events([event], CameBy.WEBHOOK)
    return "", 200
