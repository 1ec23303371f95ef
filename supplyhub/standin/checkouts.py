"""Hosted payment pages: opened by the merchant, paid or not by somebody, ended by either or by time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.standin.books import Thing, fresh
from supplyhub.standin.events import announce
from supplyhub.standin.forms import needed, number, only, texts
from supplyhub.standin.refusals import Refusal, missing, wrong

if TYPE_CHECKING:
    from supplyhub.standin.books import Page
    from supplyhub.standin.events import Act

METHODS = ("card", "alipay", "wechat_pay")
KNOWN = frozenset({
    "adaptive_pricing", "allowed_payment_method_types", "cancel_url", "client_reference_id", "expand", "expires_at",
    "line_items", "locale", "metadata", "mode", "payment_intent_data", "payment_method_options", "submit_type",
    "success_url", "ui_mode",
})  # fmt: skip
OVER = "json_extract(body, '$.status') = 'open' AND json_extract(body, '$.expires_at') <= ?"
# About half a US dollar, or 4 Hong Kong dollars; the original's changes with the rates.
LEAST_FEN = 400
SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 3600


def open_session(act: Act, params: dict[str, Any], *, public_url: str) -> Thing:
    """Open a payment page. Raises Refusal for what the original would refuse."""
    only(params, KNOWN)
    if params.get("mode") != "payment":
        raise wrong("Only mode=payment is played here", "mode")
    item = _the_item(params)
    identity = fresh("cs_test")
    return act.page.add(
        {
            "id": identity,
            "object": "checkout.session",
            "amount_subtotal": item["amount"],
            "amount_total": item["amount"],
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "created": act.second,
            "currency": item["currency"],
            "description": item["name"],
            "expires_at": _end(act, params),
            "intent_metadata": texts(params.get("payment_intent_data") or {}, "metadata"),
            "livemode": False,
            "locale": params.get("locale"),
            "metadata": texts(params, "metadata"),
            "mode": "payment",
            "payment_intent": None,
            "payment_method_types": _methods(params),
            "payment_status": "unpaid",
            "status": "open",
            "success_url": needed(params, "success_url"),
            "ui_mode": "hosted_page",
            "url": f"{public_url}/checkout/{identity}",
        }
    )


def _the_item(params: dict[str, Any]) -> dict[str, Any]:
    items = needed(params, "line_items")
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
        raise wrong("Exactly one line item is played here", "line_items")
    price = needed(items[0], "price_data", "line_items[0][price_data]")
    product = needed(price, "product_data", "line_items[0][price_data][product_data]")
    where = "line_items[0][price_data][unit_amount]"
    amount = number(price, "unit_amount", full=where) * number(items[0], "quantity", 1, full="line_items[0][quantity]")
    if not 0 < amount < 100_000_000:
        raise wrong("The amount must be positive and have at most 8 digits", where, "parameter_invalid_integer")
    currency = needed(price, "currency", "line_items[0][price_data][currency]")
    if currency == "cny" and amount < LEAST_FEN:
        least = f"¥{LEAST_FEN / 100:.2f} cny"
        message = f"The Checkout Session's total amount due must add up to at least {least}"
        raise wrong(message, where, "amount_too_small")
    return {
        "amount": amount,
        "currency": currency,
        "name": needed(product, "name", "line_items[0][price_data][product_data][name]"),
    }


def _end(act: Act, params: dict[str, Any]) -> int:
    end = number(params, "expires_at", act.second + LONGEST_SECONDS)
    if end < act.second + SHORTEST_SECONDS:
        raise wrong(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at"
        )
    if end > act.second + LONGEST_SECONDS:
        raise wrong(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at"
        )
    return end


def _methods(params: dict[str, Any]) -> list[str]:
    allowed = params.get("allowed_payment_method_types") or list(METHODS)
    options = params.get("payment_method_options") or {}
    if "wechat_pay" in allowed and (options.get("wechat_pay") or {}).get("client") not in {"web", "ios", "android"}:
        name = "payment_method_options[wechat_pay][client]"
        raise wrong(f"Missing required param: {name}.", name, "parameter_missing")
    offered = [method for method in METHODS if method in allowed]
    if not offered:
        raise wrong("No valid payment method types for this Checkout Session.", "allowed_payment_method_types")
    return offered


def session(act: Act, identity: str) -> Thing:
    """Return a payment page. Raises Refusal when there is none."""
    found = act.page.find("checkout.session", identity)
    if found is None:
        raise missing("checkout.session", identity)
    return found


def expire(act: Act, identity: str) -> Thing:
    """End a page that is open. Raises Refusal, as the original does, for one that was paid or has ended."""
    found = session(act, identity)
    if found["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{found['status']}`.",
            kept=True,
        )
    return _end_now(act, found)


def any_due(page: Page, now: float) -> bool:
    """Tell whether the time of a page is over that is still open."""
    return page.sql(f"SELECT 1 FROM thing WHERE {OVER} LIMIT 1", (int(now),)).fetchone() is not None


def expire_due(act: Act) -> None:
    """End the pages whose time is over."""
    for found in act.page.where(OVER, act.second):
        _end_now(act, found)


def _end_now(act: Act, found: Thing) -> Thing:
    ended = act.page.save(found | {"status": "expired", "url": None})
    announce(act, "checkout.session.expired", ended)
    return ended


def pay(act: Act, identity: str, *, method: str, delayed: bool = False) -> Thing:
    """Pay on a page; `delayed`, as by a bank's transfer: the page is done with, the money is not there yet.

    Raises Refusal when the page isn't open, or doesn't offer the method.
    """
    found = _payable(act, identity, method)
    intent = _intent(act, found, method, "processing" if delayed else "succeeded")
    if not delayed:
        _receive(act, intent)
    paid = act.page.save(
        found
        | {
            "payment_intent": intent["id"],
            "payment_status": "unpaid" if delayed else "paid",
            "status": "complete",
            "url": None,
        }
    )
    announce(act, "checkout.session.completed", paid)
    return paid


def decline(act: Act, identity: str, *, method: str) -> Thing:
    """Let a payment fail; the page stays open. Raises Refusal as `pay` does."""
    found = _payable(act, identity, method)
    intent = _intent(act, found, method, "requires_payment_method")
    announce(act, "payment_intent.payment_failed", intent)
    return act.page.save(found | {"payment_intent": intent["id"]})


def settle(act: Act, identity: str, *, arrived: bool) -> Thing:
    """Say how a delayed payment ended. Raises Refusal when none is on its way."""
    found = session(act, identity)
    intent = act.page.find("payment_intent", found["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        raise wrong("No payment is on its way", "id")
    if not arrived:
        act.page.save(intent | {"status": "requires_payment_method"})
        announce(act, "checkout.session.async_payment_failed", found)
        return found
    _receive(act, intent)
    paid = act.page.save(found | {"payment_status": "paid"})
    announce(act, "checkout.session.async_payment_succeeded", paid)
    return paid


def _payable(act: Act, identity: str, method: str) -> Thing:
    expire_due(act)
    found = session(act, identity)
    if found["status"] != "open":
        raise wrong("This Checkout Session is no longer open", "id")
    if method not in found["payment_method_types"]:
        raise wrong("This Checkout Session doesn't offer the payment method", "method")
    return found


def _intent(act: Act, found: Thing, method: str, status: str) -> Thing:
    """Return the payment of a page, tried for the first time or again."""
    before = act.page.find("payment_intent", found["payment_intent"] or "")
    if before:
        return act.page.save(before | {"status": status, "payment_method_types": [method]})
    return act.page.add(
        {
            "id": fresh("pi"),
            "object": "payment_intent",
            "amount": found["amount_total"],
            "amount_received": 0,
            "created": act.second,
            "currency": found["currency"],
            "description": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": found["intent_metadata"],
            "payment_method_types": [method],
            "status": status,
        }
    )


def _receive(act: Act, intent: Thing) -> None:
    """Take the money of a payment: a charge, and an entry in the journal."""
    charge = act.page.add(
        {
            "id": fresh("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"],
            "amount_refunded": 0,
            "captured": True,
            "created": act.second,
            "currency": intent["currency"],
            "livemode": False,
            "metadata": intent["metadata"],
            "paid": True,
            "payment_intent": intent["id"],
            "payment_method_details": {"type": intent["payment_method_types"][0]},
            "refunded": False,
            "status": "succeeded",
        }
    )
    act.page.transfer(charge["amount"], reference=charge["metadata"].get("charge", ""), about=charge["id"])
    done = intent | {"amount_received": intent["amount"], "latest_charge": charge["id"], "status": "succeeded"}
    act.page.save(done)
    announce(act, "charge.succeeded", charge)
    announce(act, "payment_intent.succeeded", done)
