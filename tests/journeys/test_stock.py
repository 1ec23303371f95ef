"""The stock: what came back is dealt with, a shelf is counted by one and booked by another, goods are written off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.db import rows, scalar
from supplyhub.delivery.commands import hand_back
from tests.journeys.house import PC

if TYPE_CHECKING:
    from tests.journeys.house import House
    from tests.journeys.scene import Scene


def shared(scene: Scene) -> Scene:
    """Go on to parcels of a grid, of which some came back."""
    scene.items = 9
    scene.open_cycle().order(0.03).cut_off().send().receive().share()
    scene.pack(3)
    code = scene.claim(3)
    scene.deliver(3, code, 2)
    left = rows(
        "SELECT p.code FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id JOIN ticket AS t ON t.id = s.ticket_id"
        " WHERE t.code = :code AND s.outcome IS NULL",
        code=code,
    )
    hand_back(scene.depot, ticket_code=code, parcel_codes=[parcel.code for parcel in left], unvisited=True)
    return scene


def test_what_came_back_is_looked_at_and_spoiled_goods_are_written_off(house: House) -> None:
    shared(house.scene)
    page = house.staff("depot", viewport=PC)
    page.goto("/depot/returns")
    page.get_by_role("link", name=re.compile("^退回 .* 件等着查")).click()
    page.locator("main .lots .row").first.click()
    back = int(page.locator("#back").input_value())
    page.get_by_role("button", name="查过，回架上").click()
    expect(page.get_by_text("查过了，回架上。")).to_be_visible()
    assert scalar("SELECT sum(quantity) FROM movement WHERE from_place = 'returned' AND to_place = 'shelf'") == back

    form = page.locator("form[action$='write-off']")
    form.get_by_label("几件").fill("1")
    form.get_by_label("为什么").select_option("spoiled")
    form.get_by_role("button", name="报损").click()
    expect(page.get_by_text("报损 1 件，记下了。")).to_be_visible()
    assert scalar("SELECT sum(quantity) FROM movement WHERE to_place = 'waste'") == 1


def test_one_counts_on_the_phone_and_another_books(house: House) -> None:
    shared(house.scene)
    phone = house.staff("depot")
    phone.goto("/depot/stocktakes")
    phone.get_by_role("button", name="开始数架上").click()
    counts = phone.locator("input[name^=count_]")
    here = {
        f"count_{level.lot_id}": level.quantity
        for level in rows("SELECT lot_id, quantity FROM stock_level WHERE place = 'shelf' AND quantity > 0")
    }
    expect(counts).to_have_count(len(here))
    names = [counts.nth(place).get_attribute("name") or "" for place in range(counts.count())]
    assert set(names) == set(here)
    for place, name in enumerate(names):
        counts.nth(place).fill(str(here[name] - (place == 0)))
    phone.get_by_role("button", name="数完了").click()
    expect(phone.get_by_text("等另一位同事")).to_be_visible()

    page = house.staff("coordinator", viewport=PC)
    page.goto(phone.url)
    page.locator("select[name^=reason_]").select_option("lost")
    page.get_by_role("button", name="记账").click()
    expect(page.get_by_text("盘点记了账：1 批有差异。")).to_be_visible()
    assert scalar("SELECT sum(quantity) FROM movement WHERE to_place = 'count'") == 1
