"""Reading what platforms and suppliers send: what is taken of a spreadsheet, and what is refused with its cell."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from supplyhub import workbook
from supplyhub.files import Column, FaultError, FileRefusedError, Problems
from supplyhub.sheets import MOST_SHEET_ROWS, read_day, read_sheet, read_yuan
from tests.drill import examples

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = (
    Column("sku", ("货号", "编号")),
    Column("quantity", ("数量",)),
    Column("expires_on", ("到期",), optional=True),
)
ROWS = [["货号", "数量"], ["V001", 10], ["V002", 20]]


def a_book(*fills: Callable[[Any, Any], None], **options: Any) -> bytes:
    """Return a workbook with a sheet for each of `fills`, which get the sheet and the book."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True, **options}) as book:
        for fill in fills:
            fill(book.add_worksheet(), book)
    return packed.getvalue()


def of(rows: list[list[Any]], *, top: int = 0) -> Callable[[Any, Any], None]:
    def fill(sheet: Any, _book: Any) -> None:
        for at, row in enumerate(rows):
            sheet.write_row(top + at, 0, row)

    return fill


def worked_out(data: bytes) -> bytes:
    """Return a workbook as Excel saves it: nothing is left to be worked out when it is opened."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for part in old.infolist():
            new.writestr(part, old.read(part).replace(b' fullCalcOnLoad="1"', b""))
    return packed.getvalue()


def read(data: bytes) -> list[tuple[int, dict[str, str]]]:
    problems = Problems("货单")
    lines = read_sheet(data, "货单", COLUMNS, problems)
    problems.raise_any()
    return [(line.number, dict(line.cells)) for line in lines]


def refusal_of(data: bytes) -> str:
    with pytest.raises(FileRefusedError) as refused:
        read(data)
    return "\n".join(refused.value.data["problems"])


def cells_at(*places: tuple[int, int]) -> bytes:
    """Return a workbook of the rows with a letter in some other cells."""

    def fill(sheet: Any, book: Any) -> None:
        of(ROWS)(sheet, book)
        for row, column in places:
            sheet.write(row, column, "x")

    return a_book(fill)


@pytest.mark.parametrize("places", [[(1_048_575, 16_383)], [(5_000, 0), (0, 16_383)], [(1_048_575, 10)]])
def test_a_letter_far_off_is_refused_before_the_table_is_laid_out(places):
    data = cells_at(*places)
    assert len(data) < 10_000
    assert "something stands far below or far beside the table" in refusal_of(data)


def test_what_is_only_coloured_far_off_does_not_count():
    def fill(sheet: Any, book: Any) -> None:
        of(ROWS)(sheet, book)
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))

    assert [line["sku"] for _, line in read(worked_out(a_book(fill)))] == ["V001", "V002"]


def test_a_table_of_many_rows_is_read_wherever_a_chunk_of_it_ends(monkeypatch):
    monkeypatch.setattr("supplyhub.sheet_extent.CHUNK_BYTES", 37)
    assert [line["sku"] for _, line in read(worked_out(cells_at((50, 50))))] == ["V001", "V002"]
    assert "far below" in refusal_of(cells_at((1_048_575, 16_383)))


@pytest.mark.parametrize(
    "cell",
    [
        '<c s=">" r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>',
        "<c r='xfd0001048576'><v>1</v></c>",
        '<c r="XFD104857&#54;"><v>1</v></c>',
        '<x:c xmlns:x="urn:x" r="XFD1048576"><x:v>1</x:v></x:c>',
        '<row r="1048576"><c/><c><v>1</v></c><c r="XFD"><v>1</v></c></row>',
        '<c r="XFD1048576"><f>1+1</f></c>',
    ],
)
def test_a_cell_far_off_is_seen_however_it_is_written(cell):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(a_book(of(ROWS)))) as old, zipfile.ZipFile(packed, "w") as new:
        for part in old.infolist():
            new.writestr(part, old.read(part).replace(b"</sheetData>", cell.encode() + b"</sheetData>"))
    assert "far below" in refusal_of(packed.getvalue())


def test_packed_spreadsheets_of_other_kinds_are_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", "<office:document-content/>")
    assert "save it as XLSX" in refusal_of(packed.getvalue())


def test_an_old_spreadsheet_is_refused_before_anything_is_laid_out(monkeypatch):
    monkeypatch.setattr(workbook, "CalamineWorkbook", None)
    assert "save it as XLSX" in refusal_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))


def test_a_workbook_and_a_csv_file_with_the_same_cells_are_read_alike():
    expected = [(2, {"sku": "V001", "quantity": "10"}), (3, {"sku": "V002", "quantity": "20"})]
    assert read(a_book(of(ROWS))) == expected
    assert read("货号,数量\nV001,10\nV002,20\n".encode()) == expected
    assert read("数量,货号\n10,V001\n20,V002\n".encode("gb18030")) == expected


def test_titles_other_columns_blank_rows_and_totals_are_passed_over():
    rows = [
        ["甲平台送货单"],
        [],
        ["序号", "编号", "数量（件）", "备注"],
        [1, "V001", 10, "轻放"],
        [],
        [2, "V002", 20, ""],
        ["合计", "", 30],
    ]
    assert read(a_book(of(rows))) == [
        (4, {"sku": "V001", "quantity": "10"}),
        (6, {"sku": "V002", "quantity": "20"}),
    ]
    assert [cells["sku"] for _, cells in read("\n\n送货单\n货号,数量,备注\nV001,10,\n总计:,10,\n".encode())] == ["V001"]


def test_numbers_and_days_are_read_as_they_would_be_typed():
    def fill(sheet: Any, book: Any) -> None:
        sheet.write_row(0, 0, ["货号", "数量", "到期"])
        sheet.write_row(1, 0, [6901234567890, 10.5])
        sheet.write_datetime(1, 2, date(2026, 4, 12), book.add_format({"num_format": "yyyy-mm-dd"}))

    assert read(a_book(fill)) == [(2, {"sku": "6901234567890", "quantity": "10.5", "expires_on": "2026-04-12"})]


def test_the_sheet_that_has_the_columns_is_read_wherever_it_stands():
    assert len(read(a_book(of([["怎么填"], ["一行一种"]]), of(ROWS)))) == 2


def test_a_workbook_without_that_sheet_is_refused_and_what_each_sheet_lacks_is_said():
    said = refusal_of(a_book(of([["报价"], ["大白菜", 3.5]]), of([["货号", "单价"], ["V001", 3]])))
    assert "sheet “Sheet1”: the columns 货号, 数量 are missing" in said
    assert "sheet “Sheet2”: the columns 数量 are missing" in said


def test_two_sheets_with_the_same_columns_are_refused_and_a_hidden_one_does_not_count():
    assert "“Sheet1”, “Sheet2” all have these columns" in refusal_of(a_book(of(ROWS), of(ROWS)))

    def hidden(sheet: Any, book: Any) -> None:
        of(ROWS)(sheet, book)
        sheet.hide()

    assert len(read(a_book(of(ROWS), hidden))) == 2


def test_a_column_that_comes_twice_is_refused():
    assert "column quantity comes twice" in refusal_of(a_book(of([["货号", "数量", "数量"], ["V001", 1, 2]])))


def test_merged_cells_among_the_rows_are_refused_with_where_they_are():
    def fill(sheet: Any, book: Any) -> None:
        of([["货号", "数量"], ["V001"], ["V002"]])(sheet, book)
        sheet.merge_range("B2:B3", 10)

    said = refusal_of(a_book(fill))
    assert "line 2: quantity: the cells B2:B3 are merged; give each its own" in said
    assert "line 3: quantity" in said


def test_merged_titles_headers_and_totals_do_no_harm():
    def fill(sheet: Any, book: Any) -> None:
        sheet.merge_range("A1:C1", "送货单")
        sheet.merge_range("A2:A3", "货号")
        sheet.merge_range("B2:B3", "数量")
        sheet.write_row("A4", ["V001", 10])
        sheet.merge_range("A5:B5", "合计")

    assert read(a_book(fill)) == [(4, {"sku": "V001", "quantity": "10"})]


def test_a_formula_counts_with_its_result():
    def fill(sheet: Any, book: Any) -> None:
        of([["货号", "数量"], ["V001"]])(sheet, book)
        sheet.write_formula("B2", "=5+5", None, 10)

    assert read(worked_out(a_book(fill))) == [(2, {"sku": "V001", "quantity": "10"})]


@pytest.mark.parametrize("result", ["", "#REF!"])
def test_a_formula_without_a_result_is_refused_with_its_cell(result):
    def fill(sheet: Any, book: Any) -> None:
        of([["货号", "数量"], ["V001"]])(sheet, book)
        sheet.write_formula("B2", "=C2", None, result)

    assert "line 2: quantity: B2 is a formula without a result" in refusal_of(worked_out(a_book(fill)))


def test_a_formula_that_no_program_has_worked_out_yet_is_refused_though_it_says_0():
    def fill(sheet: Any, book: Any) -> None:
        of([["货号", "数量"], ["V001"]])(sheet, book)
        sheet.write_formula("B2", "=5+5")

    assert "B2 is a formula without a result" in refusal_of(a_book(fill))


def test_a_file_of_100_000_rows_is_refused_at_once():
    lines = ["货号,数量", *("V001,1" for _ in range(100_000))]
    assert f"it has 100000 rows; at most {MOST_SHEET_ROWS} are read" in refusal_of("\n".join(lines).encode())


def test_a_book_of_one_row_too_many_is_refused():
    rows = [["货号", "数量"], *(["V001", 1] for _ in range(MOST_SHEET_ROWS + 1))]
    told = f"it has {MOST_SHEET_ROWS + 1} rows; at most {MOST_SHEET_ROWS} are read"
    assert told in refusal_of(a_book(of(rows), constant_memory=False))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0" * 200,
        b"\x89PNG\r\n\x1a\n\0\0",
        a_book(of(ROWS))[:-400],
        a_book(),
        "货号\n".encode("utf-16"),
    ],
)
def test_what_is_no_table_is_refused(data):
    assert refusal_of(data).startswith("货单")


def test_an_archive_that_holds_far_more_than_anybody_typed_is_refused_unopened():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", b"0" * 101 * 1024 * 1024)
    assert "unpacked it has more than" in refusal_of(packed.getvalue())


BOOK = a_book(of(ROWS))


@settings(max_examples=examples(200))
@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=20))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(at, noise):
    damaged = BOOK[:at] + noise + BOOK[at + len(noise) :]
    with suppress(FileRefusedError):
        read(damaged)


@pytest.mark.parametrize(
    "text", ["2026-04-12", "2026/4/12", "2026.04.12", "2026年4月12日", "20260412", "２０２６-4-12"]
)
def test_days_are_read_as_people_write_them(text):
    assert read_day(text, "expires_on") == date(2026, 4, 12)


@pytest.mark.parametrize("text", ["", "4-12", "2026-02-30", "46124", "明天", "12/4/2026"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(FaultError, match="is no day"):
        read_day(text, "expires_on")


@pytest.mark.parametrize(
    ("text", "fen"), [("3.5", 350), ("¥3.50", 350), ("1,280元", 128_000), ("0", 0), ("3.500", 350)]
)
def test_amounts_are_read_in_fen(text, fen):
    assert read_yuan(text, "cost", most_fen=1_000_000) == fen


@pytest.mark.parametrize("text", ["", "-1", "3.555", "三元", "1e3", "100000"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(FaultError):
        read_yuan(text, "cost", most_fen=1_000_000)
