"""Money that goes back, in whole or in part, never more than came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.standin.books import Thing, fresh
from supplyhub.standin.events import announce
from supplyhub.standin.forms import needed, number, only, texts
from supplyhub.standin.refusals import Refusal, missing, wrong

if TYPE_CHECKING:
    from supplyhub.standin.events import Act

KNOWN = frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
GONE = ("pending", "succeeded")


def refund(act: Act, params: dict[str, Any]) -> Thing:
    """Give money back. Raises Refusal for more than is left of the charge, as the original does."""
    only(params, KNOWN)
    charge = _charge(act, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = number(params, "amount", left or charge["amount"])
    if amount < 1:
        raise wrong("Invalid positive integer", "amount", "parameter_invalid_integer")
    if not left:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", kept=True)
    if amount > left:
        raise Refusal(
            f"Refund amount ({_yuan(amount)}) is greater than unrefunded amount on charge ({_yuan(left)})",
            param="amount",
            kept=True,
        )
    amount = _misheard(act, amount, left)
    made = act.page.add(
        {
            "id": fresh("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": act.second,
            "currency": charge["currency"],
            "failure_reason": None,
            "metadata": texts(params, "metadata"),
            "payment_intent": charge["payment_intent"],
            "reason": params.get("reason"),
            "status": "pending" if act.mishaps.strikes("refund_pending", "refund") else "succeeded",
        }
    )
    announce(act, "refund.created", made)
    announce(act, "charge.refunded", _take_off(act, charge, made, amount))
    return made


def finish(act: Act, identity: str, status: str, failure: str = "") -> Thing:
    """Say how a refund ended: `succeeded`, or `failed`, even after it had seemed to succeed. Raises Refusal."""
    found = act.page.find("refund", identity)
    if found is None:
        raise missing("refund", identity)
    if status not in {"succeeded", "failed"} or found["status"] not in GONE or found["status"] == status:
        raise wrong(f"A refund that is {found['status']} doesn't become {status}", "status")
    done = act.page.save(found | {"status": status, "failure_reason": failure or None})
    if status == "failed":
        charge = act.page.find("charge", found["charge"])
        assert charge is not None  # noqa: S101  (no refund without one)
        _take_off(act, charge, done, -done["amount"])
        announce(act, "refund.failed", done)
    announce(act, "refund.updated", done)
    announce(act, "charge.refund.updated", done)
    return done


def _charge(act: Act, params: dict[str, Any]) -> Thing:
    name = "charge" if "charge" in params else "payment_intent"
    identity = str(needed(params, name))
    if name == "charge":
        found = act.page.find("charge", identity)
        if found is None:
            raise missing("charge", identity, "charge")
        return found
    if act.page.find("payment_intent", identity) is None:
        raise missing("payment_intent", identity, "payment_intent")
    charges = act.page.where("object = 'charge' AND json_extract(body, '$.payment_intent') = ?", identity)
    if not charges:
        raise Refusal(f"This PaymentIntent ({identity}) does not have a successful charge to refund.", kept=True)
    return charges[0]


def _take_off(act: Act, charge: Thing, made: Thing, amount: int) -> Thing:
    refunded = charge["amount_refunded"] + amount
    act.page.transfer(-amount, reference=charge["metadata"].get("charge", ""), about=made["id"])
    return act.page.save(charge | {"amount_refunded": refunded, "refunded": refunded == charge["amount"]})


def _misheard(act: Act, amount: int, left: int) -> int:
    if act.mishaps.strikes("refund_less", "refund"):
        return max(1, amount // 2)
    return min(left, amount * 2) if act.mishaps.strikes("refund_more", "refund") else amount


def _yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02d}"
