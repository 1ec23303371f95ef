"""The text of a menu for the chat group (接龙). Pure; always Chinese, as the group is.

It comes back on top of the chain that people write below it, so all of it reads as heading: no line starts like an entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

DRAW = "本期摇号:截单前都能报,先报后报一样,截单后公平摇号"
PAID_FIRST = "本期先付款:单子进了系统,15分钟内在网上付清;没付的,菜让给别家"
DRAWN_PAID_FIRST = "本期先付款:摇中以后,2小时内在网上付清;没付的,菜让给别家"
EITHER_WAY = "付款:送到时付,或在网上先付"


def relay_text(
    *,
    grid_name: str,
    delivery_on: date,
    cutoff_at: datetime,
    items: Iterable[Any],
    link: str = "",
    draw: bool = False,
    online: bool = False,
    on_delivery: bool = True,
) -> str:
    """Return the text that a lead pastes into the group; `cutoff_at` in the community's zone.

    An item needs position (its short number), name_zh, unit, price_fen, cap, withdrawn_at and late_until. What was withdrawn is
    left out, and its number stays free, so that a number always means the same. `online` and `on_delivery` are the ways to
    pay; at the door alone needs no word.
    """
    listed = sorted((item for item in items if item.withdrawn_at is None), key=lambda item: item.position)
    head = f"【{grid_name}·爱心菜吧】{_day(delivery_on)}送菜到门口,{_day(cutoff_at)} {cutoff_at:%H:%M}截单"
    lines = ["#接龙", head, *(_item(item, cutoff_at) for item in listed)]
    if draw:
        lines.append(DRAW)
    if online:
        lines.append(EITHER_WAY if on_delivery else DRAWN_PAID_FIRST if draw else PAID_FIRST)
    if link:
        lines.append(f"网上订:{link}")
    if listed:
        lines.append(_example(listed))
    return "\n".join(lines)


def _item(item: Any, cutoff_at: datetime) -> str:
    terms = f"每户限{item.cap}{item.unit}"
    if item.late_until is not None:
        until = item.late_until.astimezone(cutoff_at.tzinfo)
        terms += f",可订到{'' if until.date() == cutoff_at.date() else _day(until)}{until:%H:%M}"
    return f"{item.position}号 {item.name_zh} {item.price_fen / 100:.2f}元/{item.unit}({terms})"


def _example(listed: Sequence[Any]) -> str:
    first, last = listed[0], listed[min(1, len(listed) - 1)]
    names = f"{first.name_zh}1" if first is last else f"{first.name_zh}1 {last.name_zh}{min(2, last.cap)}"
    return f"例 楼号-单元-门牌 {names}(写{first.position}号1{first.unit}也行)"


def _day(day: date | datetime) -> str:
    return f"{day.month}月{day.day}日"
