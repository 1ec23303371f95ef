"""The depot: sending, counting with the keyboard, sharing out, packing by code, handing over and refusing, taking back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.db import db, rows, scalar
from supplyhub.delivery.commands import issue_tickets
from supplyhub.depot.commands import share_out
from tests.journeys.house import PC

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House


def goto(page: Page, room: str) -> None:
    """Go to a room by the bar."""
    page.get_by_role("navigation", name="去别处").get_by_role("link", name=room).click()


def test_the_depot_takes_goods_in_packs_hands_over_and_takes_back(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off()
    page = house.staff("depot", viewport=PC)
    goto(page, "采购")
    for _ in range(2):
        page.get_by_role("button", name="记为已发出").first.click()
        expect(page.get_by_text("记为已发出。")).to_be_visible()

    page.get_by_role("link", name="数货入库").first.click()
    page.get_by_label("送货单号").fill("N-1")
    counts = page.locator("input[name^=count_]")
    # Enter goes to the next count, so that nothing is sent half counted.
    counts.first.fill("0")
    counts.first.press("Enter")
    expect(counts.nth(1)).to_be_focused()
    for place in range(1, counts.count()):
        counts.nth(place).fill(counts.nth(place).get_attribute("placeholder") or "0")
    page.get_by_role("button", name="入库").click()
    expect(page.get_by_text("入库了")).to_be_visible()

    page.get_by_role("link", name="结束收货").click()
    page.get_by_role("button", name="结束收货").click()
    expect(page.get_by_text("收货结束。")).to_be_visible()
    share_out(scene.cycle)
    issue_tickets(scene.cycle)
    db.session.commit()
    goto(page, "缺货")
    expect(page.get_by_role("table")).to_be_visible()

    goto(page, "装袋")
    page.locator("main a.row").first.click()
    first = page.locator("h2.door").inner_text()
    page.get_by_role("button", name="装好了").click()
    expect(page.locator("h2.door")).not_to_have_text(first)
    page.get_by_label("扫或输入包裹码").fill("ZZZZZZ")
    page.get_by_label("扫或输入包裹码").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("没有这个包裹：ZZZZZZ")
    page.get_by_role("link", name="配货单").click()
    page.get_by_text("照纸装完了，一次记下来").click()
    page.get_by_role("button", name="都装好了").click()
    expect(page.get_by_role("heading", name="这个网格全装好了")).to_be_visible()

    ticket = scene.claim(3, handed=False)
    hand_over(page, ticket, "5-001")
    expect(page.get_by_role("alert")).to_contain_text("不能窜格：这张单是第三网格的")
    expect(page.get_by_role("alert")).to_contain_text(re.compile("请他到.+领"))
    assert scalar("SELECT count(*) FROM grid_refusal") == 1
    hand_over(page, ticket, "3-001")
    expect(page.get_by_text(re.compile("^交给 3-001"))).to_be_visible()

    goto(page, "退回")
    page.get_by_role("link", name=ticket).click()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="点清了，收单").click()
    expect(page.get_by_text(re.compile("^收单了"))).to_be_visible()
    db.session.rollback()
    assert {found.state for found in rows("SELECT state FROM ticket WHERE code = :code", code=ticket)} == {"done"}


def hand_over(page: Page, ticket: str, badge: str) -> None:
    """Type a ticket and a badge."""
    goto(page, "交接")
    page.get_by_label("配送单", exact=True).fill(ticket.lower())
    page.get_by_label("志愿者证").fill(badge)
    page.get_by_role("button", name="交给他").click()
