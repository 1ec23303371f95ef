"""A grid lead's day: making the menu, publishing it, calling the silent, ordering for somebody, following the tickets."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.catalog.commands import open_cycle
from supplyhub.db import db, row, scalar
from supplyhub.ordering.calls import call_counts
from supplyhub.ordering.commands import decline
from tests.journeys.looking import faults
from tests.journeys.scene import PASSWORD

if TYPE_CHECKING:
    from tests.journeys.house import House
    from tests.journeys.scene import Scene


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


def test_a_lead_calls_the_silent_and_each_answer_moves_them(house: House) -> None:
    scene = house.scene.open_cycle().order(0.2)
    page = house.staff("gridlead3")
    assert faults(page) == []
    silent = page.locator(".row.call")
    first, second = (silent.nth(place).get_by_role("heading").inner_text() for place in (0, 1))
    assert re.search("[0-9]{7}", page.locator("main").inner_text()) is None
    expect(silent.first.get_by_role("link", name="打电话")).to_have_attribute("href", re.compile("^tel:1"))
    silent.first.get_by_role("button", name="不需要").click()
    expect(page.get_by_text("记下了：不需要。")).to_be_visible()
    expect(page.get_by_role("heading", name=first, exact=True)).to_have_count(0)
    expect(silent.first.get_by_role("heading")).to_have_text(second)

    page.get_by_role("link", name="看全部").click()
    expect(page.get_by_role("link", name="没打过")).to_contain_text(str(len(scene.homes(3)) - counted(scene)))
    page.locator(".row.call").first.locator("summary").click()
    page.locator(".row.call").first.get_by_role("button", name="没接").click()
    expect(page.get_by_role("heading", name=second, exact=True)).to_have_count(0)
    page.get_by_role("link", name="没接、再打").click()
    expect(page.locator(".row.call")).to_have_count(1)
    expect(page.locator(".row.call")).to_contain_text("没接 · 周平 · 打过 1 次")
    assert faults(page) == []


def counted(scene: Scene) -> int:
    """Return how many households of the lead's grid ordered or declined."""
    counts = call_counts(scene.leads[3], cycle_id=scene.cycle)
    db.session.rollback()
    return counts["ordered"] + counts["declined"]


def test_a_lead_asks_orders_for_somebody_and_reads_the_slip_back(house: House) -> None:
    scene = house.scene.open_cycle().order(0.2)
    page = house.staff("gridlead3")
    page.get_by_role("link", name="代下单").first.click()
    page.get_by_label("门牌、电话或姓名").fill("999-9")
    page.get_by_role("button", name="找").click()
    expect(page.get_by_text("本网格没有找到")).to_be_visible()
    page.get_by_label("门牌、电话或姓名").fill(said(scene.silent_home(3)))
    page.get_by_role("button", name="找").click()
    page.locator("main").get_by_role("link", name="代下单").first.click()

    expect(page.get_by_role("heading", name="他家同意了吗")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("在电话里同意了").check()
    page.get_by_role("button", name="同意了，去选菜").click()
    page.get_by_role("button", name="土豆，加一份").locator("visible=true").click()
    page.locator("[data-go]").click()
    expect(page.get_by_text("他家在电话里同意了")).to_be_visible()
    page.get_by_role("button", name="就这样").click()
    expect(page.get_by_text("周平（网格长）代下，电话")).to_be_visible()
    db.session.rollback()
    lead = scene.leads[3].account_id
    noted = row("SELECT p.channel, p.account_id FROM proxy_order AS p JOIN orders AS o ON o.id = p.order_id")
    assert noted is not None
    assert tuple(noted) == ("phone", lead)
    assert scalar("SELECT outcome FROM call_attempt WHERE account_id = :lead", lead=lead) == "ordered"

    page.get_by_role("link", name="回执").click()
    expect(page.locator("#slip")).to_contain_text("土豆 1份")
    expect(page.locator("#slip")).to_contain_text("周平（网格长）代下，电话")
    assert faults(page) == []
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("button", name="复制好了")).to_be_visible()
    printed = page.request.get(page.get_by_role("link", name="打印").get_attribute("href") or "")
    assert printed.body().startswith(b"%PDF")


def said(household: int) -> str:
    """Return a household's door as people say it."""
    home = row(
        "SELECT b.number AS building, h.unit_number, h.door FROM household AS h JOIN building AS b ON b.id = h.building_id"
        " WHERE h.id = :home",
        home=household,
    )
    db.session.rollback()
    assert home is not None
    return f"{home.building}-{home.unit_number}-{home.door}"


def test_an_anchor_orders_for_a_neighbour_and_learns_nothing_else_of_him(house: House) -> None:
    scene = house.scene.open_cycle()
    anchor, neighbour = scene.homes(3)[:2]
    page = house.resident(scene.appoint(anchor).homes(3)[0])
    page.get_by_role("link", name="替邻居下单").click()
    page.get_by_label("门牌").fill(said(neighbour).partition("-")[2])
    page.get_by_role("button", name="找").click()
    assert faults(page) == []
    page.locator("main a.row").first.click()
    expect(page.get_by_role("link", name="打电话")).to_have_count(0)
    page.get_by_label("在门口当面同意了").check()
    page.get_by_role("button", name="同意了，去选菜").click()
    page.get_by_role("button", name="土豆，加一份").locator("visible=true").click()
    page.locator("[data-go]").click()
    page.get_by_role("button", name="就这样").click()
    expect(page.get_by_text(f"{said(anchor)}（中心户）代下，上门")).to_be_visible()
    db.session.rollback()
    assert scalar("SELECT household_id FROM orders WHERE channel = 'doorstep'") == neighbour
    # The neighbour reads who did it.
    other = house.resident(neighbour)
    other.goto("/order")
    expect(other.get_by_text("（中心户）代下，上门")).to_be_visible()


def test_the_counts_go_on_while_the_page_is_open(house: House) -> None:
    scene = house.scene.open_cycle().order(0.05)
    page = house.device()
    page.clock.install()
    page.goto("/sign-in")
    page.get_by_label("登录名").fill("gridlead3")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/grid")
    before = call_counts(scene.leads[3], cycle_id=scene.cycle)
    db.session.rollback()
    expect(page.locator("[data-count=declined]")).to_have_text(str(before["declined"]))
    expect(page.get_by_role("link", name="再看一次")).to_be_hidden()
    decline(scene.coordinator, cycle_id=scene.cycle, household_id=scene.silent_home(3))
    page.clock.run_for(6_000)
    expect(page.locator("[data-count=declined]")).to_have_text(str(before["declined"] + 1))
    expect(page.locator("[data-count=silent]")).to_have_text(str(before["silent"] - 1))
    expect(page.get_by_role("link", name="再看一次")).to_be_visible()


def test_a_lead_sees_which_door_had_a_problem(house: House) -> None:
    scene = house.scene.open_cycle().order(0.2).cut_off().send().receive().share().pack(3)
    scene.deliver(3, scene.claim(3), 3, failed=1)
    page = house.staff("gridlead3")
    page.get_by_role("navigation", name="去别处").get_by_role("link", name="配送").click()
    page.get_by_role("link", name="没人应门").click()
    expect(page.get_by_text("送到 2 /")).to_be_visible()
