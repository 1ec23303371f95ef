"""The lead's menu pages: how a menu is shared, what is wrong beside its field, edits, a withdrawal, the poster."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from supplyhub.catalog.editing import withdraw_item
from supplyhub.catalog.models import MenuItem, Offer, Product
from supplyhub.catalog.queries import edits_of, items_of, menu_for
from supplyhub.catalog.states import MenuState
from supplyhub.db import db, row, scalar
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from tests.factories import Shop, a_cycle, an_offer
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from supplyhub.residents.models import Household


class Desk:
    """A lead with a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.shop = Shop()
        self.eggs = self.shop.item(offered=20, cap=5)
        self.lead = self.shop.lead()
        self.client = sign_in(client, self.lead.account_id)
        self.item = f"/grid/menu/{self.shop.menu.id}/items/{self.eggs.id}"

    def send(self, path: str, **typed: str) -> Any:
        page = self.client.get(path).text
        return self.client.post(path, data={"csrf_token": token_of(page)} | typed)

    def edit(self, **typed: str) -> Any:
        return self.send(self.item, **({"price": "4.80", "offered": "20", "cap": "5"} | typed))

    def order(self, home: Household, quantity: int) -> None:
        place_order(
            self.shop.resident(home),
            menu_id=self.shop.menu.id,
            household_id=home.id,
            expected=None,
            lines=[Line(self.eggs.id, quantity)],
            total_fen=quantity * 480,
        )

    def text(self, path: str = "/grid/menu") -> str:
        return self.client.get(path).text


def rename(item: MenuItem, name: str) -> None:
    product = db.session.get_one(Product, db.session.get_one(Offer, item.offer_id).product_id)
    product.name_zh = product.name_en = name
    db.session.commit()


@pytest.fixture
def desk(client) -> Desk:
    return Desk(client)


def test_a_long_menu_is_searched_by_name_and_number(desk):
    # Those that the factories give have numbers in them, too.
    rename(desk.eggs, "鸡蛋")
    rename(desk.shop.item(offered=9), "青菜")
    assert desk.text("/grid/menu?q=zzz").count("data-names=") == 0
    assert desk.text("/grid/menu?q=青菜").count("data-names=") == 1
    assert desk.text().count("data-names=") == 2
    assert desk.text("/grid/menu?q=1").count("data-names=") == 1


def test_an_edit_is_saved_and_stands_on_the_menu_for_all_to_see(desk):
    answer = desk.edit(price="4.50", cap="６")
    assert (answer.status_code, answer.location) == (303, "/grid/menu")
    page = desk.text()
    assert "价格从 ¥4.80 改成 ¥4.50" in page
    assert "每户限购从 5 改成 6" in page


def test_an_edit_that_changes_nothing_says_so(desk):
    desk.edit()
    assert "和原来一样，没有改动。" in desk.text()
    assert edits_of(desk.shop.menu.id) == []


def test_what_stands_against_an_edit_is_said_beside_its_field_and_what_was_typed_is_kept(desk):
    desk.order(desk.shop.home, 4)
    answer = desk.edit(price="3.90", offered="3", cap="2")
    assert answer.status_code == 422
    assert 'id="offered-error">已经订出 4，不能比这少。' in answer.text
    assert 'id="cap-error">有 1 户订得比这多，最多的订了 4。' in answer.text
    assert 'value="3.90"' in answer.text
    assert desk.edit(price="四块").status_code == 422
    assert edits_of(desk.shop.menu.id) == []


def test_before_a_withdrawal_it_is_asked_and_said_whom_it_concerns(desk):
    desk.order(desk.shop.home, 2)
    desk.order(desk.shop.another_home(), 3)
    page = desk.text(f"{desk.item}/withdraw")
    assert "2 户会少这一样" in page
    assert "他们一共订了 5 份" in page
    assert "其中 2 户只订了这一样" in page
    assert scalar("SELECT withdrawn_at FROM menu_item WHERE id = :id", id=desk.eggs.id) is None
    assert desk.send(f"{desk.item}/withdraw").status_code == 303
    page = desk.text()
    assert "下架少了菜的" in page
    assert page.count("订单里没有别的了") == 2
    assert f"{desk.shop.building.number}-1-{desk.shop.home.door}" in page


def test_after_the_cut_off_or_the_withdrawal_there_is_no_form_any_more(desk):
    form = token_of(desk.text(desk.item))
    withdraw_item(desk.lead, desk.shop.menu.id, desk.eggs.id)
    typed = {"csrf_token": form, "price": "1", "offered": "20", "cap": "5"}
    for path in (desk.item, f"{desk.item}/withdraw"):
        assert desk.client.get(path).location == "/grid/menu"
        assert desk.client.post(path, data=typed).location == "/grid/menu"
        assert "没有改：已经截单，或者这样已经下架了。" in desk.text()
    desk.shop.menu.state = MenuState.CLOSED
    db.session.commit()
    assert "点一样就能改" not in desk.text()
    assert len(edits_of(desk.shop.menu.id)) == 1


def test_items_of_other_menus_are_unknown(desk):
    other = Shop()
    item = other.item()
    assert desk.client.get(f"/grid/menu/{other.menu.id}/items/{item.id}").status_code == 404
    assert desk.client.get(f"/grid/menu/{desk.shop.menu.id}/items/{item.id}/withdraw").status_code == 404
    assert desk.client.get(f"/grid/menu/{other.menu.id}/poster").status_code == 404


def test_the_poster_is_a_pdf_and_where_it_would_lead_nowhere_it_is_said_why(desk, app, monkeypatch):
    path = f"/grid/menu/{desk.shop.menu.id}/poster"
    answer = desk.client.get(path)
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    here = replace(app.extensions["settings"], public_url="http://127.0.0.1:8000")
    monkeypatch.setitem(app.extensions, "settings", here)
    assert desk.client.get(path).location == "/grid/menu"
    assert "没有印：PUBLIC_URL 现在是本机地址" in desk.text()


def test_a_menu_is_made_as_a_draw_previewed_and_published(desk):
    a_cycle(desk.shop.community)
    an_offer(desk.shop.community, sku="V900")
    typed = {
        "opens": "2026-04-01T08:00",
        "cutoff": "2099-01-01T20:00",
        "offered_V900": "10",
        "cap_V900": "2",
        "price_V900": "2.50",
    }
    wrong = desk.send("/grid/publish", mode="draw", care="101", **typed)
    assert wrong.status_code == 422
    assert 'id="care-error"' in wrong.text
    assert desk.send("/grid/publish", mode="draw", care="30", **typed).location == "/grid/preview"
    page = desk.text("/grid/preview")
    assert "先留 30% 给要照顾的住户" in page
    assert "进价 ¥3.00，补贴 ¥0.50" in page
    assert desk.send("/grid/preview").location == "/grid/menu"
    kept = row("SELECT mode, care_percent, state FROM menu ORDER BY id DESC LIMIT 1")
    assert kept is not None
    assert tuple(kept) == ("draw", 30, "published")
    assert "公平摇号" in desk.text()


def test_a_copy_takes_over_the_mode_and_names_what_nobody_offers_now(desk):
    kept, gone, withdrawn = desk.eggs, desk.shop.item(), desk.shop.item()
    withdraw_item(desk.lead, desk.shop.menu.id, withdrawn.id)
    names = {item.id: item.name_zh for item in items_of(desk.shop.menu.id)}
    db.session.execute(db.text("UPDATE offer SET active = false WHERE id = :id"), {"id": gone.offer_id})
    db.session.execute(db.text("UPDATE menu SET mode = 'draw', care_percent = 40"))
    db.session.commit()
    a_cycle(desk.shop.community)
    page = desk.text("/grid/publish?copy=1")
    assert re.search(f"现在没有供货的没抄：\\s*{names[gone.id]}。", page)
    assert '<option value="draw" selected>' in page
    assert 'name="care" type="text" value="40"' in page
    assert page.count('value="20"') == 1
    assert names[kept.id] in page


def test_the_lead_sees_what_the_last_case_lacks_and_who_would_take_more(desk):
    desk.order(desk.shop.home, 4)
    place_order(
        desk.shop.resident(home := desk.shop.another_home()),
        menu_id=desk.shop.menu.id,
        household_id=home.id,
        expected=None,
        lines=[Line(desk.eggs.id, 2, most=5)],
        total_fen=960,
    )
    page = desk.text()
    assert "全社区差 4 份满一箱，有人愿意多要 3（本网格 3）" in page
    words = "全社区要买 6 份，差 4 份满一箱（10 份一箱）。全社区有人愿意多要 3 份，其中本网格 3。"
    assert words in desk.text(desk.item)


def test_the_lead_gives_one_item_more_time_for_everybody_to_see_and_takes_it_back(desk):
    cutoff = menu_for(desk.lead, desk.shop.menu.id).cutoff_at
    zone = ZoneInfo("Asia/Shanghai")
    later = (cutoff.astimezone(zone) + timedelta(hours=2)).replace(second=0, microsecond=0)
    answer = desk.send(f"{desk.item}/late", until=f"{later:%Y-%m-%dT%H:%M}")
    assert (answer.status_code, answer.location) == (303, "/grid/menu")
    assert menu_for(desk.lead, desk.shop.menu.id).closes_at == later
    page = desk.text()
    assert page.count(f"{later:%H:%M} 前都能订") == 2
    assert "可订到" in page
    assert desk.send(f"{desk.item}/late", no="1").status_code == 303
    assert menu_for(desk.lead, desk.shop.menu.id).closes_at == cutoff
    assert "截单改回" in desk.text()


def test_more_time_that_is_none_is_said_beside_the_field(desk):
    answer = desk.send(f"{desk.item}/late", until="2020-01-01T10:00")
    assert answer.status_code == 422
    assert 'id="until-error">要在' in answer.text
    assert edits_of(desk.shop.menu.id) == []


NEW_MENU = {
    "opens": "2026-04-01T08:00",
    "cutoff": "2099-01-01T20:00",
    "offered_V900": "10",
    "cap_V900": "2",
    "price_V900": "2.50",
}


def next_menu(desk: Desk) -> None:
    a_cycle(desk.shop.community)
    an_offer(desk.shop.community, sku="V900")


def ways_kept() -> tuple[bool, bool]:
    kept = row("SELECT pays_online, pays_on_delivery FROM menu ORDER BY id DESC LIMIT 1")
    assert kept is not None
    return kept.pays_online, kept.pays_on_delivery


@pytest.mark.parametrize(
    ("ways", "kept", "words"),
    [
        ("door", (False, True), "送到时付钱"),
        ("either", (True, True), "送到时付钱，也可以在网上先付"),
        ("first", (True, False), "先付款：下单后 15 分钟内在网上付"),
        ("nonsense", (False, True), "送到时付钱"),
    ],
)
def test_a_lead_chooses_how_a_menu_is_paid(desk, app, monkeypatch, ways, kept, words):
    monkeypatch.setitem(app.extensions, "gateway", object())
    next_menu(desk)
    assert desk.send("/grid/publish", ways=ways, **NEW_MENU).location == "/grid/preview"
    assert ways_kept() == kept
    assert words in desk.text("/grid/preview")
    assert f'<option value="{ways if ways != "nonsense" else "door"}" selected>' in desk.text("/grid/publish")
    desk.send("/grid/preview")
    assert words in desk.text()


def test_without_a_gateway_nothing_is_paid_online_and_the_page_says_why(desk, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "gateway", None)
    next_menu(desk)
    page = desk.text("/grid/publish")
    assert "网上付款现在关着" in page
    assert page.count(" disabled") == 2
    assert desk.send("/grid/publish", ways="first", **NEW_MENU).location == "/grid/preview"
    assert ways_kept() == (False, True)


def test_a_draft_made_with_a_gateway_is_not_published_without(desk, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "gateway", object())
    next_menu(desk)
    desk.send("/grid/publish", ways="first", **NEW_MENU)
    monkeypatch.setitem(app.extensions, "gateway", None)
    assert desk.send("/grid/preview").location == "/grid/publish"
    assert "没有发布：网上付款现在关着" in desk.text("/grid/publish")
    assert desk.send("/grid/publish", **NEW_MENU).location == "/grid/preview"
    assert desk.send("/grid/preview").location == "/grid/menu"
