"""The page on which one pays."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.outside.asked import BACK, ORDER, paid, wanted

if TYPE_CHECKING:
    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn


@pytest.fixture
def stripe(standin: TestStandIn) -> StripeGateway:
    return standin.gateway()


def page(standin: TestStandIn, session_id: str, query: str = "") -> tuple[str, str]:
    """Return the page's text and where its forms may lead."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{standin.url}/checkout/{session_id}{query}", timeout=60) as answer:
        return answer.read().decode(), answer.headers["Content-Security-Policy"]


def test_it_says_what_is_to_be_paid_and_that_no_money_is_taken(standin: TestStandIn, stripe: StripeGateway) -> None:
    text, policy = page(standin, stripe.open_checkout(wanted()).id)
    for words in ("¥38.60", "爱心菜吧 3-0412-087", "不收真钱", "支付宝", "微信支付", "银行卡", f'href="{ORDER}"'):
        assert words in text
    assert "<script" not in text
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://hub.example;" in policy


def test_it_is_written_in_english_too(standin: TestStandIn, stripe: StripeGateway) -> None:
    text, _ = page(standin, stripe.open_checkout(wanted(lang="en")).id)
    for words in ("no real money", "Alipay", "WeChat Pay", "Pay ¥38.60"):
        assert words in text


def test_it_says_when_a_payment_failed(standin: TestStandIn, stripe: StripeGateway) -> None:
    opened = stripe.open_checkout(wanted())
    standin.pay(opened.id, press="decline")
    assert "付款没有成功" in page(standin, opened.id, "?declined=1")[0]


def test_it_leads_back_once_it_was_paid(standin: TestStandIn, stripe: StripeGateway) -> None:
    text, _ = page(standin, paid(standin, stripe).id)
    assert "已经付过了" in text
    assert f'href="{BACK}"' in text
    assert "<form" not in text


def test_it_leads_to_the_order_once_it_ended(standin: TestStandIn, stripe: StripeGateway) -> None:
    opened = stripe.open_checkout(wanted())
    stripe.expire_checkout(opened.id)
    text, _ = page(standin, opened.id)
    assert "已经失效" in text
    assert f'href="{ORDER}"' in text
    assert "<form" not in text


def test_what_the_order_is_called_is_text(standin: TestStandIn, stripe: StripeGateway) -> None:
    text, _ = page(standin, stripe.open_checkout(wanted(title="<b>&")).id)
    assert "&lt;b&gt;&amp;" in text
