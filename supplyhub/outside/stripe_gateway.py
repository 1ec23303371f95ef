"""Stripe as the payment gateway, by its official client: https://docs.stripe.com/api, version 2026-10-28.endive."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

import stripe
import structlog

from supplyhub.outside.errors import ForgedEventError, GatewayAwayError, GatewayBusyError, GatewayRefusedError
from supplyhub.outside.ports import BookRow, Checkout, EventSeen, RefundSeen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stripe.params.checkout import SessionCreateParams

    from supplyhub.outside.ports import CheckoutWanted, RefundWanted

log = structlog.get_logger(__name__)

CURRENCY = "cny"
# A person waits: eight seconds in all, and no second try behind their back.
CONNECT_SECONDS, ANSWER_SECONDS = 2, 6
OLDEST_EVENT_SECONDS, NEWEST_EVENT_SECONDS = 300, 60
MOST_A_PAGE = 100
KEY_IN_USE = 409
# How often a key is changed that keeps an answer of 500.
KEYS = 3
KINDS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refund.updated",
)
REFUND_STATES: dict[str, Literal["sent", "done", "failed"]] = {
    "pending": "sent",
    "requires_action": "sent",
    "succeeded": "done",
    "failed": "failed",
    "canceled": "failed",
}

PAY_ORIGIN = "https://checkout.stripe.com"
WAYS: dict[str, Literal["card", "alipay", "wechat_pay"]] = {
    "card": "card",
    "alipay": "alipay",
    "wechat_pay": "wechat_pay",
}
SEEN = ["payment_intent.latest_charge"]

# It would send this machine's particulars along, and keep an id in the user's home.
stripe.enable_telemetry = False


class StripeGateway:
    """A `PaymentGateway`. `api_base` is for a stand-in; by default it is the real one.

    `pay_origin`: where its payment pages are, by default Stripe's own, or the stand-in; nobody is sent anywhere else.
    """

    def __init__(self, secret_key: str, webhook_secret: str, *, api_base: str = "", pay_origin: str = "") -> None:
        self._webhook_secret = webhook_secret
        self._pay_origin = origin_of(pay_origin or api_base or PAY_ORIGIN)
        # A stand-in is reached directly, whatever proxy this machine has for the world outside.
        proxy = cast("Any", {"no_proxy": "*"}) if api_base else None
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else None,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS), proxy=proxy),
            max_network_retries=0,
        )

    def open_checkout(self, wanted: CheckoutWanted) -> Checkout:
        """Open a hosted page for exactly this amount in yuan, with whichever of the three ways the account offers."""
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "price_data": {
                        "currency": CURRENCY,
                        "unit_amount": wanted.amount_fen,
                        "product_data": {"name": wanted.title},
                    },
                    "quantity": 1,
                }
            ],
            "allowed_payment_method_types": ["card", "alipay", "wechat_pay"],
            "payment_method_options": {"wechat_pay": {"client": "web"}},
            # Nobody pays in another currency, by a rate of the day.
            "adaptive_pricing": {"enabled": False},
            "client_reference_id": str(wanted.charge_id),
            "metadata": {"charge": str(wanted.charge_id), "key": wanted.key},
            "payment_intent_data": {"metadata": {"charge": str(wanted.charge_id), "key": wanted.key}},
            "expires_at": int(wanted.expires_at.timestamp()),
            "success_url": wanted.back_url,
            "cancel_url": wanted.cancel_url,
            "locale": "en" if wanted.lang == "en" else "zh",
            "expand": SEEN,
        }

        def asked(key: str) -> dict[str, Any]:
            return self._client.v1.checkout.sessions.create(params, {"idempotency_key": key}).to_dict()

        return self._sent_to_pay(_checkout(_with_keys(wanted.key, asked)))

    def checkout(self, session_id: str) -> Checkout:
        """Return a page as it is now."""
        with _in_our_words():
            found = self._client.v1.checkout.sessions.retrieve(session_id, {"expand": SEEN})
        return self._sent_to_pay(_checkout(found.to_dict()))

    def expire_checkout(self, session_id: str) -> Checkout:
        """End a page, or return it as it is when it was paid or has ended."""
        try:
            with _in_our_words():
                done = self._client.v1.checkout.sessions.expire(session_id, {"expand": SEEN})
        except GatewayRefusedError:
            # It isn't open any more, or it never was there.
            return self.checkout(session_id)
        return _checkout(done.to_dict())

    def _sent_to_pay(self, found: Checkout) -> Checkout:
        """Raise GatewayRefusedError for a page that is anywhere else than the gateway's pages are."""
        if found.url and origin_of(found.url) != self._pay_origin:
            log.error("pay_page_elsewhere", session=found.id, origin=origin_of(found.url), expected=self._pay_origin)
            raise GatewayRefusedError("pay_page_elsewhere")
        return found

    def refund(self, wanted: RefundWanted) -> RefundSeen:
        """Give money back, unless this very refund is there already: a key is forgotten after a day, a refund isn't."""

        def asked(key: str) -> dict[str, Any]:
            there = self._client.v1.refunds.list({"payment_intent": wanted.payment_id, "limit": MOST_A_PAGE})
            for found in there.auto_paging_iter():
                one = found.to_dict()
                if _number(one, "refund") == wanted.refund_id:
                    return one
            return self._client.v1.refunds.create(
                {
                    "payment_intent": wanted.payment_id,
                    "amount": wanted.amount_fen,
                    "metadata": {"refund": str(wanted.refund_id), "key": wanted.key},
                },
                {"idempotency_key": key},
            ).to_dict()

        return _refund(_with_keys(wanted.key, asked))

    def refund_seen(self, gateway_id: str) -> RefundSeen:
        """Return a refund as it is now."""
        with _in_our_words():
            return _refund(self._client.v1.refunds.retrieve(gateway_id).to_dict())

    def read_event(self, body: bytes, signature: str) -> EventSeen | None:
        """Return what a message says that was signed within the last 300 seconds; None when it is of no concern."""
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret, OLDEST_EVENT_SECONDS)
            if _signed_at(signature) > time.time() + NEWEST_EVENT_SECONDS:
                raise ForgedEventError("the signature's time lies in the future")
            return _event(json.loads(body))
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as error:
            raise ForgedEventError from error

    def events_since(self, since: datetime) -> Iterator[EventSeen]:
        """Yield the events of concern from `since` on, the newest first; they are kept for thirty days."""
        with _in_our_words():
            listed = self._client.v1.events.list(
                {
                    "types": list(KINDS),
                    "created": {"gte": int(since.timestamp())},
                    "limit": MOST_A_PAGE,
                }
            )
            for found in listed.auto_paging_iter():
                seen = _event(found.to_dict())
                if seen:
                    yield seen

    def books(self, from_at: datetime, to_at: datetime) -> Iterator[BookRow]:
        """Yield payments that were received, then refunds that were done, of a span of time."""
        span = {"gte": int(from_at.timestamp()), "lt": int(to_at.timestamp())}
        with _in_our_words():
            charges = self._client.v1.charges.list({"created": cast("Any", span), "limit": MOST_A_PAGE})
            for found in charges.auto_paging_iter():
                charge = found.to_dict()
                if charge["paid"] and charge["captured"]:
                    # Our charges know the payment; what was taken without one goes by its own id.
                    row = {
                        **charge,
                        "id": charge["payment_intent"] or charge["id"],
                        "amount": charge["amount_captured"],
                    }
                    yield _book_row(row, "payment", "charge")
            refunds = self._client.v1.refunds.list({"created": cast("Any", span), "limit": MOST_A_PAGE})
            for given in refunds.auto_paging_iter():
                back = given.to_dict()
                if REFUND_STATES.get(back["status"]) == "done":
                    yield _book_row(back, "refund", "refund")


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn the client's errors into ours: whatever may be over in a while is GatewayAwayError."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        # Wrong keys are our fault, not the payment's: it goes on once they are right.
        log.warning("gateway_key_refused", request=error.request_id)
        raise GatewayAwayError("the payment gateway refuses our key") from error
    except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        reason = error.code or _type_of(error)
        log.warning("gateway_refused", reason=reason, request=error.request_id)
        raise GatewayRefusedError(reason, str(error.user_message or "")) from error
    except stripe.StripeError as error:
        # No answer, 5xx, too many calls (429), or this very key is in use at this moment (409).
        log.warning("gateway_away", kind=type(error).__name__, status=error.http_status, request=error.request_id)
        raise (GatewayBusyError if error.http_status == KEY_IN_USE else GatewayAwayError) from error


def _with_keys(key: str, asked: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Ask with a key; when it keeps an answer of 500, which it gives for ever, ask with the next."""
    keys = [key, *(f"{key}/{number}" for number in range(1, KEYS))]
    for one in keys:
        with _in_our_words():
            try:
                return asked(one)
            except stripe.APIError as error:
                if one == keys[-1] or (error.headers or {}).get("Idempotent-Replayed") != "true":
                    raise
    raise AssertionError(key)  # pragma: no cover


def _checkout(session: dict[str, Any]) -> Checkout:
    intent = session.get("payment_intent")
    received = intent["amount_received"] if isinstance(intent, dict) else 0
    paid = session["payment_status"] == "paid"
    return Checkout(
        id=session["id"],
        url=session.get("url") or "",
        state="paid" if paid else _unpaid(session, intent),
        amount_fen=session["amount_total"],
        paid_fen=received if paid else 0,
        payment_id=intent["id"] if isinstance(intent, dict) else None,
        charge_id=_number(session, "charge"),
        key=(session.get("metadata") or {}).get("key", ""),
        paid_way=_way(intent) if paid else None,
    )


def _way(intent: Any) -> Literal["card", "alipay", "wechat_pay"] | None:
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    details = charge.get("payment_method_details") if isinstance(charge, dict) else None
    return WAYS.get(details["type"]) if details else None


def _unpaid(session: dict[str, Any], intent: Any) -> Literal["open", "ended"]:
    """Return how a page stands on which no money came yet: some ways of paying take days to succeed, or not to."""
    under_way = isinstance(intent, dict) and intent["status"] == "processing"
    return "open" if session["status"] == "open" or (session["status"] == "complete" and under_way) else "ended"


def _refund(refund: dict[str, Any]) -> RefundSeen:
    return RefundSeen(
        id=refund["id"],
        state=REFUND_STATES.get(refund["status"], "sent"),
        amount_fen=refund["amount"],
        refund_id=_number(refund, "refund"),
        failure=refund.get("failure_reason") or "",
        key=(refund.get("metadata") or {}).get("key", ""),
    )


def _event(event: dict[str, Any]) -> EventSeen | None:
    if event["type"] not in KINDS:
        return None
    return EventSeen(
        id=event["id"],
        kind=event["type"],
        object_id=event["data"]["object"]["id"],
        made_at=datetime.fromtimestamp(event["created"], UTC),
    )


def _book_row(thing: dict[str, Any], kind: Literal["payment", "refund"], name: str) -> BookRow:
    return BookRow(
        id=thing["id"],
        kind=kind,
        amount_fen=thing["amount"],
        reference=(thing.get("metadata") or {}).get(name, ""),
        made_at=datetime.fromtimestamp(thing["created"], UTC),
    )


def _number(thing: dict[str, Any], name: str) -> int | None:
    """Return our id that a thing carries; None when it isn't one of ours."""
    text = (thing.get("metadata") or {}).get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _signed_at(signature: str) -> int:
    """Return the time that the signature covers: the first `t`, as the client takes it."""
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))


def _type_of(error: stripe.StripeError) -> str:
    found = error.error
    return str(getattr(found, "type", None) or "refused")
