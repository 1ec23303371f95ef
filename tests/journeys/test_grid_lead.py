"""A grid lead's day: making the menu, publishing it, calling the silent, ordering for somebody, following the tickets."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.catalog.commands import open_cycle
from supplyhub.db import db, row, scalar

if TYPE_CHECKING:
    from tests.journeys.house import House


def test_a_lead_makes_a_menu_looks_at_it_publishes_and_copies_the_relay(house: House) -> None:
    open_cycle(house.scene.coordinator, delivery_on=date.today() + timedelta(days=1))  # noqa: DTZ011
    page = house.staff("gridlead3")
    page.get_by_role("link", name="做菜单").click()
    potatoes = page.get_by_role("group", name="土豆", exact=True)
    potatoes.get_by_label("价钱").fill("四块二")
    potatoes.get_by_label("数量").fill("４０")
    potatoes.get_by_label("每户限").fill("3")
    page.get_by_role("button", name="存好，看一看").click()
    expect(page.get_by_text("请填钱数，例如 4.80。")).to_be_visible()
    potatoes.get_by_label("价钱").fill("4.25")
    page.get_by_role("button", name="存好，看一看").click()

    expect(page.get_by_text("¥4.25")).to_be_visible()
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_text("土豆 4.25元/份(每户限3份)")).to_be_visible()
    page.get_by_role("button", name="复制接龙").click()
    expect(page.get_by_role("button", name="复制好了，去群里粘贴")).to_be_visible()
    published = row(
        "SELECT m.state, i.price_fen, i.offered, i.cap FROM menu AS m JOIN menu_item AS i ON i.menu_id = m.id"
    )
    assert published is not None
    assert tuple(published) == ("published", 425, 40, 3)


def test_a_lead_notes_a_no_and_orders_for_somebody_who_called(house: House) -> None:
    scene = house.scene.open_cycle().order(0.2)
    page = house.staff("gridlead3")
    silent = page.locator(".row.call")
    door = silent.first.get_by_role("heading").inner_text().split()[0]
    silent.first.get_by_role("button", name="不需要").click()
    expect(page.get_by_text("记下了：这一期不需要。")).to_be_visible()
    expect(page.get_by_role("heading", name=door)).to_have_count(0)

    page.get_by_role("link", name="代下单").first.click()
    page.get_by_label("门牌").fill("47")
    page.get_by_role("button", name="找").click()
    page.locator("main a.row").first.click()
    page.get_by_role("button", name="土豆，加一份").locator("visible=true").click()
    page.get_by_role("button").filter(has_text="去").locator("visible=true").last.click()
    page.get_by_label("他家怎么说的").select_option("phone")
    page.get_by_role("button", name="就这样").click()
    expect(page.get_by_text("周平 替这家下的单（电话）")).to_be_visible()
    db.session.rollback()
    lead = scene.leads[3].account_id
    assert scalar("SELECT count(*) FROM orders WHERE placed_by = :lead AND channel = 'phone'", lead=lead) == 1


def test_a_lead_sees_which_door_had_a_problem(house: House) -> None:
    scene = house.scene.open_cycle().order(0.2).cut_off().send().receive().share().pack(3)
    scene.deliver(3, scene.claim(3), 3, failed=1)
    page = house.staff("gridlead3")
    page.get_by_role("navigation", name="去别处").get_by_role("link", name="配送").click()
    page.get_by_role("link", name="没人应门").click()
    expect(page.get_by_text("送到 2 /")).to_be_visible()
