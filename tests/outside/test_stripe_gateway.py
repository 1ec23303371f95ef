"""The real implementation, over real HTTP with the official client, against the stand-in."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.outside.ports import CheckoutWanted

if TYPE_CHECKING:
    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn


@pytest.fixture
def stripe(standin: TestStandIn) -> StripeGateway:
    return standin.gateway()


def wanted(**stated: Any) -> CheckoutWanted:
    return CheckoutWanted(
        **{
            "charge_id": 7,
            "amount_fen": 3860,
            "title": "爱心菜吧 3-0412-087",
            "key": str(uuid.uuid4()),
            "back_url": "https://hub.example/back",
            "cancel_url": "https://hub.example/order",
            "lang": "zh",
            "expires_at": datetime.now(UTC) + timedelta(minutes=40),
            **stated,
        }
    )


def test_a_page_is_opened_paid_and_seen_as_paid(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    assert (page.state, page.amount_fen, page.paid_fen, page.payment_id, page.charge_id) == ("open", 3860, 0, None, 7)
    assert page.url == f"{standin.url}/checkout/{page.id}"
    assert standin.pay(page.id) == "https://hub.example/back"
    seen = stripe.checkout(page.id)
    assert (seen.state, seen.paid_fen, seen.charge_id) == ("paid", 3860, 7)
    assert seen.payment_id
    assert standin.books()["references"] == [{"reference": "7", "paid_fen": 3860, "refunded_fen": 0}]
