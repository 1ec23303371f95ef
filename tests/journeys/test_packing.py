"""Packing in a real browser: tap, scan with the keyboard of a scanner, weigh, a whole crate, print again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from supplyhub.db import execute, row, scalar, transaction
from tests.journeys.house import PC
from tests.journeys.test_depot import goto
from tests.printed import codes_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House


def pack_the_one_in_front(page: Page) -> None:
    """Weigh what is to be weighed as its hint says, and note the parcel as packed."""
    code = page.locator("input[type=hidden][name=code]").get_attribute("value")
    for scale in page.locator("input[name^=grams_]").all():
        hint = page.locator(f"#{scale.get_attribute('id')}-hint").inner_text()
        number, unit = re.findall(r"([0-9.]+)\s(kg|g)", hint)[0]
        scale.fill(str(round(float(number) * (1000 if unit == "kg" else 1))))
    page.get_by_role("button", name="装好了", exact=True).click()
    expect(page.locator(f"input[type=hidden][name=code][value='{code}']")).to_have_count(0)


def scan(page: Page, code: str) -> None:
    """Scan a code: the scanner types it and presses Enter."""
    field = page.get_by_label("扫或输入包裹码、筐码")
    field.fill(code.lower())
    field.press("Enter")


def test_the_depot_packs_by_parcel_by_crate_and_by_weight_and_prints_a_label_again(house: House) -> None:
    house.scene.open_cycle().order(0.05).cut_off().send().receive().share()
    with transaction():
        # One product is weighed, whatever the dice chose.
        execute("UPDATE product SET by_weight = false")
    plain = row("SELECT code FROM parcel ORDER BY position LIMIT 1")
    page = house.staff("depot", viewport=PC)
    goto(page, "装袋")
    scan(page, plain.code)
    expect(page.locator("h2.door")).to_be_visible()
    scan(page, plain.code)
    expect(page.get_by_text("装好了，还剩")).to_be_visible()
    scan(page, plain.code)
    expect(page.get_by_role("alert")).to_contain_text(f"包裹 {plain.code} 已经装过了：林海，今天")

    crate = scalar(
        "SELECT k.code FROM crate AS k JOIN stop AS s ON s.ticket_id = k.ticket_id"
        " AND s.position BETWEEN k.first_position AND k.last_position JOIN parcel AS p ON p.id = s.parcel_id"
        " WHERE p.state = 'planned' GROUP BY k.id HAVING count(*) > 1 ORDER BY k.id LIMIT 1"
    )
    scan(page, crate)
    page.get_by_role("button", name="整筐都装好了").click()
    expect(page.get_by_text("装好了，还剩")).to_be_visible()
    page.goto(page.url.split("?", maxsplit=1)[0] + f"?crate={crate}")
    expect(page.get_by_role("heading", name="这一筐装好了")).to_be_visible()

    with transaction():
        execute(
            "UPDATE product SET by_weight = true WHERE id = (SELECT o.product_id FROM allocation AS a"
            " JOIN parcel AS p ON p.order_id = a.order_id AND p.state = 'planned' JOIN menu_item AS i ON i.id = a.item_id"
            " JOIN offer AS o ON o.id = i.offer_id WHERE a.allocated > 0 ORDER BY p.position, a.item_id LIMIT 1)"
        )
    page.get_by_role("link", name="装下一筐").click()
    scale = page.locator("input[name^=grams_]").first
    scale.fill("900000")
    page.get_by_role("button", name="装好了", exact=True).click()
    expect(page.get_by_text("没错就再点一次")).to_be_visible()
    pack_the_one_in_front(page)
    assert scalar("SELECT count(*) FROM parcel_weight") >= 1

    page.get_by_role("link", name="打印标签").click()
    page.get_by_label("哪几张的码").fill(plain.code)
    with page.expect_request(lambda request: "labels.pdf" in request.url) as asked:
        page.get_by_role("button", name="补打").click()
    pdf = page.context.request.get(asked.value.url).body()
    assert {code for sheet in codes_of(pdf) for code in sheet} == {plain.code}
