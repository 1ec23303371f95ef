"""The calls that the official client makes, as far as they are needed here."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import socket
import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, jsonify, request

from supplyhub.standin import checkouts, refunds
from supplyhub.standin.core import Core, broken
from supplyhub.standin.forms import nested
from supplyhub.standin.lists import expanded, page_of
from supplyhub.standin.refusals import Refusal, missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.standin.books import Thing
    from supplyhub.standin.events import Act

api = Blueprint("api", __name__, url_prefix="/v1")

LISTED = {
    "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "events": "event",
}


def core() -> Core:
    """Return the stand-in that this application serves."""
    found: Core = current_app.extensions["standin"]
    return found


@api.before_request
def _at_the_door() -> Response | None:
    if core().mishaps.faults.away:
        return hang_up()
    check_key()
    if request.method == "POST" and core().mishaps.strikes("error", request.path):
        raise broken()
    return None


@api.after_request
def _named(response: Response) -> Response:
    response.headers["Request-Id"] = f"req_{secrets.token_hex(7)}"
    return response


def check_key() -> None:
    """Raise Refusal unless the call carries the secret key, as a bearer's or as a user's name."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not hmac.compare_digest(given.encode(), core().setup.secret_key.encode()):
        shown = f"{given[:8]}***{given[-4:]}" if len(given) > 20 else "***"
        raise Refusal(f"Invalid API Key provided: {shown}", status=401)


def hang_up() -> Response:
    """Break the connection without an answer."""
    wire = request.environ.get("werkzeug.socket")
    if wire is not None:
        wire.shutdown(socket.SHUT_RDWR)
    return Response(status=503)


def done_once(work: Callable[[Act, dict[str, Any]], Thing]) -> Response:
    """Do what a call asks for, once for its idempotency key; now and then the answer is lost afterwards."""
    params = nested(request.form.items(multi=True))

    def worked(act: Act) -> Thing:
        return expanded(act.page, work(act, params), params)

    key = request.headers.get("Idempotency-Key")
    status, body, again = core().do(key, [request.path, params], worked)
    if core().mishaps.strikes("timeout_after", request.path):
        time.sleep(core().mishaps.faults.hold_seconds)
        return hang_up()
    response = jsonify(body)
    response.status_code = status
    if again:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@api.post("/checkout/sessions")
def open_session() -> Response:
    """Open a payment page."""
    public_url = core().setup.public_url or request.host_url.rstrip("/")
    return done_once(lambda act, params: checkouts.open_session(act, params, public_url=public_url))


@api.post("/checkout/sessions/<identity>/expire")
def expire(identity: str) -> Response:
    """End a payment page."""

    def ended(act: Act, _params: dict[str, Any]) -> Thing:
        checkouts.expire_due(act)
        return checkouts.expire(act, identity)

    return done_once(ended)


@api.post("/refunds")
def refund() -> Response:
    """Give money back."""
    return done_once(refunds.refund)


@api.get("/<path:path>")
def read(path: str) -> Response:
    """Return a list, or one thing of it."""
    core().end_due()
    params = nested(request.args.items(multi=True))
    with core().books.look() as page:
        if path in LISTED:
            return jsonify(page_of(page, LISTED[path], params, url=request.path))
        parent, _, identity = path.rpartition("/")
        if parent not in LISTED:
            raise Refusal(f"Unrecognized request URL (GET: {request.path}).", status=404)
        found = page.find(LISTED[parent], identity)
        if found is None:
            raise missing(LISTED[parent], identity)
        return jsonify(expanded(page, found, params))
