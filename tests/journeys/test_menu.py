"""A menu from its making to its last edit, on a lead's phone, each page looked at by axe."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.catalog.commands import open_cycle
from supplyhub.catalog.queries import edits_of, items_of
from supplyhub.db import db, scalar
from supplyhub.ordering.doors import contacts_for
from supplyhub.ordering.withdrawals import doors_withdrawn_from
from tests.journeys.looking import faults, scrolls_sideways

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House


def look(page: Page) -> None:
    """Find nothing wrong with a page, nor wider than the phone."""
    assert faults(page) == []
    assert not scrolls_sideways(page), page.url


def test_a_lead_publishes_a_draw_changes_a_price_and_withdraws_an_item(house: House) -> None:
    open_cycle(house.scene.coordinator, delivery_on=date.today() + timedelta(days=1))  # noqa: DTZ011
    page = house.staff("gridlead3")
    page.goto("/grid/publish")
    page.get_by_label("怎么分").select_option(label="公平摇号")
    page.get_by_label("先留给要照顾的").fill("30")
    for name, price in (("土豆", "4.00"), ("番茄", "2.00")):
        item = page.get_by_role("group", name=name, exact=True)
        item.get_by_label("价钱").fill(price)
        item.get_by_label("数量").fill("40")
    look(page)
    page.get_by_role("button", name="存好，看一看").click()
    expect(page.get_by_text("先留 30% 给要照顾的住户")).to_be_visible()
    expect(page.get_by_text("进价 ¥3.00 + 服务 ¥1.00")).to_be_visible()
    expect(page.get_by_text("，补贴 ¥")).to_be_visible()
    look(page)
    page.get_by_role("button", name="发布").click()

    page.locator("main a.row").filter(has_text="土豆").click()
    look(page)
    page.get_by_label("价钱").fill("三块八")
    page.get_by_role("button", name="改好，写在菜单上").click()
    expect(page.get_by_text("请填钱数，例如 4.80。")).to_be_visible()
    look(page)
    page.get_by_label("价钱").fill("3.80")
    page.get_by_role("button", name="改好，写在菜单上").click()
    expect(page.get_by_text("价格从 ¥4.00 改成 ¥3.80")).to_be_visible()

    page.locator("main a.row").filter(has_text="番茄").click()
    page.get_by_role("link", name="下架 番茄").click()
    expect(page.get_by_role("heading", name="下架 番茄？还没有人订。")).to_be_visible()
    look(page)
    page.get_by_role("link", name="先留着").click()
    page.get_by_role("link", name="下架 番茄").click()
    page.get_by_role("button", name="下架").click()
    expect(page.get_by_text("番茄 下架了")).to_be_visible()
    look(page)
    menu = int(scalar("SELECT id FROM menu"))
    assert [(edit.kind, edit.after) for edit in edits_of(menu)] == [("withdrawn", 0), ("price", 380)]
    assert scalar("SELECT count(*) FROM draw WHERE menu_id = :menu", menu=menu) == 1


def test_a_lead_withdraws_what_households_ordered_and_gets_their_doors_to_call(house: House) -> None:
    scene = house.scene.open_cycle().order(0.1)
    item = max(items_of(scene.menus[3]), key=lambda item: item.reserved)
    concerned = scalar("SELECT count(*) FROM order_line WHERE item_id = :item", item=item.id)
    page = house.staff("gridlead3")
    page.goto("/grid/menu")
    # Its kind may be folded: whatever is found is unfolded.
    page.get_by_role("searchbox", name="找菜").fill(item.name_zh)
    page.locator("main a.row").filter(has_text=f"{item.position} 号 {item.name_zh}").first.click()
    page.get_by_label("一共有多少").fill("1")
    page.get_by_role("button", name="改好，写在菜单上").click()
    expect(page.locator("#offered-error")).to_have_text(f"已经订出 {item.reserved}，不能比这少。")
    page.get_by_role("link", name="下架").click()
    expect(page.get_by_text(f"{concerned} 户会少这一样")).to_be_visible()
    look(page)
    page.get_by_role("button", name="下架").click()
    doors = page.locator("section").filter(has=page.get_by_role("heading", name="下架少了菜的"))
    expect(doors.get_by_text(f"{concerned} 户")).to_be_visible()
    expect(doors.get_by_role("link").first).to_have_attribute("href", "tel:" + first_phone(house))
    look(page)
    db.session.rollback()
    assert scalar("SELECT count(*) FROM withdrawn_line WHERE item_id = :item", item=item.id) == concerned


def first_phone(house: House) -> str:
    """Return the phone of the first door in walking order that lost something and has one."""
    db.session.rollback()
    lead = house.scene.leads[3]
    homes = [lines[0].household_id for lines in doors_withdrawn_from(house.scene.menus[3])]
    contacts = contacts_for(lead, homes, vault=house.scene.vault)
    return next(contacts[home].phone for home in homes if contacts[home].phone)
