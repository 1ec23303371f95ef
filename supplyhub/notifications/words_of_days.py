"""The figures of a day's report (日报) as lines of a chat message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# What belongs on one line, in its order: (figure, Chinese, English). A line whose figures are all unknown is left out.
LINES: tuple[tuple[tuple[str, str, str], ...], ...] = (
    (
        ("households", "住户 {}", "{} households"),
        ("ordered", "下单 {}", "{} ordered"),
        ("declined", "不需要 {}", "{} declined"),
        ("silent", "没回音 {}", "{} silent"),
    ),
    (("short_households", "缺货影响 {} 户", "{} got less than they ordered"),),
    (
        ("delivered", "送到 {}", "{} delivered"),
        ("returned", "退回 {}", "{} returned"),
        ("problems_open", "没办完的 {}", "{} problems open"),
    ),
    (
        ("requests_opened", "新诉求 {}", "{} new requests"),
        ("requests_solved", "办好 {}", "{} solved"),
        ("requests_open", "在办 {}", "{} open"),
        ("requests_late", "超时 {}", "{} overdue"),
    ),
    (
        ("calls_due", "关心电话该打 {}", "{} check-in calls due"),
        ("calls_done", "打了 {}", "{} made"),
    ),
    (("volunteers", "志愿者 {} 人", "{} volunteers"),),
)
COMMA = {"zh": "，", "en": ", "}
STOP = {"zh": "。", "en": "."}


def told_figures(figures: Mapping[str, Any]) -> dict[str, int]:
    """Return what a message says of a day's figures; of those by kind their sum."""
    told = {}
    for name in (entry[0] for line in LINES for entry in line):
        figure = figures.get(name)
        if isinstance(figure, dict):
            figure = sum(figure.values())
        if isinstance(figure, int):
            told[name] = figure
    return told


def in_all(grids: Collection[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums over some grids of what a message says."""
    return (
        {name: sum(grid[name] for grid in grids) for name in set.intersection(*(set(grid) for grid in grids))}
        if grids
        else {}
    )


def report_lines(figures: Mapping[str, Any], lang: str) -> list[str]:
    """Return the lines of a report in a language."""
    form = 1 if lang == "zh" else 2
    lines = []
    for line in LINES:
        parts = [
            entry[form].format(f"{figures[entry[0]]:,}") for entry in line if isinstance(figures.get(entry[0]), int)
        ]
        if parts:
            lines.append(COMMA[lang].join(parts) + STOP[lang])
    return lines
