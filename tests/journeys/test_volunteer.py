"""A volunteer's shift: claim, fetch, walk from door to door, note a problem, take back what is left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.db import db, rows
from supplyhub.delivery.commands import hand_over

if TYPE_CHECKING:
    from tests.journeys.house import House


def test_a_volunteer_claims_a_ticket_and_walks_it_to_the_end(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3)
    page = house.volunteer(3)
    expect(page.get_by_text("3-001", exact=True).first).to_be_visible()
    page.get_by_role("button", name=re.compile("^领配送单")).first.click()
    code = page.locator("p.door.code").inner_text()
    hand_over(scene.depot, ticket_code=code, badge_code="3-001")
    page.get_by_role("link", name="交接好了，开始送").click()

    doors = len(
        rows("SELECT s.id FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id WHERE t.code = :code", code=code)
    )
    for walked in range(doors - 1):
        expect(page.get_by_text(f"{walked} / {doors}")).to_be_visible()
        page.get_by_role("button", name=re.compile("^扫码付了" if walked == 1 else "^已收")).click()
        expect(page.get_by_text("已送达").first).to_be_visible()
    page.get_by_role("link", name="送不了，有问题").click()
    page.get_by_role("button", name="没人应门").click()

    expect(page.get_by_role("heading", name="每一户都走到了")).to_be_visible()
    expect(page.get_by_text("把 1 个包裹带回中转站")).to_be_visible()
    db.session.rollback()
    outcomes = [stop.outcome for stop in rows("SELECT outcome FROM stop WHERE outcome IS NOT NULL ORDER BY position")]
    assert outcomes == ["delivered"] * (doors - 1) + ["failed"]


def test_money_is_collected_corrected_and_counted_by_somebody_else(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3)
    code = scene.claim(3)
    page = house.volunteer(3)
    page.goto(f"/tickets/{code}")
    door = page.locator("h2.door").inner_text()
    page.get_by_role("button", name=re.compile("^已收")).click()
    expect(page.get_by_text(f"{door} 已送达")).to_be_visible()

    page.get_by_role("link", name=re.compile(rf"^{door}.*改钱数")).click()
    owed = page.get_by_label("一共收了（元）").input_value()
    page.get_by_label("一共收了（元）").fill("1")
    page.get_by_role("button", name="就这样记").click()
    expect(page.get_by_text(re.compile("^少收了"))).to_be_visible()
    page.get_by_label("少收的先欠着").check()
    page.get_by_role("button", name="就这样记").click()
    expect(page.get_by_text("现金 ¥1.00")).to_be_visible()

    desk = house.staff("depot")
    desk.goto(f"/depot/returns/{code}")
    for box in desk.get_by_role("checkbox").all():
        box.check()
    desk.get_by_label("点到的现金（元）").fill("0.5")
    desk.get_by_role("button", name="点清了，收单").click()
    expect(desk.get_by_text(re.compile("和账上差 −¥0.50"))).to_be_visible()
    desk.get_by_label("差多少、为什么").fill("少了五角")
    desk.get_by_role("button", name="点清了，收单").click()
    expect(desk.get_by_text(re.compile("^收单了"))).to_be_visible()
    db.session.rollback()
    (count,) = rows("SELECT expected_fen, counted_fen, note FROM cash_count")
    assert (tuple(count), float(owed) > 1) == ((100, 50, "少了五角"), True)


def test_a_volunteer_sees_no_door_of_a_ticket_that_is_not_the_own(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share().pack(3)
    code = scene.claim(3)
    door = rows(
        "SELECT h.door FROM stop AS s JOIN orders AS o ON o.id = s.order_id JOIN household AS h ON h.id = o.household_id"
    )
    page = house.volunteer(5)
    answer = page.goto(f"/tickets/{code}")
    assert answer is not None
    assert answer.status == 404
    assert not any(re.search(rf"-{found.door}\b", page.content()) for found in door)
