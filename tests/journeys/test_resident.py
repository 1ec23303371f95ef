"""A household's way: card, menu, basket, order, change, cancel; with script and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from supplyhub.catalog.editing import withdraw_item
from supplyhub.catalog.queries import items_of
from supplyhub.db import db, scalar
from supplyhub.errors import BusyError
from supplyhub.ordering import commands
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from tests.drill import in_the_drill
from tests.journeys.looking import faults, scrolls_sideways

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.journeys.house import House


def row(page: Page, name: str) -> Locator:
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


def test_the_menu_is_searched_while_one_types(house: House) -> None:
    house.scene.open_cycle()
    page = house.resident(house.scene.homes(3)[7])
    typed = page.get_by_role("searchbox", name="找菜")
    for words in ("fanqie", "fq", "番茄", "西红柿", "xihongshi", "tomato"):
        typed.fill(words)
        expect(row(page, "番茄")).to_be_visible()
        expect(row(page, "土豆")).to_be_hidden()
    put(page, "番茄")
    typed.fill("zzzz")
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="看全部的菜").click()
    expect(row(page, "土豆")).to_be_visible()
    expect(page.locator("[data-total]")).to_have_text("¥4.60")


def test_without_script_the_menu_is_searched_and_a_wish_is_kept(house: House) -> None:
    house.scene.open_cycle()
    page = house.device(java_script_enabled=False)
    page.context.add_cookies(house.resident(house.scene.homes(3)[7]).context.cookies())
    page.goto("/menu")
    page.get_by_role("searchbox", name="找菜").fill("td")
    page.get_by_role("button", name="找", exact=True).click()
    expect(row(page, "番茄")).to_be_hidden()
    put(page, "土豆", 2)
    expect(row(page, "番茄")).to_be_hidden()
    page.get_by_role("button", name="去下单").click()
    page.get_by_text("菜不够时怎么办").click()
    page.get_by_label("土豆", exact=True).select_option("call")
    page.get_by_role("button", name="再加点别的").click()
    put(page, "番茄")
    page.get_by_role("button", name="去下单").click()
    page.get_by_label("番茄", exact=True).select_option(label="换成小番茄 ¥6.50")
    page.get_by_role("button", name="就这样下单").click()
    expect(page.get_by_text("不够时：打电话问我")).to_be_visible()
    expect(page.get_by_text("不够时：换成小番茄")).to_be_visible()


def test_a_keyboard_is_enough_and_stays_where_it_was(house: House) -> None:
    house.scene.open_cycle()
    page = house.resident(house.scene.homes(3)[7])
    tab_to(page, "找菜")
    page.keyboard.type("td")
    tab_to(page, "土豆，加一份")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("[data-total]")).to_have_text("¥8.40")
    expect(page.get_by_role("status").filter(has_text="1 种 · 2 件")).to_have_text("1 种 · 2 件 ¥8.40")
    tab_to(page, "去下单")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    assert faults(page) == []
    tab_to(page, "菜不够时怎么办")
    page.keyboard.press("Enter")
    tab_to(page, "土豆")
    page.keyboard.press("ArrowDown")
    assert faults(page) == []
    tab_to(page, "就这样下单")
    page.keyboard.press("Enter")
    expect(page.get_by_text("不够时：不够就不要了")).to_be_visible()
    assert faults(page) == []


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus; it must be in sight, beside what floats over the page."""
    for _ in range(140):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found["name"].startswith(name):
            assert found["seen"], found
            return
    raise AssertionError(f"no Tab leads to {name}")


FOCUSED = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect();
  const name = it.getAttribute("aria-label") ?? it.labels?.[0]?.textContent ?? it.textContent;
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return { name: name.trim(), seen: top !== null && (it.contains(top) || top.contains(it)) };
}"""


def test_an_item_withdrawn_while_it_is_in_the_basket_is_named_and_the_rest_is_ordered(house: House) -> None:
    house.scene.open_cycle()
    menu = house.scene.menus[3]
    page = house.resident(house.scene.homes(3)[7])
    put(page, "土豆")
    put(page, "番茄", 2)
    page.get_by_role("button", name="去下单").click()
    expect(page.get_by_text("番茄 × 2")).to_be_visible()
    withdraw_item(house.scene.leads[3], menu, next(item.id for item in items_of(menu) if item.name_zh == "番茄"))
    page.get_by_role("button", name="就这样下单").click()
    expect(page.get_by_role("alert")).to_contain_text("番茄：刚刚下架了")
    assert faults(page) == []
    page.get_by_role("button", name="就这样下单").click()
    expect(page.get_by_text("土豆 × 1")).to_be_visible()
    page.get_by_role("link", name="改一改").click()
    expect(row(page, "番茄").get_by_text("下架了", exact=True)).to_be_visible()


def test_a_full_house_is_waited_for_without_a_hand(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.scene.open_cycle()
    page = house.resident(house.scene.homes(3)[7])
    put(page, "土豆")
    page.get_by_role("button", name="去下单").click()
    real, turned_away = commands.place_order, []

    def twice_full(*args: Any, **values: Any) -> Any:
        turned_away.append(values)
        if len(turned_away) <= 2:
            raise BusyError("many at once", retry_after_seconds=1)
        return real(*args, **values)

    monkeypatch.setattr(commands, "place_order", twice_full)
    page.get_by_label("要说的话").fill("放门口")
    page.get_by_role("button", name="就这样下单").click()
    expect(page.get_by_role("heading", name="人多，正在排队")).to_be_visible()
    expect(page.get_by_text("排着队，轮到就自动送出，不用动。")).to_be_visible()
    assert faults(page) == []
    expect(page.get_by_text("下好了")).to_be_visible()
    expect(page.get_by_text("放门口")).to_be_visible()
    assert len(turned_away) == 3


@in_the_drill
def test_a_second_tab_sees_that_it_changes_what_the_first_ordered(house: House) -> None:
    house.scene.open_cycle()
    first = house.resident(house.scene.homes(3)[7])
    second = first.context.new_page()
    second.goto("/menu")
    put(first, "土豆")
    first.get_by_role("button", name="去下单").click()
    first.get_by_role("button", name="就这样下单").click()
    expect(first.get_by_text("下好了")).to_be_visible()
    put(second, "番茄")
    second.get_by_role("button", name="去下单").click()
    expect(second.get_by_role("button", name="就这样改")).to_be_visible()


@in_the_drill
def test_the_narrowest_phone_in_large_type_needs_no_sideways_scrolling(house: House) -> None:
    house.scene.open_cycle()
    page = house.resident(house.scene.homes(3)[7], viewport={"width": 320, "height": 640})
    for lang in ("zh", "en"):
        for name, value in (("type", "large"), ("lang", lang)):
            page.context.add_cookies([{"name": name, "value": value, "url": house.site}])
        page.goto("/menu")
        page.locator("button[name=more]:visible").first.click()
        assert not scrolls_sideways(page)
        page.locator("[data-go]").click()
        page.wait_for_load_state()
        for fold in page.locator("details summary").all():
            fold.click()
        assert not scrolls_sideways(page)
