"""A grid's settlement sheet of a cycle (结算单): what its orders are worth, who paid, and the cash, ticket by ticket.

Covers are told as a sum, never whose. The sheet adds up: worth = paid - gone back + owed - held.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
import xlsxwriter
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.catalog.queries import cycle_for
from supplyhub.config import TEMPLATES
from supplyhub.db import db, row
from supplyhub.errors import NotFoundError
from supplyhub.payments.collecting import taken_too_much
from supplyhub.payments.sums import cash_of_cycle, sums_for
from supplyhub.places.grid_names import grid_in_chinese

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

WEEKDAYS = "一二三四五六日"
HEADER = (
    "配送单",
    "志愿者",
    "证",
    "收到现金（元）",
    "扫码（元）",
    "点到现金（元）",
    "没点（元）",
    "差额（元）",
    "说明",
)
WIDTHS = (10, 12, 9, 14, 12, 14, 12, 12, 32)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a grid's cycle comes to; `printed` is in the community's zone. `sums` and `tickets` as `payments.sums` has them.

    too_much: the doors where more was taken than was owed by then, as `payments.collecting` has them
    """

    community: str
    grid_number: int
    cycle_number: int
    delivery_on: date
    sums: Row[Any]
    tickets: list[Row[Any]]
    too_much: list[Row[Any]]
    printed: datetime

    @property
    def title(self) -> str:
        """Return whose sheet it is: 滨江社区 第三网格结算单."""
        return f"{self.community} {grid_in_chinese(self.grid_number)}结算单"

    @property
    def facts(self) -> str:
        """Return cycle, day and how many orders."""
        day = self.delivery_on
        return f"第{self.cycle_number}期 · {day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）送 · {self.sums.orders} 张订单"

    @property
    def lines(self) -> list[tuple[str, int]]:
        """Return the sheet's sums in fen, in its order: every line with its sign, so that the last one is what is owed."""
        sums = self.sums
        return [
            ("订单货款", sums.worth_fen + sums.credited_fen),
            ("坏货、缺货减价", -sums.credited_fen),
            (f"网上付{self._ways}", -sums.online_fen),
            ("上门、领货时收的现金", -sums.cash_fen),
            ("上门、领货时扫码", -sums.shown_code_fen),
            ("减免、捐赠", -sums.covered_fen),
            ("已退、要退", sums.back_fen),
            ("多收、还没安排退", sums.held_fen),
            ("还欠", sums.owed_fen),
        ]

    @property
    def _ways(self) -> str:
        """Return by which ways it was paid online, as far as that is known: （支付宝 12.00、银行卡 3.50）."""
        sums = self.sums
        ways = [("支付宝", sums.alipay_fen), ("微信", sums.wechat_pay_fen), ("银行卡", sums.card_fen)]
        known = "、".join(f"{name} {_yuan(fen)}" for name, fen in ways if fen)
        return f"（{known}）" if known else ""

    @property
    def cash_fen(self) -> int:
        """Return the cash that was taken at the doors and at desks."""
        return int(sum(ticket.cash_fen for ticket in self.tickets))

    @property
    def counted_fen(self) -> int:
        """Return the cash that was counted."""
        return int(sum(ticket.counted_fen for ticket in self.tickets))

    @property
    def left_fen(self) -> int:
        """Return the cash that nobody has counted."""
        return int(sum(ticket.left_fen for ticket in self.tickets))

    @property
    def difference_fen(self) -> int:
        """Return what was counted too much, or below zero too little."""
        return int(sum(difference(ticket) for ticket in self.tickets))

    @property
    def file_name(self) -> str:
        """Return a name for files of it, without ending."""
        return f"结算单-第{self.cycle_number}期-{grid_in_chinese(self.grid_number)}"


def difference(ticket: Row[Any]) -> int:
    """Return how much more was counted of a ticket's cash than was expected; below zero when it was less."""
    return int(ticket.counted_fen - ticket.expected_fen)


def settlement_for(asker: Asker, cycle_id: int, grid_number: int) -> Settlement:
    """Return a grid's settlement of a cycle. Raises NotFoundError for one without orders, and for others' as a lead."""
    cycle = cycle_for(asker, cycle_id)
    sums = next((each for each in sums_for(asker, cycle_id) if each.grid_number == grid_number), None)
    place = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if sums is None or place is None:
        raise NotFoundError("this grid has no orders in this cycle", grid=grid_number)
    tickets = cash_of_cycle(asker, cycle_id, grid_id=sums.grid_id)
    too_much = taken_too_much(cycle_id, sums.grid_id)
    # What is made of it takes a while: not with a connection in hand.
    db.session.rollback()
    return Settlement(
        community=place.name,
        grid_number=grid_number,
        cycle_number=cycle.number,
        delivery_on=cycle.delivery_on,
        sums=sums,
        tickets=tickets,
        too_much=too_much,
        printed=datetime.now(UTC).astimezone(ZoneInfo(place.timezone)),
    )


def settlement_xlsx(sheet: Settlement) -> bytes:
    """Return it as a workbook; no text in it becomes a formula, amounts are numbers in yuan."""
    packed = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(packed, options) as book:
        table = book.add_worksheet("结算单")
        bold = book.add_format({"bold": True})
        head = book.add_format(
            {"bold": True, "bg_color": "#e6f1e6", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        plain = book.add_format({"border": 1, "text_wrap": True})
        money = book.add_format({"border": 1, "num_format": "#,##0.00"})
        strong = book.add_format({"bold": True, "border": 1, "num_format": "#,##0.00"})
        table.write_string(0, 0, sheet.title, book.add_format({"bold": True, "font_size": 16}))
        table.write_string(1, 0, sheet.facts)
        for at, (name, fen) in enumerate(sheet.lines, start=3):
            whole = at == 2 + len(sheet.lines)
            table.merge_range(at, 0, at, 2, name, bold if whole else book.add_format())
            table.write_number(at, 3, fen / 100, strong if whole else money)
        top = 4 + len(sheet.lines)
        table.write_row(top, 0, HEADER, head)
        for at, ticket in enumerate(sheet.tickets, start=top + 1):
            for column, value in enumerate(_cells(ticket)):
                table.write(at, column, value, plain if isinstance(value, str) else money)
        last = top + 1 + len(sheet.tickets)
        table.write_string(last, 0, "合计", bold)
        for column, fen in enumerate(_totals(sheet), start=3):
            table.write_number(last, column, fen / 100, strong)
        _lay_out(table, sheet, head_row=top, last_row=last)
    return packed.getvalue()


def settlement_pdf(sheet: Settlement) -> bytes:
    """Return it as A4 sheets."""
    data = {
        "title": sheet.title,
        "facts": sheet.facts,
        "community": sheet.community,
        "grid": grid_in_chinese(sheet.grid_number),
        "cycle": f"第{sheet.cycle_number}期",
        "sums": [[name, _yuan(fen)] for name, fen in sheet.lines],
        "tickets": [
            [cell if isinstance(cell, str) else _yuan(round(cell * 100)) if cell else "" for cell in _cells(ticket)]
            for ticket in sheet.tickets
        ],
        "totals": [_yuan(fen) for fen in _totals(sheet)],
        "printed": sheet.printed.strftime("%Y-%m-%d %H:%M"),
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "settlement.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def _cells(ticket: Row[Any]) -> tuple[str | float, ...]:
    amounts = (ticket.cash_fen, ticket.shown_code_fen, ticket.counted_fen, ticket.left_fen, difference(ticket))
    return (
        ticket.code,
        ticket.volunteer,
        ticket.badge or ticket.delivery_point,
        *(fen / 100 for fen in amounts),
        ticket.notes,
    )


def _totals(sheet: Settlement) -> tuple[int, ...]:
    shown = int(sum(ticket.shown_code_fen for ticket in sheet.tickets))
    return sheet.cash_fen, shown, sheet.counted_fen, sheet.left_fen, sheet.difference_fen


def _yuan(fen: int) -> str:
    return f"{'−' if fen < 0 else ''}{abs(fen) / 100:,.2f}"


def _lay_out(table: Any, sheet: Settlement, *, head_row: int, last_row: int) -> None:
    for column, width in enumerate(WIDTHS):
        table.set_column(column, column, width)
    table.set_row(head_row, 32)
    table.set_landscape()
    table.set_paper(9)
    table.fit_to_pages(1, 0)
    table.repeat_rows(head_row)
    table.print_area(0, 0, last_row, len(HEADER) - 1)
    table.set_footer(f"&L{sheet.title.replace('&', '&&')} 第{sheet.cycle_number}期&R第 &P 页，共 &N 页")
