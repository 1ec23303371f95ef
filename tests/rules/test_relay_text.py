"""The text that a lead sends to the group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from supplyhub.catalog.relay import relay_text
from tests.rules.relay_scene import reading

DELIVERY, CUTOFF = date(2026, 4, 12), datetime(2026, 4, 11, 20)  # noqa: DTZ001 - in the community's zone


@dataclass
class Item:
    """An item as `items_of` gives it."""

    position: int
    name_zh: str
    price_fen: int = 480
    unit: str = "份"
    cap: int = 3
    withdrawn_at: datetime | None = None
    late_until: datetime | None = None


def text(*items: Item, link: str = "", draw: bool = False) -> list[str]:
    return relay_text(
        grid_name="第三网格", delivery_on=DELIVERY, cutoff_at=CUTOFF, items=items, link=link, draw=draw
    ).splitlines()


def test_each_item_has_its_short_number_price_and_cap():
    lines = text(Item(1, "大白菜"), Item(2, "鸡蛋", 2480, "板", 1), link="https://hub.example/menu")
    assert lines == [
        "#接龙",
        "【第三网格·爱心菜吧】4月12日送菜到门口,4月11日 20:00截单",
        "1号 大白菜 4.80元/份(每户限3份)",
        "2号 鸡蛋 24.80元/板(每户限1板)",
        "网上订:https://hub.example/menu",
        "例 楼号-单元-门牌 大白菜1 鸡蛋1(写1号1份也行)",
    ]


def test_the_number_of_a_withdrawn_item_means_nothing_else():
    lines = text(Item(3, "番茄"), Item(2, "土豆", withdrawn_at=CUTOFF), Item(1, "大白菜"))
    assert lines[2:4] == ["1号 大白菜 4.80元/份(每户限3份)", "3号 番茄 4.80元/份(每户限3份)"]
    assert not any("土豆" in line for line in lines)


def test_a_draw_says_that_being_first_is_no_use():
    assert any("摇号" in line for line in text(Item(1, "大白菜"), draw=True))
    assert not any("摇号" in line for line in text(Item(1, "大白菜")))


def test_a_menu_of_one_item_and_one_of_none_have_their_text():
    assert text(Item(1, "大白菜"))[-1] == "例 楼号-单元-门牌 大白菜1(写1号1份也行)"
    assert len(text()) == 2


@pytest.mark.parametrize(("hours", "until"), [(1, "21:00"), (5, "4月12日01:00")])
def test_an_item_that_can_be_ordered_longer_says_until_when(hours, until):
    cutoff = CUTOFF.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    eggs = Item(1, "鸡蛋", late_until=(cutoff + timedelta(hours=hours)).astimezone(UTC))
    text = relay_text(grid_name="第三网格", delivery_on=DELIVERY, cutoff_at=cutoff, items=[eggs])
    assert f"1号 鸡蛋 4.80元/份(每户限3份,可订到{until})" in text.splitlines()


def paid(*, draw: bool = False, online: bool = True, on_delivery: bool = False) -> list[str]:
    return relay_text(
        grid_name="第三网格",
        delivery_on=DELIVERY,
        cutoff_at=CUTOFF,
        items=[Item(1, "大白菜")],
        draw=draw,
        online=online,
        on_delivery=on_delivery,
    ).splitlines()


def test_a_menu_that_is_paid_first_says_so_and_within_what_time():
    assert any("先付款" in line and "15分钟" in line for line in paid())
    assert any("先付款" in line and "2小时" in line for line in paid(draw=True))
    assert any("送到时付,或在网上先付" in line for line in paid(on_delivery=True))
    assert not any("付" in line for line in paid(online=False, on_delivery=True))


@pytest.mark.parametrize("draw", [True, False])
@pytest.mark.parametrize("on_delivery", [True, False])
def test_what_is_said_of_paying_comes_back_as_heading(draw, on_delivery):
    lines = paid(draw=draw, on_delivery=on_delivery)
    assert not reading("\n".join(lines)).entries
