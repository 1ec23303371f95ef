"""What goes to a platform: spreadsheet, CSV, printed sheet, text; and what comes back filled in."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from supplyhub.db import db
from supplyhub.depot.commands import confirm_from_sheet
from supplyhub.depot.purchase_queries import purchase_order_for
from supplyhub.depot.sheets import read_confirmation
from supplyhub.errors import NotFoundError
from supplyhub.reports.purchase import (
    PurchaseLine,
    PurchaseSheet,
    purchase_csv,
    purchase_pdf,
    purchase_sheet,
    purchase_text,
    purchase_xlsx,
)
from tests.factories_depot import Town

LINE = PurchaseLine("V001", "6901234567890", "大白菜", "份", 10, 4, 40, 350)
SHEET = PurchaseSheet(
    community="滨江社区",
    platform="甲",
    number=17,
    cycle_number=3,
    delivery_on=date(2026, 4, 12),
    lines=[LINE, replace(LINE, sku="V002", barcode="", name="土豆", case_size=20, cases=1, quantity=20, cost_fen=300)],
    printed=datetime(2026, 4, 11, 21, 5, tzinfo=UTC),
)


@pytest.fixture
def town(database: None) -> Town:
    town = Town(homes=1, skus=("V001", "V002"))
    town.everybody_orders(V001=4, V002=4)
    town.cut_off()
    town.send()
    return town


def cells(data: bytes) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [list(row) for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]


def pages(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def test_the_text_for_the_chat_says_what_and_when_and_how_much():
    assert purchase_text(SHEET).splitlines() == [
        "【滨江社区 采购单 17】",
        "甲平台 · 第3期 · 4月12日（周日）送到居民家，请在这之前到货",
        "1. 大白菜 4箱×10份（共40份） 进价3.50元",
        "2. 土豆 1箱×20份（共20份） 进价3.00元",
        "共2种，5箱，200.00元",
        "收到请回；哪样不够、价钱变了，请先说一声。",
    ]


def test_the_spreadsheet_has_the_lines_and_a_sum_and_numbers_are_numbers():
    rows = cells(purchase_xlsx(SHEET))
    assert rows[0][0] == "滨江社区 采购单 17"
    assert rows[5] == ["V001", "6901234567890", "大白菜", "份", 10.0, 4.0, 40.0, 3.5, 140.0, "", ""]
    assert rows[7][4:9] == ["合计", 5.0, 60.0, "", 200.0]


def test_the_csv_file_has_the_same_lines():
    header, first, second = purchase_csv(SHEET).decode("utf-8-sig").splitlines()
    assert header.startswith("货号,条码,品名")
    assert first == "V001,6901234567890,大白菜,份,10,4,40,3.50,140.00,,"
    assert second.startswith("V002,,土豆,份,20,1,20,3.00,60.00")


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_no_name_becomes_a_formula(name):
    sheet = replace(SHEET, lines=[replace(LINE, name=name)])
    assert cells(purchase_xlsx(sheet))[5][2] == name
    assert f",'{name}," in purchase_csv(sheet).decode("utf-8-sig")


def test_the_printed_sheet_numbers_its_pages_and_leaves_nothing_out():
    many = replace(SHEET, lines=[replace(LINE, sku=f"V{number:03}", name=f"菜{number}") for number in range(120)])
    found = pages(purchase_pdf(many))
    assert len(found) > 2
    assert f"第 2 页，共 {len(found)} 页" in found[1]
    assert all("采购单 17" in page and "第3期" in page and "货号" in page for page in found[:-1])
    assert all(f"菜{number}" in "".join(found) for number in range(120))
    assert "¥16,800.00" in found[-1]


def test_a_line_that_the_shelf_covers_is_left_out(town):
    line = town.line_of("V001")
    db.session.execute(
        db.text("UPDATE purchase_order_line SET from_shelf = demand, cases = 0 WHERE id = :id"), {"id": line.id}
    )
    db.session.commit()
    sheet = purchase_sheet(town.depot, line.purchase_order_id)
    assert [(found.sku, found.quantity) for found in sheet.lines] == [("V002", 10)]


def test_what_the_platform_fills_into_the_spreadsheet_is_confirmed(town):
    (order,) = town.purchase_orders()
    sent = cells(purchase_xlsx(purchase_sheet(town.depot, order)))
    sent[5][9:] = [6, 3.2]
    answer = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in sent).encode()
    confirm_from_sheet(town.depot, order, read_confirmation(answer), file="回单")
    first, second = purchase_order_for(town.depot, order).lines
    assert (first.confirmed_quantity, first.confirmed_cost_fen) == (6, 320)
    assert (second.confirmed_quantity, second.confirmed_cost_fen) == (second.quantity, second.cost_fen)


def test_another_community_gets_no_file(town):
    with pytest.raises(NotFoundError):
        purchase_sheet(Town().depot, town.purchase_orders()[0])
