"""A lead's evening with the group's chain: paste, mend in place, apply, paste the longer one; the web in between."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from supplyhub.catalog.queries import items_of
from supplyhub.db import db, rows, scalar
from supplyhub.ordering import commands as ordering
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.relay.sheets import LONGEST_RELAY
from supplyhub.residents.asking import asker_of
from tests.journeys.looking import faults, scrolls_sideways
from tests.journeys.relay_chain import CHAIN, LONGER

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House

# While the pages are being worked on: RELAY_SHOTS=/some/folder draws each of them.
SHOTS = os.environ.get("RELAY_SHOTS")


@pytest.fixture
def lead(house: House) -> Page:
    """Return the phone of the third grid's lead, its menu open."""
    house.scene.open_cycle()
    return house.staff("gridlead3")


def look_at(page: Page, name: str) -> None:
    """Let axe look at a page, and see that it doesn't scroll sideways."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    assert faults(page) == [], name
    assert not scrolls_sideways(page), name


def paste(page: Page, text: str) -> None:
    """Paste a chain and look through it."""
    page.goto("/grid/relay")
    page.get_by_label("群里的接龙，整段贴进来").fill(text)
    page.get_by_role("button", name="核对").click()


def ordered(door: str) -> dict[str, int]:
    """Return what a door of building 47 or 58 has in its order."""
    db.session.rollback()
    number, unit, door = door.split("-")
    found = rows(
        "SELECT p.name_zh, l.quantity FROM orders AS o JOIN order_line AS l ON l.order_id = o.id"
        " JOIN menu_item AS i ON i.id = l.item_id JOIN offer AS f ON f.id = i.offer_id JOIN product AS p ON p.id = f.product_id"
        " JOIN household AS h ON h.id = o.household_id JOIN building AS b ON b.id = h.building_id"
        " WHERE b.number = :number AND h.unit_number = :unit AND h.door = :door",
        number=int(number),
        unit=int(unit),
        door=door,
    )
    return {line.name_zh: line.quantity for line in found}


def test_a_lead_pastes_the_chain_mends_it_in_place_and_applies_it(lead: Page) -> None:
    page = lead
    page.get_by_role("link", name="群里接完了，贴回来").click()
    look_at(page, "paste")
    paste(page, CHAIN)
    expect(page.get_by_role("heading", name="要你看一眼")).to_be_visible()
    expect(page.get_by_text("按 1 记")).to_be_visible()
    look_at(page, "review")

    page.get_by_role("button", name="大白菜 3").click()
    # The fourth is ordered as it was read; the first of those without a door gets one here.
    page.get_by_text("选门牌").first.click()
    page.get_by_label("门牌").locator("visible=true").fill("47-2-203")
    page.get_by_label("要什么").locator("visible=true").fill("土豆2 白菜")
    look_at(page, "mending")
    page.get_by_role("button", name="就这样").locator("visible=true").click()
    page.get_by_role("button", name="第 7 条不算").click()
    expect(page.get_by_role("button", name="再想想")).to_have_count(3)
    look_at(page, "mended")
    page.get_by_role("button", name="确认 7 单").click()

    expect(page.get_by_text("下了 7 单，改了 0 单，撤了 0 单。")).to_be_visible()
    look_at(page, "done")
    assert ordered("47-1-101") == {"大白菜": 1, "番茄": 2}
    assert ordered("47-2-203") == {"土豆": 2, "大白菜": 1}
    assert ordered("58-2-301")["大白菜"] == 3


def test_the_longer_chain_applies_only_the_difference_and_the_web_wins(house: House, lead: Page) -> None:
    page = lead
    paste(page, CHAIN)
    page.get_by_role("button", name="确认 5 单").click()
    expect(page.get_by_text("下了 5 单")).to_be_visible()
    change_on_the_web(house, "58-1-403")

    paste(page, LONGER)
    expect(page.get_by_role("heading", name="已在网上改过")).to_be_visible()
    look_at(page, "longer")
    page.get_by_role("button", name="确认 1 单、撤 1 单").click()
    expect(page.get_by_text("下了 0 单，改了 1 单，撤了 1 单。")).to_be_visible()
    assert ordered("47-1-101") == {"大白菜": 1, "番茄": 2, "空心菜": 1}
    assert (ordered("47-1-301"), ordered("58-1-403")) == ({}, {"土豆": 1})

    paste(page, LONGER)
    page.get_by_role("button", name="58-1-403 照接龙改").click()
    page.get_by_role("button", name="确认 1 单").click()
    expect(page.get_by_text("改了 1 单")).to_be_visible()
    assert ordered("58-1-403") == {"大白菜": 1, "香蕉": 2}


def change_on_the_web(house: House, door: str) -> None:
    """Let the household at a door of the fifty-eighth building take potatoes instead."""
    home = int(
        scalar(
            "SELECT h.id FROM household AS h JOIN building AS b ON b.id = h.building_id"
            " WHERE b.number = 58 AND h.unit_number = 1 AND h.door = :door",
            door=door.rpartition("-")[2],
        )
    )
    account = scalar("SELECT account_id FROM household WHERE id = :home", home=home)
    menu = house.scene.menus[3]
    potatoes = next(item for item in items_of(menu) if item.name_zh == "土豆")
    resident = asker_of(account)
    assert resident is not None
    ordering.place_order(
        resident,
        menu_id=menu,
        household_id=home,
        expected=1,
        lines=[Line(potatoes.id, 1)],
        total_fen=potatoes.price_fen,
    )


def test_without_script_the_chain_is_pasted_mended_and_applied(house: House) -> None:
    house.scene.open_cycle()
    page = house.staff("gridlead3", java_script_enabled=False)
    paste(page, CHAIN)
    page.get_by_role("button", name="第 6 条不算").click()
    page.get_by_role("button", name="确认 5 单").click()
    expect(page.get_by_text("下了 5 单")).to_be_visible()


def test_a_text_that_is_too_long_is_said_to_be_before_it_is_sent(lead: Page) -> None:
    lead.goto("/grid/relay")
    lead.get_by_label("群里的接龙，整段贴进来").fill("一" * (LONGEST_RELAY + 1))
    expect(lead.get_by_text("太长了：有 100,001 个字，最多 100,000 个。")).to_be_visible()
    lead.get_by_role("button", name="核对").click()
    assert len(lead.get_by_label("群里的接龙，整段贴进来").input_value()) == LONGEST_RELAY + 1


def test_a_lead_teaches_another_name_and_the_chain_reads_it(lead: Page) -> None:
    page = lead
    text = "1. 47-1-101 圆滚滚2"
    paste(page, text)
    expect(page.get_by_text("认不出")).to_be_visible()
    page.goto("/grid/aliases")
    look_at(page, "aliases")
    page.get_by_label("哪样菜").select_option(label="土豆")
    page.get_by_label("群里的叫法").fill("圆滚滚")
    page.get_by_role("button", name="记下").click()
    expect(page.get_by_text("记下了：圆滚滚。")).to_be_visible()
    expect(page.get_by_role("button", name="拿掉“圆滚滚”")).to_be_visible()
    look_at(page, "aliases-open")
    paste(page, text)
    page.get_by_role("button", name="确认 1 单").click()
    assert ordered("47-1-101") == {"土豆": 2}
