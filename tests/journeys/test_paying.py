"""Paying online: to the hosted page of the gateway and back, with script and without; what goes wrong is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from supplyhub.db import db, execute, scalar, transaction
from supplyhub.outside.errors import GatewayAwayError
from supplyhub.payments.settling import settle_orders
from tests.drill import drilled, in_the_drill
from tests.factories_money import a_cover
from tests.factories_paying import everything_runs, time_passes
from tests.journeys.looking import faults, scrolls_sideways
from tests.journeys.test_resident import put

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page

    from supplyhub.outside.stripe_gateway import StripeGateway
    from tests.gateway import TestStandIn
    from tests.journeys.house import House


@pytest.fixture
def open_gateway(app: Flask, served: Flask, standin: TestStandIn, monkeypatch: pytest.MonkeyPatch) -> StripeGateway:
    """Let the pages and the worker take payments, at the stand-in."""
    gateway = standin.gateway()
    for each in (app, served):
        monkeypatch.setitem(each.extensions, "gateway", gateway)
    return gateway


class Buyer:
    """A household on whose menu one pays first."""

    def __init__(self, house: House, gateway: StripeGateway) -> None:
        self.house, self.gateway = house, gateway
        house.scene.open_cycle().pay_online(3)
        self.home = house.scene.homes(3)[7]

    def orders(self, **device: Any) -> Page:
        """Order two potatoes and a carrot on a phone."""
        page = self.house.resident(self.home, **device)
        put(page, "土豆", 2)
        put(page, "胡萝卜")
        page.get_by_role("button", name="去下单").click()
        page.get_by_role("button", name="就这样下单").click()
        expect(page.get_by_role("heading", name="请付 ¥11.00")).to_be_visible()
        return page

    def order_id(self) -> int:
        """Return the household's order."""
        found = scalar("SELECT id FROM orders WHERE household_id = :home", home=self.home)
        db.session.rollback()
        return int(found)

    def news_comes(self) -> None:
        """Let the worker and the scheduler do what there is to do."""
        everything_runs(self.gateway)
        db.session.rollback()

    def time_passes(self, minutes: float) -> None:
        """Let the order have waited for so long."""
        time_passes(minutes)


@pytest.fixture
def buyer(house: House, open_gateway: StripeGateway) -> Buyer:
    return Buyer(house, open_gateway)


def go_to_pay(page: Page) -> None:
    """Press the big button, and arrive at the hosted page."""
    page.get_by_role("button", name=re.compile("^去付款")).click()
    page.wait_for_url("**/checkout/**")


def pay(page: Page) -> None:
    """Pay on the hosted page."""
    page.get_by_role("button", name=re.compile("¥11.00")).click()


def no_answer(*_about: object) -> None:
    """Be a gateway that doesn't answer."""
    raise GatewayAwayError


def clean(page: Page) -> None:
    """Look at a page as everybody does."""
    assert faults(page) == []
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("script", drilled(True, False))
def test_a_household_pays_on_the_hosted_page_and_reads_at_home_that_it_is_paid(buyer: Buyer, *, script: bool) -> None:
    page = buyer.orders()
    if not script:
        page = without_script(buyer, page)
    expect(page.get_by_text("菜给您留着")).to_be_visible()
    go_to_pay(page)
    pay(page)
    expect(page.get_by_text("付好了。谢谢！")).to_be_visible()
    expect(page.get_by_text("已付款").first).to_be_visible()
    expect(page.get_by_text("还要付")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("去付款"))).to_have_count(0)
    assert scalar("SELECT hold_until FROM orders WHERE household_id = :home", home=buyer.home) is None


def without_script(buyer: Buyer, page: Page) -> Page:
    """Return a phone without script that is signed in as another one is, at its order."""
    plain = buyer.house.device(java_script_enabled=False)
    plain.context.add_cookies([cookie for cookie in page.context.cookies() if cookie["name"] == "supplyhub"])
    plain.goto("/order")
    return plain


def test_a_payment_that_failed_takes_nothing_and_is_tried_again(buyer: Buyer) -> None:
    page = buyer.orders()
    go_to_pay(page)
    page.get_by_role("button", name="试试付款失败").click()
    page.get_by_role("link", name="先不付，返回").click()
    expect(page.get_by_text("没有付成，没有扣您的钱。")).to_be_visible()
    go_to_pay(page)
    pay(page)
    expect(page.get_by_text("付好了。谢谢！")).to_be_visible()
    db.session.rollback()
    assert scalar("SELECT count(*) FROM charge") == 1


def test_a_double_click_opens_one_page_and_says_that_it_is_busy(buyer: Buyer) -> None:
    page = buyer.orders()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    # Within one turn of the page's script: a test's clicks are slower than impatient fingers.
    says = page.locator("[data-busy]").evaluate("b => { b.click(); b.click(); return [b.textContent, b.ariaBusy]; }")
    assert says == ["正在打开付款页…", "true"]
    page.wait_for_url("**/checkout/**")
    assert len(asked) == 1
    # Back from there: the button is as before.
    page.go_back()
    expect(page.get_by_role("button", name="去付款 ¥11.00")).to_be_enabled()


@in_the_drill
def test_two_tabs_pay_once(buyer: Buyer) -> None:
    page = buyer.orders()
    other = page.context.new_page()
    other.goto("/order")
    go_to_pay(page)
    go_to_pay(other)
    assert page.url == other.url
    pay(page)
    expect(page.get_by_text("付好了。谢谢！")).to_be_visible()
    other.get_by_role("button", name=re.compile("¥11.00")).click()
    expect(other.get_by_text("付好了。谢谢！")).to_be_visible()
    buyer.news_comes()
    assert scalar("SELECT sum(paid_fen) FROM charge") == 1100


def test_who_comes_back_before_the_news_sees_the_page_change_by_itself(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = buyer.orders()
    go_to_pay(page)
    with monkeypatch.context() as patched:
        # The page asks at once; here nobody answers.
        patched.setattr("supplyhub.web.pages.paying.look_at_checkout", no_answer)
        pay(page)
        expect(page.get_by_role("heading", name="在等付款的消息")).to_be_visible()
        clean(page)
    buyer.news_comes()
    expect(page.get_by_text("付好了。谢谢！")).to_be_visible()
    assert page.get_by_text("付好了。谢谢！").count() == 1


@in_the_drill
def test_another_phone_of_the_household_reads_the_same(buyer: Buyer) -> None:
    page = buyer.orders()
    other = buyer.house.resident(buyer.home)
    other.goto("/order")
    expect(other.get_by_role("button", name="去付款 ¥11.00")).to_be_visible()
    go_to_pay(page)
    pay(page)
    expect(page.get_by_text("付好了。谢谢！")).to_be_visible()
    # By itself.
    expect(other.get_by_text("已付款").first).to_be_visible()
    expect(other.get_by_text("网上付的").first).to_be_visible()


def test_what_was_not_paid_in_time_goes_to_others_and_is_ordered_again_in_a_tap(buyer: Buyer) -> None:
    page = buyer.orders()
    buyer.time_passes(15)
    page.reload()
    expect(page.get_by_role("heading", name="付款时间到了")).to_be_visible()
    clean(page)
    buyer.news_comes()
    # It looked again by itself.
    expect(page.get_by_role("heading", name="没付清，菜让给别家了")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="照刚才的再下一次").click()
    expect(page.get_by_text("土豆 × 2")).to_be_visible()
    page.get_by_role("button", name="就这样下单").click()
    go_to_pay(page)
    pay(page)
    expect(page.get_by_text("付好了。谢谢！")).to_be_visible()


def test_the_gateway_away_takes_nothing_from_anybody(buyer: Buyer, standin: TestStandIn) -> None:
    page = buyer.orders()
    standin.set_faults(away=True)
    page.get_by_role("button", name=re.compile("^去付款")).click()
    expect(page.get_by_text("付款服务现在连不上，没有扣钱，单子还在。")).to_be_visible()
    clean(page)
    standin.set_faults()
    go_to_pay(page)
    pay(page)
    expect(page.get_by_text("付好了。谢谢！")).to_be_visible()


def test_a_cover_is_seen_at_home_alone(buyer: Buyer) -> None:
    page = buyer.orders()
    order = buyer.order_id()
    a_cover(order)
    with transaction():
        settle_orders([order])
    page.reload()
    expect(page.get_by_text("社区替您付的").first).to_be_visible()
    clean(page)
    lead = buyer.house.staff("gridlead3")
    lead.goto(f"/for/{buyer.home}/order")
    expect(lead.get_by_text("已付款").first).to_be_visible()
    expect(lead.get_by_text(re.compile("社区替"))).to_have_count(0)


@in_the_drill
@pytest.mark.parametrize(("lang", "large"), [("en", True), ("zh", True), ("zh", False), ("en", False)])
def test_the_pages_about_money_are_for_everybody(buyer: Buyer, *, lang: str, large: bool) -> None:
    page = buyer.orders(viewport={"width": 320, "height": 640})
    page.context.add_cookies(
        [
            {"name": "lang", "value": lang, "url": buyer.house.site},
            {"name": "type", "value": "large" if large else "normal", "url": buyer.house.site},
        ]
    )
    for path in ("/order", "/menu"):
        page.goto(path)
        clean(page)
    page.goto("/order")
    page.locator("[data-busy]").click()
    page.wait_for_url("**/checkout/**")
    page.locator("button.pay").click()
    page.wait_for_url("**/order*")
    clean(page)
    with transaction():
        execute("UPDATE menu SET pays_on_delivery = true")
    page.goto("/order/cancel")
    clean(page)
