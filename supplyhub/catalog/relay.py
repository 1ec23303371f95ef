"""The text of a menu for the chat group (接龙). Pure; always Chinese, as the group is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime


def relay_text(*, grid_name: str, delivery_on: date, cutoff_at: datetime, items: Iterable[Any], link: str = "") -> str:
    """Return the text that a lead pastes into the group; `cutoff_at` in the community's zone.

    An item needs name_zh, unit, price_fen and cap.
    """
    head = f"【{grid_name}·爱心菜吧】{_day(delivery_on)}送菜到门口,{_day(cutoff_at)} {cutoff_at:%H:%M}截单"
    lines = [f"{item.name_zh} {item.price_fen / 100:.2f}元/{item.unit}(每户限{item.cap}{item.unit})" for item in items]
    return "\n".join(["#接龙", head, *lines, *([f"网上订:{link}"] if link else [])])


def _day(day: date | datetime) -> str:
    return f"{day.month}月{day.day}日"
