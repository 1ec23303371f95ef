"""A purchase order for its platform: as a spreadsheet to fill in, as CSV, as a printed sheet, as text for a chat.

Lines of which nothing is bought, because the shelf covers them, are left out.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
import xlsxwriter
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES
from supplyhub.db import db, row
from supplyhub.depot.purchase_queries import purchase_order_for

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

WEEKDAYS = "一二三四五六日"
# The two that the platform fills in have the headers by which they are read again.
HEADER = (
    "货号",
    "条码",
    "品名",
    "单位",
    "箱规",
    "箱数",
    "数量",
    "进价（元）",
    "金额（元）",
    "确认数量",
    "确认进价（元）",
)
WIDTHS = (10, 16, 24, 6, 7, 7, 8, 11, 12, 11, 15)
# A cell that begins so is taken for a formula by the programs that open the file.
FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """So many cases of a product."""

    sku: str
    barcode: str
    name: str
    unit: str
    case_size: int
    cases: int
    quantity: int
    cost_fen: int

    @property
    def sum_fen(self) -> int:
        """Return what the line comes to."""
        return self.quantity * self.cost_fen


@dataclass(frozen=True, slots=True)
class PurchaseSheet:
    """What is ordered from a platform; `printed` is in the community's zone."""

    community: str
    platform: str
    number: int
    cycle_number: int
    delivery_on: date
    lines: list[PurchaseLine]
    printed: datetime

    @property
    def title(self) -> str:
        """Return whose order it is: 滨江社区 采购单 17."""
        return f"{self.community} 采购单 {self.number}"

    @property
    def facts(self) -> str:
        """Return platform, cycle and when the goods are wanted."""
        return f"{self.platform}平台 · 第{self.cycle_number}期 · {_day(self.delivery_on)}送到居民家，请在这之前到货"

    @property
    def cases(self) -> int:
        """Return how many cases are ordered."""
        return sum(line.cases for line in self.lines)

    @property
    def total_fen(self) -> int:
        """Return what the order comes to."""
        return sum(line.sum_fen for line in self.lines)

    @property
    def file_name(self) -> str:
        """Return a name for files of it, without ending."""
        return f"采购单-第{self.cycle_number}期-{self.platform}-{self.number}"


def purchase_sheet(asker: Asker, purchase_order_id: int) -> PurchaseSheet:
    """Return what a purchase order says. Raises NotFoundError."""
    view = purchase_order_for(asker, purchase_order_id)
    place = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if place is None:
        raise LookupError(asker.community_id)
    # What is made of it takes a while: not with a connection in hand.
    db.session.rollback()
    return PurchaseSheet(
        community=place.name,
        platform=view.order.platform,
        number=view.order.id,
        cycle_number=view.order.cycle_number,
        delivery_on=view.order.delivery_on,
        lines=[_line(line) for line in view.lines if line.quantity],
        printed=datetime.now(UTC).astimezone(ZoneInfo(place.timezone)),
    )


def purchase_xlsx(sheet: PurchaseSheet) -> bytes:
    """Return it as a workbook in which the platform fills in two columns; no text in it becomes a formula."""
    packed = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(packed, options) as book:
        table = book.add_worksheet("采购单")
        head = book.add_format(
            {"bold": True, "bg_color": "#e6f1e6", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        plain, money = book.add_format({"border": 1}), book.add_format({"border": 1, "num_format": "#,##0.00"})
        answer = book.add_format({"border": 1, "bg_color": "#fff6d6"})
        table.write_string(0, 0, sheet.title, book.add_format({"bold": True, "font_size": 16}))
        table.write_string(1, 0, sheet.facts)
        table.write_string(2, 0, "请在黄色两列填能供的数量和进价，没有变化就空着，再把这份表发回来。")
        table.write_row(4, 0, HEADER, head)
        formats = [plain] * 7 + [money] * 2 + [answer] * 2
        for at, line in enumerate(sheet.lines, start=5):
            for column, (value, look) in enumerate(zip((*_cells(line), None, None), formats, strict=True)):
                table.write(at, column, value, look)
        last = 5 + len(sheet.lines)
        bold = book.add_format({"bold": True, "num_format": "#,##0.00"})
        table.write_row(last, 4, ["合计", sheet.cases, sum(line.quantity for line in sheet.lines)], bold)
        table.write_number(last, 8, sheet.total_fen / 100, bold)
        _lay_out(table, sheet, head_row=4, last_row=last)
    return packed.getvalue()


def purchase_csv(sheet: PurchaseSheet) -> bytes:
    """Return it as CSV that spreadsheets open with Chinese right, and of which they take nothing for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([*map(_harmless, _cells(line)), "", ""] for line in sheet.lines)
    return text.getvalue().encode("utf-8-sig")


def purchase_pdf(sheet: PurchaseSheet) -> bytes:
    """Return it as A4 sheets."""
    data = {
        "title": sheet.title,
        "facts": sheet.facts,
        "community": sheet.community,
        "platform": sheet.platform,
        "number": sheet.number,
        "cycle": f"第{sheet.cycle_number}期",
        "lines": [
            [
                line.sku,
                line.name,
                f"{line.cases} × {line.case_size}",
                f"{line.quantity} {line.unit}",
                f"{line.cost_fen / 100:.2f}",
                f"{line.sum_fen / 100:,.2f}",
            ]
            for line in sheet.lines
        ],
        "total": f"共 {len(sheet.lines)} 种，{sheet.cases} 箱",
        "money": f"¥{sheet.total_fen / 100:,.2f}",
        "printed": sheet.printed.strftime("%Y-%m-%d %H:%M"),
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "purchase.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def purchase_text(sheet: PurchaseSheet) -> str:
    """Return it as a text for a chat, a product a line."""
    lines = [
        f"{at}. {line.name} {line.cases}箱×{line.case_size}{line.unit}（共{line.quantity}{line.unit}）"
        f" 进价{line.cost_fen / 100:.2f}元"
        for at, line in enumerate(sheet.lines, start=1)
    ]
    return "\n".join(
        [
            f"【{sheet.title}】",
            sheet.facts,
            *lines,
            f"共{len(lines)}种，{sheet.cases}箱，{sheet.total_fen / 100:,.2f}元",
            "收到请回；哪样不够、价钱变了，请先说一声。",
        ]
    )


def _line(line: Row[Any]) -> PurchaseLine:
    return PurchaseLine(
        sku=line.sku,
        barcode=line.barcode or "",
        name=line.name_zh,
        unit=line.unit,
        case_size=line.case_size,
        cases=line.cases,
        quantity=line.quantity,
        cost_fen=line.cost_fen,
    )


def _cells(line: PurchaseLine) -> tuple[str | int | float, ...]:
    amounts = (line.case_size, line.cases, line.quantity, line.cost_fen / 100, line.sum_fen / 100)
    return (line.sku, line.barcode, line.name, line.unit, *amounts)


def _harmless(cell: str | float) -> str:
    if not isinstance(cell, str):
        return str(cell) if isinstance(cell, int) else f"{cell:.2f}"
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _lay_out(table: Any, sheet: PurchaseSheet, *, head_row: int, last_row: int) -> None:
    for column, width in enumerate(WIDTHS):
        table.set_column(column, column, width)
    table.set_row(head_row, 32)
    table.freeze_panes(head_row + 1, 3)
    table.set_landscape()
    table.set_paper(9)
    table.fit_to_pages(1, 0)
    table.repeat_rows(head_row)
    table.print_area(0, 0, last_row, len(HEADER) - 1)
    table.set_footer(f"&L{sheet.title.replace('&', '&&')}&R第 &P 页，共 &N 页")


def _day(on: date) -> str:
    return f"{on.month}月{on.day}日（周{WEEKDAYS[on.weekday()]}）"
