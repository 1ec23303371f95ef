"""The page of the payment gateway's stand-in, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.drill import DRILL, drilled
from tests.journeys.house import PC, PHONE
from tests.journeys.looking import faults, scrolls_sideways
from tests.outside.asked import paid, wanted

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.gateway import TestStandIn

SMALLEST = {"width": 320, "height": 640}


@pytest.mark.parametrize(("scheme", "lang"), drilled(("light", "zh"), ("light", "en"), ("dark", "zh"), ("dark", "en")))
def test_the_page_can_be_used_by_everybody(browser: Browser, standin: TestStandIn, scheme: str, lang: str) -> None:
    stripe = standin.gateway()
    opened, done = stripe.open_checkout(wanted(lang=lang)), paid(standin, stripe, lang=lang)
    for viewport in (SMALLEST, PHONE, PC) if DRILL else (SMALLEST,):
        page = browser.new_page(viewport=viewport, color_scheme=scheme, bypass_csp=True)
        for address in (opened.url, f"{opened.url}?declined=1", f"{standin.url}/checkout/{done.id}"):
            page.goto(address)
            assert faults(page) == []
            assert not scrolls_sideways(page)
        page.close()


def test_a_payment_that_failed_can_be_made_and_leads_back_to_another_site(
    browser: Browser, standin: TestStandIn
) -> None:
    stripe = standin.gateway()
    # By another name this machine is another site to the browser.
    shop = standin.url.replace("127.0.0.1", "localhost")
    opened = stripe.open_checkout(wanted(back_url=f"{shop}/healthz?back", cancel_url=f"{shop}/healthz?cancelled"))
    page = browser.new_page(java_script_enabled=False)
    page.goto(opened.url)
    page.get_by_text("试试付款失败").click()
    page.get_by_text("付款没有成功").wait_for()
    page.get_by_text("微信支付").click()
    page.get_by_role("button", name="付款 ¥38.60").click()
    page.wait_for_url("**/healthz?back")
    page.close()
    assert stripe.checkout(opened.id).state == "paid"
    assert standin.things("charge")[0]["payment_method_details"] == {"type": "wechat_pay"}
