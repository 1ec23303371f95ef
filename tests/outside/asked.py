"""What the tests ask of the gateway; they state only what matters."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.outside.ports import CheckoutWanted, RefundWanted

if TYPE_CHECKING:
    from supplyhub.outside.ports import Checkout
    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn

BACK, ORDER = "https://hub.example/back", "https://hub.example/order"


def wanted(**stated: Any) -> CheckoutWanted:
    """Return a page to ask for, of 38.60 yuan."""
    return CheckoutWanted(
        **{
            "charge_id": 7,
            "amount_fen": 3860,
            "title": "爱心菜吧 3-0412-087",
            "key": str(uuid.uuid4()),
            "back_url": BACK,
            "cancel_url": ORDER,
            "lang": "zh",
            "expires_at": datetime.now(UTC) + timedelta(minutes=40),
            **stated,
        }
    )


def paid(standin: TestStandIn, stripe: StripeGateway, **stated: Any) -> Checkout:
    """Return a page on which somebody paid."""
    page = stripe.open_checkout(wanted(**stated))
    standin.pay(page.id)
    return stripe.checkout(page.id)


def back(page: Checkout, amount_fen: int, *, refund_id: int = 5, key: str = "") -> RefundWanted:
    """Return a refund of what was paid on a page."""
    return RefundWanted(refund_id, str(page.payment_id), amount_fen, key or str(uuid.uuid4()))
