"""A household asks in a draw, waits, is told what it drew and why, and checks the list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from supplyhub.catalog import commands as catalog
from supplyhub.db import execute, transaction
from supplyhub.ordering.draw.checking import check, read
from supplyhub.ordering.draw.commands import draw_menu
from tests.drill import drilled
from tests.journeys.looking import faults
from tests.journeys.scene import DRAWN

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House

ASKING = 24


@pytest.mark.parametrize("script", drilled(True, False))
def test_a_household_asks_waits_and_is_told_what_it_drew_and_why(house: House, *, script: bool) -> None:
    menu = house.scene.open_draw(3)
    mine = house.scene.homes(3)[3]
    page = house.resident(mine) if script else without_script(house, mine)
    page.goto("/order")
    expect(page.get_by_role("heading", name="等摇号")).to_be_visible()
    own = page.locator("section", has=page.get_by_role("heading", name="我家的签")).locator("li .code")
    expect(own).to_have_count(2 * len(DRAWN))
    slip = own.first.inner_text()
    page.get_by_role("link", name="怎么摇，公平不公平").click()
    promised = page.locator("#seed-hash").inner_text()
    assert_usable(page, script=script)

    with transaction():
        execute("UPDATE menu SET cutoff_at = clock_timestamp() WHERE id = :menu", menu=menu)
    catalog.close_due_menus()
    page.goto("/order")
    expect(page.get_by_role("heading", name="正在摇号")).to_be_visible()
    with transaction():
        draw_menu(menu, vault=house.scene.vault)
    page.goto("/order")
    expect(page.get_by_role("heading", name="摇号结果")).to_be_visible()
    expect(page.get_by_text("都有了").first).to_be_visible()
    assert_usable(page, script=script)

    page.get_by_role("link", name="看整张名单，自己核对").click()
    page.get_by_label("查一支签").fill(slip.lower())
    page.get_by_role("button", name="查", exact=True).click()
    expect(page.get_by_role("status").get_by_text(slip)).to_be_visible()
    with page.expect_download() as handed:
        page.get_by_role("link", name="下载 JSON").click()
    published = read(handed.value.path().read_text(encoding="utf-8"))
    assert check(published, promised) == []
    assert_usable(page, script=script)
    page.get_by_role("link", name=re.compile("名单前")).first.click()
    expect(page.locator("tbody tr")).to_have_count(2 * ASKING)
    assert_usable(page, script=script)


def assert_usable(page: Page, *, script: bool) -> None:
    """Let axe look at the page; it needs script."""
    assert not script or faults(page) == []


def without_script(house: House, household: int) -> Page:
    """Return the phone of a household whose browser runs no script."""
    page = house.device(java_script_enabled=False)
    page.goto("/card")
    page.get_by_label("户卡上的字").fill(house.scene.card(household))
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="是我家").click()
    return page
