"""A page to pay on, from its opening to its end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.outside.errors import GatewayAwayError, GatewayRefusedError
from supplyhub.outside.ports import LEAST_FEN
from supplyhub.outside.stripe_gateway import StripeGateway
from supplyhub.standin.remote import StandInError
from tests.gateway import SECRET_KEY, WEBHOOK_SECRET
from tests.outside.asked import BACK, paid, wanted

if TYPE_CHECKING:
    from tests.gateway import TestStandIn


def test_a_page_is_opened_paid_and_seen_as_paid(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    assert (page.state, page.amount_fen, page.paid_fen, page.payment_id, page.charge_id) == ("open", 3860, 0, None, 7)
    assert page.url == f"{standin.url}/checkout/{page.id}"
    assert standin.pay(page.id) == BACK
    seen = stripe.checkout(page.id)
    assert (seen.state, seen.paid_fen, seen.charge_id, seen.url) == ("paid", 3860, 7, "")
    assert str(seen.payment_id).startswith("pi_")
    assert standin.books()["references"] == [{"reference": "7", "paid_fen": 3860, "refunded_fen": 0}]


@pytest.mark.parametrize("way", ["card", "alipay", "wechat_pay"])
def test_by_which_way_it_was_paid_is_seen(standin: TestStandIn, stripe: StripeGateway, way: str) -> None:
    page = stripe.open_checkout(wanted())
    assert page.paid_way is None
    standin.pay(page.id, method=way)
    assert stripe.checkout(page.id).paid_way == way


def test_less_than_the_gateway_takes_is_refused(stripe: StripeGateway) -> None:
    with pytest.raises(GatewayRefusedError, match=r"at least ¥4\.00") as refused:
        stripe.open_checkout(replace(wanted(), amount_fen=LEAST_FEN - 1))
    assert refused.value.reason == "amount_too_small"
    assert stripe.open_checkout(replace(wanted(), amount_fen=LEAST_FEN, key="another")).amount_fen == LEAST_FEN


def test_nobody_is_sent_to_pay_anywhere_else(standin: TestStandIn) -> None:
    for elsewhere in ("https://checkout.stripe.com", "http://127.0.0.1:1", standin.url.replace("http:", "https:")):
        gateway = StripeGateway(SECRET_KEY, WEBHOOK_SECRET, api_base=standin.url, pay_origin=elsewhere)
        with pytest.raises(GatewayRefusedError) as refused:
            gateway.open_checkout(wanted())
        assert refused.value.reason == "pay_page_elsewhere"


def test_nothing_that_the_gateway_is_told_says_who_pays(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = wanted()
    assert stripe.open_checkout(asked).key == asked.key
    (session,) = standin.things("checkout.session")
    assert session["description"] == "爱心菜吧 3-0412-087"
    assert session["metadata"] == session["intent_metadata"] == {"charge": "7", "key": asked.key}
    assert not {"customer", "customer_email"} & session.keys()


def test_a_declined_payment_leaves_the_page_open(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    assert standin.pay(page.id, press="decline").endswith("?declined=1")
    assert (stripe.checkout(page.id).state, stripe.checkout(page.id).paid_fen) == ("open", 0)
    standin.pay(page.id, method="card")
    assert stripe.checkout(page.id).state == "paid"
    assert len(standin.things("payment_intent")) == 1


def test_pressing_pay_twice_pays_once(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    with ThreadPoolExecutor(4) as crowd:
        assert set(crowd.map(lambda _: standin.pay(page.id), range(8))) == {BACK}
    assert len(standin.things("charge")) == 1
    assert standin.books()["merchant_fen"] == 3860


def test_an_ended_page_takes_no_money(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    ended = stripe.expire_checkout(page.id)
    assert (ended.state, ended.charge_id, ended.url) == ("ended", 7, "")
    with pytest.raises(StandInError):
        standin.pay(page.id)
    assert stripe.expire_checkout(page.id) == stripe.checkout(page.id) == ended
    assert standin.books()["references"] == []


def test_a_paid_page_that_is_to_end_comes_back_as_paid(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = paid(standin, stripe)
    assert stripe.expire_checkout(page.id) == page


def test_a_page_ends_by_itself(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    standin.clock.ahead = 41 * 60
    assert stripe.checkout(page.id).state == "ended"
    with pytest.raises(StandInError):
        standin.pay(page.id)


def test_a_page_of_less_than_half_an_hour_is_refused(stripe: StripeGateway) -> None:
    with pytest.raises(GatewayRefusedError, match="at least 30 minutes"):
        stripe.open_checkout(wanted(expires_at=datetime.now(UTC) + timedelta(minutes=29)))


def test_an_unknown_page_is_refused(stripe: StripeGateway) -> None:
    for asked in (stripe.checkout, stripe.expire_checkout):
        with pytest.raises(GatewayRefusedError) as refused:
            asked("cs_test_nowhere")
        assert refused.value.reason == "resource_missing"


def test_money_that_is_on_its_way_is_not_paid(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    standin.play(page.id, "pay_later")
    under_way = stripe.checkout(page.id)
    assert (under_way.state, under_way.paid_fen) == ("open", 0)
    assert stripe.expire_checkout(page.id) == under_way
    standin.play(page.id, "arrive")
    assert (stripe.checkout(page.id).state, stripe.checkout(page.id).paid_fen) == ("paid", 3860)


def test_money_that_never_arrived_ends_the_page(standin: TestStandIn, stripe: StripeGateway) -> None:
    page = stripe.open_checkout(wanted())
    standin.play(page.id, "pay_later")
    standin.play(page.id, "bounce")
    assert (stripe.checkout(page.id).state, stripe.checkout(page.id).paid_fen) == ("ended", 0)


def test_the_same_key_opens_the_same_page(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = wanted()
    first = stripe.open_checkout(asked)
    standin.pay(first.id)
    # As it was made, whatever became of it since.
    assert stripe.open_checkout(asked) == first
    assert len(standin.things("checkout.session")) == 1


@pytest.mark.parametrize("other", [{"amount_fen": 3861}, {"charge_id": 8}, {"lang": "en"}])
def test_the_same_key_for_another_page_is_refused(stripe: StripeGateway, other: dict[str, Any]) -> None:
    asked = wanted(key="one key")
    stripe.open_checkout(asked)
    with pytest.raises(GatewayRefusedError) as refused:
        stripe.open_checkout(wanted(key="one key", expires_at=asked.expires_at, **other))
    assert refused.value.reason == "idempotency_error"


def test_a_key_that_is_in_use_is_asked_with_again_later(standin: TestStandIn, stripe: StripeGateway) -> None:
    asked = wanted()
    with standin.core._only_one(asked.key), pytest.raises(GatewayAwayError):
        stripe.open_checkout(asked)
    assert stripe.open_checkout(asked).state == "open"
