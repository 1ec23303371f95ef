"""A household's way: card, menu, basket, order, change, cancel; with script and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from supplyhub.catalog.queries import items_of
from supplyhub.db import db, scalar
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House


def row(page: Page, name: str) -> object:
    return page.locator(".items > .row").filter(has=page.get_by_role("heading", name=name, exact=True))


def put(page: Page, name: str, times: int = 1) -> None:
    """Tap plus beside an item."""
    for _ in range(times):
        page.get_by_role("button", name=re.compile(f"^{name}，加一")).locator("visible=true").click()


@pytest.mark.parametrize("script", [True, False])
def test_a_household_scans_its_card_orders_in_two_taps_changes_and_cancels(house: House, *, script: bool) -> None:
    house.scene.open_cycle()
    home = house.scene.homes(3)[7]
    page = house.device(java_script_enabled=script)
    if script:
        page.goto(f"/card#{house.scene.card(home)}")
    else:
        page.goto("/card")
        page.get_by_label("户卡上的字").fill(house.scene.card(home).lower())
        page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name=re.compile("^这是 .*？"))).to_be_visible()
    assert "#" not in page.url
    page.get_by_role("button", name="是我家").click()

    put(page, "土豆", 2)
    put(page, "胡萝卜")
    expect(page.locator("[data-total]")).to_have_text("¥11.00")
    page.get_by_role("button", name="去下单").click()
    page.get_by_label("要说的话").fill("放门口 <script>alert(1)</script>")
    page.get_by_role("button", name="就这样下单").click()

    expect(page.get_by_text("下好了")).to_be_visible()
    expect(page.get_by_text("放门口 <script>alert(1)</script>")).to_be_visible()
    assert scalar("SELECT total_fen FROM orders WHERE household_id = :home", home=home) == 1100

    page.get_by_role("link", name="改一改").click()
    expect(page.get_by_role("button", name="看订单")).to_be_visible()
    put(page, "土豆")
    page.get_by_role("button", name="去改单").click()
    page.get_by_role("button", name="就这样改").click()
    expect(page.get_by_text("土豆 × 3")).to_be_visible()

    page.get_by_role("link", name="撤单").click()
    page.get_by_role("button", name="撤单").click()
    expect(page.get_by_role("heading", name="这单撤掉了")).to_be_visible()
    db.session.rollback()
    assert scalar("SELECT state FROM orders WHERE household_id = :home", home=home) == "cancelled"


def test_everything_short_is_named_at_once_and_the_rest_of_the_basket_stays(house: House) -> None:
    house.scene.open_cycle()
    mine, neighbour = house.scene.homes(3)[7:9]
    page = house.resident(mine)
    scarce = [item for item in items_of(house.scene.menus[3]) if item.offered == 4 and item.cap >= 3][:2]
    put(page, scarce[0].name_zh, 2)
    put(page, scarce[1].name_zh, 2)
    put(page, "土豆")
    page.get_by_role("button", name="去下单").click()
    expect(page.get_by_role("button", name="就这样下单")).to_be_visible()
    sell_out(house, neighbour, [(scarce[0], 3), (scarce[1], 3)])
    page.get_by_role("button", name="就这样下单").click()

    notice = page.get_by_role("alert")
    for item in scarce:
        expect(notice).to_contain_text(f"{item.name_zh}：想要 2，只剩 1")
    expect(page.get_by_text("土豆 × 1")).to_be_visible()
    page.get_by_role("button", name="就这样下单").click()
    expect(page.get_by_text("下好了")).to_be_visible()
    expect(page.get_by_text(f"{scarce[0].name_zh} × 1")).to_be_visible()


def test_an_order_changed_on_another_phone_is_not_overwritten_unseen(house: House) -> None:
    house.scene.open_cycle()
    home = house.scene.homes(3)[7]
    old, new = house.resident(home), house.resident(home)
    put(old, "土豆")
    put(new, "番茄", 2)
    for page in (new, old):
        page.get_by_role("button", name="去下单").click()
    for page in (new, old):
        page.get_by_role("button", name="就这样下单").click()
    expect(old.get_by_role("alert")).to_contain_text("番茄 × 2")
    old.get_by_role("button", name="就这样改").click()
    expect(old.get_by_text("土豆 × 1")).to_be_visible()


def test_a_basket_is_kept_when_one_leaves_the_menu(house: House) -> None:
    house.scene.open_cycle()
    page = house.resident(house.scene.homes(3)[7])
    put(page, "土豆", 2)
    page.goto("/order")
    page.goto("/menu")
    expect(page.locator("[data-total]")).to_have_text("¥8.40")


def test_large_type_and_english_are_one_tap_away_and_remembered(house: House) -> None:
    house.scene.open_cycle()
    page = house.resident(house.scene.homes(3)[7])
    page.get_by_role("banner").get_by_role("link", name="大字").click()
    expect(page.locator("html")).to_have_attribute("data-type", "large")
    page.get_by_role("link", name="EN", exact=True).click()
    expect(page.get_by_role("heading", name="Grid menu")).to_be_visible()
    page.goto("/order")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-type", "large")


def sell_out(house: House, home: int, wanted: list[tuple[object, int]]) -> None:
    """Let a neighbour be quicker."""
    total = sum(item.price_fen * units for item, units in wanted)  # type: ignore[attr-defined]
    place_order(
        house.scene.coordinator,
        menu_id=house.scene.menus[3],
        household_id=home,
        expected=None,
        lines=[Line(item.id, units) for item, units in wanted],  # type: ignore[attr-defined]
        total_fen=total,
    )
