"""Receiving by keyboard alone: a scanner is a keyboard that types fast and presses Enter."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from supplyhub.db import db, execute, rows, transaction
from tests.factories_depot import places
from tests.journeys.house import PC

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.house import House

MOST_TABS = 80
UNKNOWN = "6900000000000"


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says `words`."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        said = page.evaluate("(document.activeElement.ariaLabel ?? '') + document.activeElement.textContent")
        if words in said:
            return
    raise AssertionError(f"{words} can't be reached with Tab")


def scan(page: Page, code: str) -> None:
    """Type as a scanner does."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def focused(page: Page) -> str:
    """Return the name of the field that has the focus."""
    return str(page.evaluate("document.activeElement.name ?? ''"))


def a_photo(page: Page) -> bytes:
    """Draw a large picture, as a phone would send it."""
    drawn = page.evaluate(
        "() => { const c = document.createElement('canvas'); c.width = 2400; c.height = 1800;"
        " const d = c.getContext('2d'); d.fillStyle = '#a52'; d.fillRect(300, 200, 900, 700);"
        " return c.toDataURL('image/png'); }"
    )
    return base64.b64decode(drawn.partition(",")[2])


def first_lines(cycle: int) -> list[Any]:
    """Give the first two products of the first purchase order barcodes; return id, barcode and quantity."""
    with transaction():
        execute("UPDATE product SET barcode = CAST(6901000000000 + id AS text)")
        return rows(
            "SELECT l.id, p.barcode, l.quantity FROM purchase_order_line AS l"
            " JOIN offer AS o ON o.id = l.offer_id JOIN product AS p ON p.id = o.product_id"
            " WHERE l.purchase_order_id = (SELECT min(id) FROM purchase_order WHERE cycle_id = :cycle) AND l.quantity > 0"
            " ORDER BY p.sku LIMIT 2",
            cycle=cycle,
        )


def test_a_truck_is_received_by_keyboard_alone(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off().send()
    one, two = first_lines(scene.cycle)
    page = house.staff("depot", viewport=PC)
    tab_to(page, "收货")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="等车到")).to_be_visible()
    tab_to(page, "平台")
    page.keyboard.press("Enter")

    expect(page.get_by_label("送货单号").first).to_be_focused()
    scan(page, "SH-0412")
    scan(page, two.barcode)
    assert focused(page) == f"count_{two.id}"
    scan(page, "7")
    # Back at the scanner: the next product, and one that isn't on the order.
    scan(page, one.barcode)
    assert focused(page) == f"count_{one.id}"
    # Whoever scans on instead of typing a number hasn't counted nine hundred thousand.
    scan(page, two.barcode)
    assert focused(page) == f"count_{two.id}"
    scan(page, "8")
    scan(page, UNKNOWN)
    expect(page.get_by_role("alert")).to_contain_text(f"这张单上没有：{UNKNOWN}")
    expect(page.locator(f"#count_{two.id}")).to_have_value("8")
    assert focused(page) == "scan"
    scan(page, one.barcode)
    scan(page, "3")
    page.keyboard.press("Enter")
    assert focused(page) == "receive"
    page.keyboard.press("Enter")
    expect(page.get_by_text("入库了：2 种，11 件。")).to_be_visible()
    assert places() == {"inbound": 11}

    page.locator("select[name=lot]").focus()
    page.keyboard.press("ArrowDown")
    page.locator("input[name=photo]").set_input_files(
        {"name": "crushed.png", "mimeType": "image/png", "buffer": a_photo(page)}
    )
    # Shrunk on the way, as phones' photos are too large.
    expect(page.locator("input[name=photo]")).to_have_js_property("value", "C:\\fakepath\\photo.jpg")
    page.locator("input[name=quantity]").focus()
    scan(page, "2")
    expect(page.get_by_text("记下了。")).to_be_visible()
    expect(page.get_by_text("坏了 2，已报损")).to_be_visible()
    expect(page.get_by_role("img", name="照片：坏了")).to_have_js_property("naturalWidth", 1600)
    db.session.rollback()
    assert places() == {"inbound": 9, "waste": 2}


def test_a_scanner_works_without_script(house: House) -> None:
    scene = house.scene.open_cycle().order(0.03).cut_off().send()
    one, two = first_lines(scene.cycle)
    page = house.staff("depot", java_script_enabled=False)
    page.goto("/depot/receive")
    page.get_by_role("link", name=re.compile("平台")).first.click()
    page.get_by_label("送货单号").first.fill("SH-0413")
    page.get_by_label("扫条码，或输货号").focus()
    scan(page, two.barcode)
    count = page.locator(f"#count_{two.id}")
    expect(count).to_be_focused()
    page.keyboard.type("5")
    page.get_by_label("扫条码，或输货号").focus()
    scan(page, one.barcode)
    expect(page.locator(f"#count_{one.id}")).to_be_focused()
    expect(count).to_have_value("5")
    page.keyboard.type("0")
    page.get_by_role("button", name="入库").click()
    expect(page.get_by_text("入库了：2 种，5 件。")).to_be_visible()


def test_a_gift_of_something_new_is_taken_in_by_keyboard(house: House) -> None:
    house.scene.open_cycle().order(0.03).cut_off().send()
    page = house.staff("depot")
    page.goto("/depot/receive/extra/donation")
    page.get_by_label("谁送的").focus()
    scan(page, "青山饭店")
    page.get_by_label("条码、货号或品名").first.focus()
    scan(page, "毛豆")
    scan(page, "6")
    page.get_by_role("button", name="入库").click()
    expect(page.get_by_role("alert")).to_contain_text("有的品种还不认识")
    expect(page.get_by_label("到期日").first).to_be_focused()
    page.get_by_label("到期日").first.fill("2099-05-01")
    page.get_by_label("单位", exact=True).fill("袋")
    page.get_by_label("每件多少克").fill("500")
    page.get_by_role("button", name="入库").click()
    expect(page.get_by_text("入库了：1 种，6 件。")).to_be_visible()
    expect(page.get_by_role("heading", name="毛豆")).to_be_visible()
