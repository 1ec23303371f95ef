"""Paying on the pages without script: to the gateway and back, what stands meanwhile, what is said when it fails."""

from __future__ import annotations

import html
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.commands import close_menu
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.delivery.commands import record_doors
from supplyhub.payments.settling import settle_orders
from supplyhub.residents.anchors import appoint_anchor
from supplyhub.web import limits
from supplyhub.web.pages import paying
from tests.factories_depot import Town, a_walk
from tests.factories_draw import DrawShop
from tests.factories_money import a_cover, a_paid_charge, orders_of, settled, taken
from tests.factories_paying import PRICE_FEN, PrepaidShop, everything_runs, session_of, time_passes
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.gateway import TestStandIn


class Payer:
    """A household's browser at a shop where one pays first."""

    def __init__(self, client: FlaskClient, gateway: Any, standin: TestStandIn, **shop: Any) -> None:
        self.client = client
        self.shop = PrepaidShop(gateway, **shop)
        self.standin = standin
        sign_in(client, self.shop.asker.account_id)
        self.room = ""

    def order(self, units: int = 2) -> int:
        """Order, and no more."""
        return self.shop.order(units)

    def page(self, path: str = "") -> str:
        """Return the words of a page, by default of the order's."""
        answer = self.client.get(path or f"{self.room}/order?menu_id={self.shop.menu_id}", follow_redirects=True)
        assert answer.status_code == 200
        return words(answer.text)

    def press(self, path: str = "/order/pay") -> Any:
        """Press a button of the order's page."""
        token = token_of(self.client.get("/order").text)
        return self.client.post(self.room + path, data={"csrf_token": token, "menu_id": self.shop.menu_id})

    def goes_to_pay(self) -> str:
        """Press the button; return the address of the payment page that the browser is led to."""
        answer = self.client.get(self.press().location)
        found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
        assert found, words(answer.text)
        return html.unescape(found[1])

    def pays(self) -> str:
        """Pay on the payment page; return the address that leads back."""
        return self.standin.pay(self.goes_to_pay().rsplit("/", 1)[1]).removeprefix("https://hub.example")


def words(page: str) -> str:
    """Return what a page says."""
    body = re.sub(r"<(script|style|svg|noscript|title)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def payer(client, gateway, standin) -> Payer:
    return Payer(client, gateway, standin)


def test_who_pays_first_reads_it_on_the_menu_and_on_the_review_before_ordering(payer):
    assert "这期先付款 下单后，15 分钟内在网上付清" in payer.page("/menu")
    token = token_of(payer.client.get("/menu").text)
    chosen = {"csrf_token": token, f"q{payer.shop.item_id}": "2", "go": "1"}
    review = words(payer.client.post("/menu", data=chosen, follow_redirects=True).text)
    assert "这期先付款" in review
    placed = {"csrf_token": token, "total_fen": str(2 * PRICE_FEN)}
    order = words(payer.client.post("/order", data=placed, follow_redirects=True).text)
    assert "下好了，还差付款" in order
    assert "请付 ¥9.60" in order
    assert "去付款 ¥9.60" in order
    assert "这单还没付清，只留到" in payer.page("/menu")


def test_by_which_way_it_was_paid_stands_on_the_order_and_where_it_goes_back(payer):
    order = payer.order()
    payer.client.get(payer.pays(), follow_redirects=True)
    assert "网上付的，支付宝" in payer.page()
    payer.shop.cancel(order)
    with transaction():
        settle_orders([order])
    assert "正在原路退回支付宝，几天内到" in payer.page()


def test_less_than_can_be_paid_online_is_explained_and_not_asked_for(payer):
    order = payer.order(1)
    with transaction():
        execute("UPDATE orders SET total_fen = 399 WHERE id = :order", order=order)
    page = payer.page()
    assert "网上付款一笔至少 ¥4.00 ¥3.99 太少：再加点菜，凑够了一起付；凑不够，请给网格长打电话。" in page
    assert "去付款" not in page
    assert payer.press().location.startswith("/order")
    assert "网上付款一笔至少 ¥4.00，没有扣钱。" in payer.page()
    assert scalar("SELECT count(*) FROM charge") == 0
    with transaction():
        execute("UPDATE menu SET pays_on_delivery = true")
    assert "¥3.99 太少，送到时付就行" in payer.page()


def test_a_page_that_waits_for_money_asks_for_news_and_hears_of_it_once(payer):
    payer.order()
    page = payer.client.get("/order").text
    found = re.search(r'data-news="([^"]+)" data-tag="(\w+)"', page)
    assert found
    address, tag = html.unescape(found[1]), {"If-None-Match": f'"{found[2]}"'}
    same = payer.client.get(address, headers=tag)
    assert (same.status_code, same.data) == (304, b"")
    # Another phone pays.
    payer.client.get(payer.pays(), follow_redirects=True)
    fresh = payer.client.get(address, headers=tag)
    assert (fresh.status_code, fresh.data) == (204, b"")
    assert "data-news" not in payer.client.get("/order").text


def test_a_household_pays_comes_back_and_reads_that_it_is_paid(payer):
    payer.order()
    back = payer.pays()
    paid = payer.page(back)
    assert "付好了。谢谢！" in paid
    assert "网上付的" in paid
    assert "还要付 ¥0.00" in paid
    assert "去付款" not in paid
    assert "已付款" in paid


def test_pressing_twice_leads_to_the_same_page(payer):
    payer.order()
    assert payer.goes_to_pay() == payer.goes_to_pay()
    assert scalar("SELECT count(*) FROM charge") == 1


def test_who_comes_back_unpaid_reads_that_nothing_was_taken_and_can_try_again(payer):
    payer.order()
    payer.goes_to_pay()
    page = payer.page(f"/order/paying?menu_id={payer.shop.menu_id}&came=unpaid")
    assert "没有付成，没有扣您的钱。" in page
    assert "去付款 ¥9.60" in page


def test_who_comes_back_before_the_news_waits_on_a_page_that_looks_again_by_itself(payer, standin):
    payer.order()
    back = payer.pays()
    standin.set_faults(away=True)
    waiting = payer.client.get(back).text
    assert "在等付款的消息" in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    standin.set_faults()
    everything_runs(payer.shop.gateway)
    assert "付好了" in payer.page(back + "&again=1")


def test_who_reloads_without_an_end_has_the_gateway_asked_a_few_times_a_minute(payer, monkeypatch):
    order = payer.order()
    payer.goes_to_pay()
    asked = []
    # Its minute doesn't end.
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1.0))
    monkeypatch.setattr(paying, "look_at_checkout", lambda charge, _gateway: asked.append(charge.order_id))
    back = f"/order/paying?menu_id={payer.shop.menu_id}&came=paid"
    assert {payer.client.get(back).status_code for _ in range(20)} == {200}
    assert asked == [order] * limits.MOST_LOOKS_A_MINUTE
    payer.standin.pay(session_of(scalar("SELECT id FROM charge")))
    assert "在等付款的消息" in payer.page(back)
    everything_runs(payer.shop.gateway)
    assert "付好了" in payer.page(back)


def test_the_gateway_away_leaves_the_order_and_says_so(payer, standin):
    order = payer.order()
    standin.set_faults(away=True)
    page = words(payer.client.get(payer.press().location).text)
    assert "付款服务现在连不上，没有扣钱，单子还在。" in page
    assert scalar("SELECT state FROM orders WHERE id = :order", order=order) == "placed"


def test_without_a_gateway_the_page_says_that_online_payment_is_off(payer, app, monkeypatch):
    payer.order()
    monkeypatch.setitem(app.extensions, "gateway", None)
    assert "网上付款现在关着 请给网格长打电话" in payer.page()
    assert "去付款" not in payer.page()
    assert "网上付款现在关着，没有扣钱" in words(payer.client.get(payer.press().location).text)


def test_what_lapsed_says_what_happened_and_is_ordered_again_in_one_tap(payer):
    payer.order()
    time_passes(15)
    assert "付款时间到了" in payer.page()
    everything_runs(payer.shop.gateway)
    page = payer.page()
    assert "没付清，菜让给别家了" in page
    assert "没有扣您的钱" in page
    again = payer.press("/order/again")
    assert again.location == "/review"
    assert "× 2" in payer.page("/review")


def test_what_is_sold_out_meanwhile_is_not_ordered_again(payer):
    payer.order()
    time_passes(15)
    everything_runs(payer.shop.gateway)
    neighbour = payer.shop.neighbour()
    payer.shop.order(99, home=neighbour)
    payer.press("/order/again")
    page = payer.page("/review")
    assert "有几样不够了" in page
    assert "× 1" in page
    payer.shop.order(100, home=neighbour)
    assert payer.press("/order/again").location == "/menu"


def test_nothing_is_ordered_again_after_the_cut_off_or_when_nothing_lapsed(payer):
    payer.order()
    assert payer.press("/order/again").location.startswith("/order")
    time_passes(15)
    everything_runs(payer.shop.gateway)
    close_menu(payer.shop.lead, payer.shop.menu_id)
    assert "照刚才的再下一次" not in payer.page()
    assert payer.press("/order/again").location.startswith("/order")


def test_an_enlarged_order_owes_the_difference_and_says_what_it_falls_back_to(payer):
    payer.order(1)
    payer.page(payer.pays())
    payer.order(3)
    page = payer.page()
    assert "请付 ¥9.60" in page
    assert "还是原来付过的那张单（¥4.80）" in page
    assert "合计 ¥14.40" in page
    assert "还要付 ¥9.60" in page
    time_passes(15)
    everything_runs(payer.shop.gateway)
    page = payer.page()
    assert "改的没有付清，还是原来付过的那张单" in page
    assert "合计 ¥4.80" in page
    assert payer.press("/order/again").location == "/review"
    assert "× 3" in payer.page("/review")


def test_paying_too_late_is_given_back_whole_and_told(payer, standin):
    order = payer.order(2)
    payer.goes_to_pay()
    charge = scalar("SELECT id FROM charge")
    standin.set_faults(away=True)
    time_passes(26)
    everything_runs(payer.shop.gateway)
    payer.shop.order(99, home=payer.shop.neighbour())
    standin.set_faults()
    standin.pay(session_of(charge))
    everything_runs(payer.shop.gateway)
    assert scalar("SELECT state FROM orders WHERE id = :order", order=order) == "cancelled"
    page = payer.page()
    assert "没付清，菜让给别家了" in page
    assert "付过的钱，都退给您。" in page
    assert "付晚了，菜已让给别家，全退给您" in page
    assert "−¥9.60" in page


def test_a_paid_order_that_is_cancelled_says_that_the_money_comes_back(payer):
    order = payer.order()
    payer.page(payer.pays())
    assert "付过的 ¥9.60 全退。" in payer.page("/order/cancel")
    payer.shop.cancel(order)
    everything_runs(payer.shop.gateway)
    page = payer.page()
    assert "付过的钱都退给您" in page
    assert "撤单退给您" in page


def test_a_cover_is_read_by_the_household_and_by_nobody_who_orders_for_it(payer):
    order = payer.order()
    a_cover(order)
    assert "社区替您付的 ¥9.60" in payer.page()
    assert "去付款" not in payer.page()
    with transaction():
        settle_orders([order])
    assert "社区替您付的" in payer.page()
    sign_in(payer.client, payer.shop.lead.account_id)
    page = payer.page(f"/for/{payer.shop.home.id}/order?menu_id={payer.shop.menu_id}")
    assert "已付款" in page
    assert "社区替" not in page


def test_who_orders_for_somebody_may_pay_and_learns_that_it_is_paid_not_how(payer):
    payer.order()
    sign_in(payer.client, payer.shop.lead.account_id)
    payer.room = f"/for/{payer.shop.home.id}"
    assert "他家还没付 ¥9.60" in payer.page()
    assert "前在网上付清，不付就让给别家" in payer.page(f"{payer.room}/slip/{payer.shop.menu_id}")
    assert "替他家付 ¥9.60" in payer.page()
    token = token_of(payer.client.get(f"{payer.room}/order?menu_id={payer.shop.menu_id}").text)
    sent = {"csrf_token": token, "menu_id": payer.shop.menu_id}
    to = payer.client.post(f"{payer.room}/order/pay", data=sent).location
    assert to.startswith(payer.room)
    payer.client.get(to)
    back = payer.standin.pay(session_of(scalar("SELECT id FROM charge")))
    page = payer.page(back.removeprefix("https://hub.example"))
    assert "已付款" in page
    assert "网上付的" not in page
    assert "付清了" in payer.page(f"{payer.room}/slip/{payer.shop.menu_id}")


def test_other_peoples_orders_are_not_paid(payer):
    payer.order()
    stranger = payer.shop.neighbour()
    sign_in(payer.client, stranger.asker.account_id)
    assert payer.client.get(f"/order/paying?menu_id={payer.shop.menu_id}").status_code == 404
    token = token_of(payer.client.get("/menu").text)
    sent = {"csrf_token": token, "menu_id": payer.shop.menu_id}
    assert payer.client.post("/order/pay", data=sent).status_code == 404
    assert payer.client.post(f"/for/{payer.shop.home.id}/order/pay", data=sent).status_code == 404
    assert payer.client.post("/order/again", data={**sent, "menu_id": "x"}).status_code == 404


def test_where_one_may_pay_at_the_door_the_page_offers_both(client, gateway, standin):
    payer = Payer(client, gateway, standin, on_delivery=True)
    payer.order()
    page = payer.page()
    assert "还要付 ¥9.60：送到时付，或者现在在网上付。" in page
    assert "送到时付 ¥9.60" in page
    assert "还剩" not in page
    assert "付好了" in payer.page(payer.pays())


def test_paid_too_much_comes_back_after_the_cut_off(payer):
    payer.order(3)
    payer.page(payer.pays())
    payer.order(2)
    page = payer.page()
    assert "要退给您 ¥4.80" in page
    assert "多付的，截单以后退给您。" in page
    assert rows("SELECT id FROM refund") == []


def test_a_lead_sees_who_has_not_paid_and_takes_a_covered_order_for_a_paid_one(payer):
    payer.order()
    neighbour, helped = payer.shop.neighbour(), payer.shop.neighbour()
    payer.shop.order(1, home=neighbour)
    a_cover(payer.shop.order(1, home=helped))
    payer.page(payer.pays())
    sign_in(payer.client, payer.shop.lead.account_id)
    today = payer.page("/grid")
    assert "1 户还没付款" in today
    assert "2 户付清了" in today
    unpaid = payer.page("/grid/unpaid")
    assert "菜留到" in unpaid
    assert f'href="/for/{neighbour.id}/order' in payer.client.get("/grid/unpaid").text
    assert f"/for/{helped.id}/" not in payer.client.get("/grid/unpaid").text
    assert "¥" not in unpaid


def test_where_all_is_paid_at_the_door_a_lead_is_told_nothing_of_it(client, gateway, standin):
    payer = Payer(client, gateway, standin, on_delivery=True)
    payer.order()
    with transaction():
        execute("UPDATE menu SET pays_online = false")
    sign_in(payer.client, payer.shop.lead.account_id)
    assert "还没付款" not in payer.page("/grid")


def test_in_a_draw_one_pays_after_it_within_two_hours_and_not_before(client, gateway):
    shop = DrawShop()
    shop.menu.pays_online, shop.menu.pays_on_delivery = True, False
    db.session.commit()
    shop.ask(**{f"i{shop.item(offered=6, cap=3).id}": 2})
    sign_in(client, shop.home.account_id)
    assert "摇中以后，2 小时内在网上付清" in words(client.get("/menu").text)
    address = f"/order?menu_id={shop.menu_id}"
    before = words(client.get(address).text)
    assert "等摇号" in before
    assert "去付款" not in before
    shop.cut_off()
    shop.draw()
    after = words(client.get(address).text)
    assert "请付 ¥9.60" in after
    assert "去付款 ¥9.60" in after
    assert "1 时 59 分" in after


def test_an_anchor_who_ordered_for_a_neighbour_reads_whether_it_is_paid_not_how(payer):
    order = payer.order()
    anchor = payer.shop.neighbour()
    appoint_anchor(payer.shop.lead, anchor.id)
    sign_in(payer.client, anchor.asker.account_id)
    payer.room = f"/for/{payer.shop.home.id}"
    assert "他家还没付 ¥9.60" in payer.page()
    a_cover(order)
    with transaction():
        settle_orders([order])
    page = payer.page()
    assert "已付款" in page
    assert "社区替" not in page
    assert payer.client.get(f"/order/paying?menu_id={payer.shop.menu_id}").status_code == 404


def test_a_household_reads_what_was_short_what_it_cost_then_and_where_the_rest_went(client, gateway):
    town = Town(homes=1, skus=("V001", "V002"))
    order = town.order(town.first, town.first.homes[0], V001=2, V002=3)
    a_paid_charge(order, 2400)
    town.share(V001=1, V002=3)
    settled()
    sign_in(client, town.first.homes[0].account_id)
    page = words(client.get("/order").text)
    assert "下单时 ¥24.00" in page
    assert re.search(r"到货少了、换了的 今天 \d\d:\d\d −¥4.80 合计 ¥19.20", page)
    assert re.search(r"网上付的 今天 \d\d:\d\d ¥24.00", page)
    assert "多付的退给您 正在原路退回支付宝、微信或卡，几天内到 −¥4.80 还要付 ¥0.00" in page


def test_of_an_order_of_which_nothing_came_all_that_was_paid_goes_back(client, gateway):
    town = Town(homes=1, skus=("V001",))
    order = town.order(town.first, town.first.homes[0], V001=2)
    a_paid_charge(order, 960)
    town.share(V001=0)
    settled()
    sign_in(client, town.first.homes[0].account_id)
    page = words(client.get("/order").text)
    assert "这次什么都没到 付过的钱都退给您。" in page
    assert "−¥9.60 还要付 ¥0.00" in page


def test_money_taken_at_the_door_stands_after_the_delivery(client):
    walk = a_walk()
    (order, *_) = orders_of(walk.ticket)
    stop = walk.stops[0]
    home = scalar(
        "SELECT h.account_id FROM orders AS o JOIN household AS h ON h.id = o.household_id WHERE o.id = :o", o=order
    )
    sign_in(client, home)
    assert "已送达 送到时付 ¥4.80" in words(client.get("/order").text)
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, entries=(), takings=[taken(stop.id, 480)])
    page = words(client.get("/order").text)
    assert "当面付的现金 ¥4.80" in page
    assert "还要付 ¥0.00" in page
