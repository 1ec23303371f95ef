"""The figures of a day's report (日报) as lines of a chat message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# What belongs on one line, in its order: (figure, Chinese, English). A line whose figures are all unknown is left out.
LINES: tuple[tuple[tuple[str, str, str], ...], ...] = (
    (
        ("households", "住户 {}", "{} households"),
        ("ordered", "下单 {}", "{} ordered"),
        ("declined", "不需要 {}", "{} declined"),
        ("silent", "没回音 {}", "{} silent"),
    ),
    (("short", "缺货影响 {} 户", "{} got less than they ordered"),),
    (
        ("delivered", "送到 {}", "{} delivered"),
        ("returned", "退回 {}", "{} returned"),
        ("problems", "没办完的 {}", "{} problems open"),
    ),
    (
        ("help_opened", "新诉求 {}", "{} new requests"),
        ("help_solved", "办好 {}", "{} solved"),
        ("help_open", "在办 {}", "{} open"),
        ("help_overdue", "超时 {}", "{} overdue"),
    ),
    (
        ("calls_due", "关心电话该打 {}", "{} check-in calls due"),
        ("calls_done", "打了 {}", "{} made"),
    ),
    (("volunteers", "志愿者 {} 人", "{} volunteers"),),
)
COMMA = {"zh": "，", "en": ", "}
STOP = {"zh": "。", "en": "."}


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
