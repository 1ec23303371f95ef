"""The day's report as a workbook and on A4: the day beside the one before, in all and grid by grid."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typst
import xlsxwriter
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

COLUMNS = ("", "这一天", "前一天", "变化")
NO_REPORT = "没有日报"
# What a part's title and the room below it take on paper, in lines.
TITLE_LINES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A figure by its name, beside that of the day before: None where that has no report. Money in fen."""

    key: str
    name: str
    now: int
    before: int | None
    money: bool = False

    @property
    def change(self) -> int | None:
        """Return how much more it is than the day before, None where that is unknown."""
        return None if self.before is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines under a title."""

    title: str
    lines: list[Line]

    @property
    def on_paper(self) -> str:
        """Return the title with the unit of what stands below without one: 钱（元）."""
        return f"{self.title}（元）" if all(line.money for line in self.lines) else self.title


@dataclass(frozen=True, slots=True)
class DaySheet:
    """A report with all of its words, ready to be written down. grids: by name; their lines are the same for each.

    facts: one line about cycle and making; main: the keys of those figures that a narrow table has
    """

    community: str
    title: str
    facts: str
    parts: list[Part]
    grids: list[tuple[str, list[Line]]]
    main: Sequence[str]
    printed: datetime
    file_name: str

    @property
    def compared(self) -> bool:
        """Tell whether the day before has a report."""
        return any(line.before is not None for part in self.parts for line in part.lines)


def day_xlsx(sheet: DaySheet) -> bytes:
    """Return it as a workbook of two sheets; no text in it becomes a formula, amounts are numbers in yuan."""
    packed = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(packed, options) as book:
        looks = {
            "title": book.add_format({"bold": True, "font_size": 16}),
            "part": book.add_format({"bold": True, "bottom": 1}),
            "head": book.add_format(
                {"bold": True, "bg_color": "#e6f1e6", "border": 1, "text_wrap": True, "valign": "vcenter"}
            ),
            "text": book.add_format({"border": 1}),
            "count": book.add_format({"border": 1, "num_format": "#,##0"}),
            "money": book.add_format({"border": 1, "num_format": "#,##0.00"}),
            "count_change": book.add_format({"border": 1, "num_format": "+#,##0;-#,##0;0"}),
            "money_change": book.add_format({"border": 1, "num_format": "+#,##0.00;-#,##0.00;0.00"}),
        }
        _write_whole(book.add_worksheet("合计"), sheet, looks)
        _write_grids(book.add_worksheet("各网格"), sheet, looks)
    return packed.getvalue()


def day_pdf(sheet: DaySheet) -> bytes:
    """Return it as A4 sheets: the whole, then the grids in a narrow table."""
    heads = [line.name for line in _narrow(sheet, sheet.grids[0][1])] if sheet.grids else []
    data = {
        "title": sheet.title,
        "facts": sheet.facts,
        "community": sheet.community,
        "compared": sheet.compared,
        "columns": [
            [[part.on_paper, [_cells(line) for line in part.lines]] for part in half] for half in _halves(sheet.parts)
        ],
        "heads": heads,
        "grids": [[name, [_cells(line)[1:] for line in _narrow(sheet, lines)]] for name, lines in sheet.grids],
        "printed": sheet.printed.strftime("%Y-%m-%d %H:%M"),
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "daily.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def shown(figure: int, *, money: bool, signed: bool = False) -> str:
    """Return a figure as it is written: 1,318; fen as yuan, 4.80; a difference with its sign, +12, −3."""
    sign = "−" if figure < 0 else "+" if signed and figure > 0 else ""
    return sign + (f"{abs(figure) / 100:,.2f}" if money else f"{abs(figure):,}")


def _cells(line: Line) -> list[str]:
    """Return a line as it is printed: name, the day, the day before, the difference."""
    if line.before is None or line.change is None:
        return [line.name, shown(line.now, money=line.money), "", ""]
    before = shown(line.before, money=line.money)
    change = shown(line.change, money=line.money, signed=True) if line.change else "0"
    return [line.name, shown(line.now, money=line.money), before, change]


def _halves(parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """Return the parts in two columns of about the same height, in their order."""
    heights = [len(part.lines) + TITLE_LINES for part in parts]
    first = min(range(len(parts) + 1), key=lambda many: abs(sum(heights[:many]) - sum(heights[many:])))
    return parts[:first], parts[first:]


def _narrow(sheet: DaySheet, lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.key in sheet.main]


def _write_whole(table: Any, sheet: DaySheet, looks: dict[str, Any]) -> None:
    table.write_string(0, 0, sheet.title, looks["title"])
    table.write_string(1, 0, sheet.facts)
    table.write_row(3, 0, COLUMNS, looks["head"])
    at = 4
    for part in sheet.parts:
        table.write_string(at, 0, part.on_paper, looks["part"])
        for at, line in enumerate(part.lines, start=at + 1):  # noqa: B020 - the next part begins where this one ends
            table.write_string(at, 0, line.name, looks["text"])
            _write_figures(table, at, 1, line, looks)
            _write_change(table, at, 3, line, looks)
        at += 1
    table.set_column(0, 0, 30)
    table.set_column(1, 3, 14)
    table.freeze_panes(4, 1)
    _lay_out(table, sheet, head=3, last=at, columns=len(COLUMNS))


def _write_grids(table: Any, sheet: DaySheet, looks: dict[str, Any]) -> None:
    """Write a grid a row, every figure in two columns: the day, and the one before."""
    table.write_string(0, 0, f"{sheet.title} · 各网格", looks["title"])
    table.merge_range(2, 0, 3, 0, "网格", looks["head"])
    lines = sheet.grids[0][1] if sheet.grids else []
    for place, line in enumerate(lines):
        column = 1 + 2 * place
        name = f"{line.name}（元）" if line.money else line.name
        table.merge_range(2, column, 2, column + 1, name, looks["head"])
        table.write_row(3, column, COLUMNS[1:3], looks["head"])
    for at, (name, figures) in enumerate(sheet.grids, start=4):
        table.write_string(at, 0, name, looks["text"])
        for place, line in enumerate(figures):
            _write_figures(table, at, 1 + 2 * place, line, looks)
    table.set_row(2, 32)
    table.set_column(0, 0, 14)
    table.set_column(1, max(1, 2 * len(lines)), 9)
    table.freeze_panes(4, 1)
    table.set_landscape()
    _lay_out(table, sheet, head=3, last=4 + len(sheet.grids), columns=1 + 2 * len(lines))


def _write_figures(table: Any, at: int, column: int, line: Line, looks: dict[str, Any]) -> None:
    look = looks["money" if line.money else "count"]
    for place, figure in enumerate((line.now, line.before)):
        if figure is None:
            table.write_string(at, column + place, NO_REPORT, looks["text"])
        else:
            table.write_number(at, column + place, figure / 100 if line.money else figure, look)


def _write_change(table: Any, at: int, column: int, line: Line, looks: dict[str, Any]) -> None:
    if line.change is None:
        table.write_blank(at, column, None, looks["text"])
    else:
        look = looks["money_change" if line.money else "count_change"]
        table.write_number(at, column, line.change / 100 if line.money else line.change, look)


def _lay_out(table: Any, sheet: DaySheet, *, head: int, last: int, columns: int) -> None:
    table.set_paper(9)
    table.fit_to_pages(1, 0)
    table.repeat_rows(head)
    table.print_area(0, 0, last, columns - 1)
    table.set_footer(f"&L{sheet.title.replace('&', '&&')}&R第 &P 页，共 &N 页")
