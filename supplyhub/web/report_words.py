"""What the day's report (日报) calls its figures, in which order, and how one day's stand beside another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.reports.day_sheet import Line, Part, shown
from supplyhub.web.help_words import KINDS
from supplyhub.web.language import gettext as _
from supplyhub.web.words import N_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supplyhub.reports.day_figures import DayFigures

# Figures in fen end so.
FEN = "_fen"
REASONS = {
    "fair_share": N_("按户分，少拿"),
    "none_left": N_("分完了"),
    "nothing_came": N_("一点没到"),
    "pro_rata": N_("按比例，少拿"),
    "came_later": N_("来得晚，分完了"),
    "stepped_back": N_("不够就不要"),
    "not_drawn": N_("没抽中"),
}
AGES = {"a_day": N_("一天以内"), "three_days": N_("一到三天"), "longer": N_("三天以上")}
# By title: the figures below it; `*` stands for one each of the words by key, left out where there was none.
PARTS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        N_("订单"),
        (
            ("households", N_("户数")),
            ("ordered", N_("已下单")),
            ("declined", N_("不需要")),
            ("silent", N_("没消息")),
        ),
    ),
    (
        N_("缺货"),
        (
            ("short_households", N_("少拿的住户")),
            ("short_homes.*", N_("住户 · %(which)s")),
            ("short_lines", N_("少给的菜（行）")),
        ),
    ),
    (
        N_("配送"),
        (
            ("delivered", N_("送到")),
            ("failed", N_("没送成")),
            ("returned", N_("退回中转站")),
            ("problems_open", N_("没解决的门")),
            ("problems_solved", N_("补送到的门")),
        ),
    ),
    (
        N_("诉求"),
        (
            ("requests_opened", N_("新来的")),
            ("requests_solved", N_("办好的")),
            ("requests_ended", N_("没办成、撤回、并掉的")),
            ("requests_open", N_("还在办的")),
            ("requests_open.*", N_("还在办 · %(which)s")),
            ("requests_by_age.*", N_("来了 · %(which)s")),
            ("requests_late", N_("超时的")),
        ),
    ),
    (N_("关心电话"), (("calls_due", N_("该打的")), ("calls_done", N_("打了的")))),
    (
        N_("钱"),
        (
            ("sold_fen", N_("这一期的货款")),
            ("paid_online_fen", N_("当天网上付")),
            ("paid_at_doors_fen", N_("当天上门收")),
            ("covered_fen", N_("当天减免、捐赠")),
            ("given_back_fen", N_("当天要退")),
        ),
    ),
    (
        N_("人手"),
        (
            ("volunteers", N_("送菜的志愿者")),
            ("shift_hours", N_("网格值班（小时）")),
            ("point_hours", N_("配送点值班（小时）")),
            ("depot_hours", N_("中转站值班（小时）")),
        ),
    ),
)
BY_KEY = {"short_homes": REASONS, "requests_open": KINDS, "requests_by_age": AGES}
# No grid's.
SHARED = ("point_hours", "depot_hours")
# What the table of the grids has, and what stands above it in large.
MAIN = (
    "ordered",
    "silent",
    "short_households",
    "delivered",
    "problems_open",
    "requests_open",
    "requests_late",
    "calls_done",
)
TILES = (
    ("ordered", N_("已下单"), "ordered", "bag"),
    ("silent", N_("没消息"), "waiting", "phone"),
    ("short_households", N_("少拿的住户"), "attention", "alert"),
    ("delivered", N_("送到"), "delivered", "check"),
    ("problems_open", N_("没解决的门"), "problem", "alert"),
    ("requests_open", N_("还在办的诉求"), "onway", "hand"),
    ("calls_done", N_("打了的关心电话"), "packed", "phone"),
    ("sold_fen", N_("这一期的货款"), "paid", "coin"),
)
# A narrow table says less.
SHORT_WORDS = {
    "short_households": N_("缺货户"),
    "problems_open": N_("有问题"),
    "requests_open": N_("诉求"),
    "requests_late": N_("超时"),
    "calls_done": N_("关心电话"),
}


def parts_of(today: DayFigures, before: DayFigures | None, *, alone: bool) -> list[Part]:
    """Return a report's figures with their words in the reader's language. alone: one grid's, not all."""
    return [Part(_(title), list(_lines(entries, today, before, alone=alone))) for title, entries in PARTS]


def grid_lines(parts: list[Part], today: DayFigures, before: DayFigures | None) -> list[Line]:
    """Return a grid's figures, those that the whole's parts have but for what is no grid's; the same ones for every grid."""
    return [
        _line(line.key, _(SHORT_WORDS[line.key]) if line.key in SHORT_WORDS else line.name, today, before)
        for part in parts
        for line in part.lines
        if line.key not in SHARED
    ]


def change_words(line: Line) -> str:
    """Return how a figure differs from that of the day before: +12, −3, 没变."""
    if line.change is None:
        return _("前一天没有日报")
    return shown(line.change, money=line.money, signed=True) if line.change else _("没变")


def _lines(
    entries: tuple[tuple[str, str], ...], today: DayFigures, before: DayFigures | None, *, alone: bool
) -> Iterator[Line]:
    for name, said in entries:
        kind, _dot, every = name.partition(".")
        if every:
            for key, which in BY_KEY[kind].items():
                line = _line(f"{kind}.{key}", _(said, which=_(which)), today, before)
                if line.now or line.before:
                    yield line
        elif not (alone and name in SHARED):
            yield _line(name, _(said), today, before)


def _line(key: str, said: str, today: DayFigures, before: DayFigures | None) -> Line:
    earlier = None if before is None else before.figure(key)
    return Line(key, said, today.figure(key), earlier, money=key.endswith(FEN))
