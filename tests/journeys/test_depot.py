"""The depot: sending, counting, sharing out, packing by code, crates to the point, handing over and refusing, taking back.

A board on the wall follows all of it without being touched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.delivery.commands import issue_tickets
from supplyhub.depot.commands import decide_shares, share_out
from tests.journeys.house import PC

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.journeys.house import House


CRATES_OF = "SELECT count(*) FROM crate AS c JOIN ticket AS t ON t.id = c.ticket_id WHERE t.code = :code"


def goto(page: Page, room: str) -> None:
    """Go to a room by the bar."""
    page.get_by_role("navigation", name="去别处").get_by_role("link", name=room).click()


def test_the_depot_takes_goods_in_packs_hands_over_and_takes_back(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off()
    with transaction():
        # The scales have a journey of their own.
        execute("UPDATE product SET by_weight = false")
    wall, page = house.staff("depot", viewport=PC), house.staff("depot", viewport=PC)
    wall.goto(f"/depot?wall=1&cycle={scene.cycle}")
    expect(on_board(wall, "purchase")).to_contain_text("2 单没发出")
    goto(page, "采购")
    for _ in range(2):
        page.get_by_role("button", name="记为已发出").first.click()
        expect(page.get_by_text("记为已发出。")).to_be_visible()
    expect(on_board(wall, "purchase")).to_contain_text("都已发出")

    page.get_by_role("link", name="数货入库").first.click()
    page.wait_for_load_state()
    page.locator("#note").fill("N-1")
    counts = page.locator("input[name^=count_]")
    # Enter goes to the next count, so that nothing is sent half counted.
    counts.first.fill("0")
    counts.first.press("Enter")
    for place in range(1, counts.count()):
        counts.nth(place).fill(counts.nth(place).get_attribute("placeholder") or "0")
    page.get_by_role("button", name="入库", exact=True).click()
    expect(page.get_by_text("入库了")).to_be_visible()
    goto(page, "收货")
    page.get_by_role("link", name="结束收货").click()
    page.get_by_role("button", name="结束收货").click()
    expect(page.get_by_text("收货结束。")).to_be_visible()
    expect(on_board(wall, "short")).to_contain_text("种待定")
    decide_shares(scene.depot, scene.cycle)
    for batch in (share_out, issue_tickets):
        batch(scene.cycle)
        db.session.commit()

    goto(page, "装袋")
    page.locator("main a.row").first.click()
    first = page.locator("h2.door").inner_text()
    page.get_by_role("button", name="装好了").click()
    expect(page.locator("h2.door")).not_to_have_text(first)
    page.get_by_label("扫或输入包裹码").fill("ZZZZZZ")
    page.get_by_label("扫或输入包裹码").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("ZZZZZZ")
    page.get_by_role("link", name="配货单").click()
    page.get_by_text("照纸装完了，一次记下来").click()
    page.get_by_role("button", name="都装好了").click()
    expect(page.get_by_role("heading", name="这个网格全装好了")).to_be_visible()
    expect(on_board(wall, "grid-3")).to_contain_text("已装袋")

    ticket = scene.claim(3, handed=False)
    crates = bring_the_crates(page)
    expect(on_board(wall, "grid-3")).to_contain_text("到配送点")
    hand_over(page, ticket, "5-001", crates)
    expect(page.get_by_role("alert")).to_contain_text("不能窜格：这张单是第三网格的")
    expect(page.get_by_role("alert")).to_contain_text(re.compile("请他到.+领"))
    assert scalar("SELECT count(*) FROM grid_refusal") == 1
    expect(wall.get_by_text("挡下一次窜格")).to_be_visible()
    hand_over(page, ticket, "3-001", crates + 1)
    expect(page.get_by_role("alert")).to_contain_text("筐数不对")
    hand_over(page, ticket, "3-001", int(scalar(CRATES_OF, code=ticket)))
    expect(page.get_by_text(re.compile("交给 3-001"))).to_be_visible()
    expect(on_board(wall, "grid-3")).to_contain_text("配送中")

    goto(page, "退回")
    page.get_by_role("link", name=ticket).click()
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="点清了，收单").click()
    expect(page.get_by_text(re.compile("^收单了"))).to_be_visible()
    db.session.rollback()
    assert {found.state for found in rows("SELECT state FROM ticket WHERE code = :code", code=ticket)} == {
        "handed_back"
    }


def on_board(wall: Page, part: str) -> Locator:
    """Return a part of a board that nobody touches."""
    return wall.locator(f"[data-part={part}]")


def bring_the_crates(page: Page) -> int:
    """Scan the first crate out, count the others; count all in at the delivery point. Return how many there are."""
    goto(page, "出库")
    page.locator("main a.row").first.click()
    codes = [found.code for found in rows("SELECT code FROM crate ORDER BY id")]
    page.get_by_label("扫或输入筐码").fill(codes[0].lower())
    page.get_by_label("扫或输入筐码").press("Enter")
    expect(page.get_by_text("1 筐出库了")).to_be_visible()
    if codes[1:]:
        page.get_by_label("或者一起点").first.fill(str(len(codes) - 1))
        page.get_by_role("button", name="全部出库").click()
    expect(page.get_by_text("都走了")).to_be_visible()
    page.get_by_label("或者一起点").fill(str(len(codes)))
    page.get_by_role("button", name="全部到了").click()
    expect(page.get_by_text(f"{len(codes)} 筐到了，都齐了。")).to_be_visible()
    return len(codes)


def hand_over(page: Page, ticket: str, badge: str, crates: int) -> None:
    """Type a ticket, a badge and how many crates there are."""
    goto(page, "交接")
    page.get_by_label("配送单", exact=True).fill(ticket.lower())
    page.get_by_label("志愿者证").fill(badge)
    page.get_by_label("几筐").fill(str(crates))
    page.get_by_role("button", name="交给他").click()
