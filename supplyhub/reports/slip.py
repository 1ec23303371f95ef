"""The read-back slip (回执) of an order: on A6 to print, as a short text to send. Door, lines, sum, who, how to change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.catalog.queries import items_of, menu_for
from supplyhub.catalog.states import MenuMode
from supplyhub.config import TEMPLATES
from supplyhub.db import row
from supplyhub.errors import NotFoundError
from supplyhub.ordering.doors import door_for
from supplyhub.ordering.proxies import entered_for
from supplyhub.ordering.queries import order_of
from supplyhub.ordering.states import Channel, OrderState
from supplyhub.payments.statement import statement_of
from supplyhub.people.states import Role
from supplyhub.residents.rules import said_door

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

HOW = {Channel.PHONE: "电话", Channel.DOORSTEP: "上门", Channel.RELAY: "接龙", Channel.WEB: "网页"}
TASKS = {Role.GRID_LEAD: "网格长", Role.RESIDENT: "中心户", Role.COORDINATOR: "专班"}
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class SlipLine:
    """So many units of a product and what they cost. `most`: what the household takes at most to fill a case, or None.

    late_until: until when this one may be ordered, where that is later than the menu's cut-off
    """

    name: str
    quantity: int
    unit: str
    sum_fen: int
    most: int | None = None
    late_until: datetime | None = None

    @property
    def at_most(self) -> str:
        """Return what else was said of it: 凑满一箱时最多 5 份."""
        return f"凑满一箱时最多 {self.most} {self.unit}" if self.most else ""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is read back; times are in the community's zone. `number` is empty before the cut-off."""

    community: str
    grid_number: int
    grid_name: str
    cycle_number: int
    menu_id: int
    door: str
    delivery_on: date
    cutoff_at: datetime
    taking_orders: bool
    number: str
    lines: list[SlipLine]
    total_fen: int
    paying: str
    entered_by: str
    entered_how: str
    entered_at: datetime

    @property
    def entered(self) -> str:
        """Return who entered it: 周平（网格长）代下，电话 10:20."""
        at = f"{self.entered_at:%H:%M}"
        return f"{self.entered_by}代下，{self.entered_how} {at}" if self.entered_by else f"自己下的单，{at}"

    @property
    def change(self) -> str:
        """Return how to change it, or that it is too late."""
        if not self.taking_orders:
            return "已经截单，不能再改；有事找网格长。" + self._late
        helper = "找代下的人，或" if self.entered_by else ""
        return f"{_until(self.cutoff_at)} 截单，之前都能改：{helper}扫自家户码卡改。" + self._late

    @property
    def _late(self) -> str:
        """Return which lines may still be changed after the cut-off."""
        late = [f"{line.name} {_until(line.late_until)} 前" for line in self.lines if line.late_until]
        return f"延了时间的还能改：{'，'.join(late)}。" if late else ""


def slip_of(asker: Asker, menu_id: int, household_id: int) -> Slip:
    """Return the slip of a household's order, for whoever may see it. Raises NotFoundError without a live order."""
    door, menu = door_for(asker, household_id), menu_for(asker, menu_id)
    order = order_of(asker, menu_id, household_id)
    place = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if order is None or order["state"] != OrderState.PLACED or place is None:
        raise NotFoundError("no such order", menu=menu_id)
    zone = ZoneInfo(place.timezone)
    entry = entered_for(asker, [order["id"]]).get(order["id"])
    return Slip(
        community=place.name,
        grid_number=menu.grid_number,
        grid_name=menu.grid_name,
        cycle_number=menu.cycle_number,
        menu_id=menu_id,
        door=said_door(door.building_number, door.building_name, door.unit_number, door.door),
        delivery_on=menu.delivery_on,
        cutoff_at=menu.cutoff_at.astimezone(zone),
        taking_orders=menu.taking_orders and not menu.only_late,
        number=order["number"] or "",
        lines=_lines(menu_id, order, zone if menu.taking_orders else None),
        total_fen=order["total_fen"],
        paying=_paying(menu, order, zone),
        entered_by=f"{entry.who}（{TASKS[Role(entry.role)]}）" if entry else "",
        entered_how=HOW[Channel(entry.channel)] if entry else "",
        entered_at=(entry.entered_at if entry else order["changed_at"]).astimezone(zone),
    )


def slip_text(slip: Slip) -> str:
    """Return the slip as a short text for a chat or a message."""
    lines = [
        f"{line.name} {line.quantity}{line.unit} {line.sum_fen / 100:.2f}元"
        + (f"（{line.at_most}）" if line.at_most else "")
        for line in slip.lines
    ]
    return "\n".join(
        [
            f"【{slip.community} {slip.grid_name}】{slip.door} 的订单{f' {slip.number}' if slip.number else ''}",
            f"{_day(slip.delivery_on)}送到门口",
            *lines,
            f"共{len(lines)}样，{slip.total_fen / 100:.2f}元，{slip.paying}",
            slip.entered,
            slip.change,
        ]
    )


def slip_pdf(slip: Slip) -> bytes:
    """Return the slip as an A6 PDF."""
    data = {
        "community": slip.community,
        "grid_name": slip.grid_name,
        "grid_number": slip.grid_number,
        "cycle": f"第{slip.cycle_number}期",
        "door": slip.door,
        "number": slip.number,
        "day": f"{_day(slip.delivery_on)}送到门口",
        "lines": [
            [line.name, line.at_most, f"{line.quantity} {line.unit}", f"{line.sum_fen / 100:.2f}"]
            for line in slip.lines
        ],
        "kinds": f"共 {len(slip.lines)} 样",
        "paying": slip.paying,
        "total": f"¥{slip.total_fen / 100:,.2f}",
        "entered": slip.entered,
        "change": slip.change,
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "slip.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def _lines(menu_id: int, order: dict[str, Any], open_in: ZoneInfo | None) -> list[SlipLine]:
    """Return the lines of an order; `open_in`: the zone of the menu's later cut-offs, None when it takes no orders."""
    items = {item.id: item for item in items_of(menu_id)}
    return [
        SlipLine(
            name=items[line["item"]].name_zh,
            quantity=line["quantity"],
            unit=items[line["item"]].unit,
            sum_fen=line["quantity"] * line["unit_price_fen"],
            most=line["most"],
            late_until=late.astimezone(open_in) if open_in and (late := items[line["item"]].late_until) else None,
        )
        for line in order["lines"]
    ]


def _paying(menu: Row[Any], order: dict[str, Any], zone: ZoneInfo) -> str:
    """Return how it is paid, or that it is; not by whom."""
    money = statement_of(order["id"])
    if money is not None and money.settled:
        return "付清了"
    if order["hold_until"]:
        return f"{_until(order['hold_until'].astimezone(zone))} 前在网上付清，不付就让给别家"
    if menu.pays_on_delivery:
        return "送到再付，也可以在网上先付" if menu.pays_online else "送到再付"
    return "摇中以后 2 小时内在网上付清" if menu.mode == MenuMode.DRAW else "在网上付清"


def _until(moment: datetime) -> str:
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"


def _day(on: date) -> str:
    return f"{on.month}月{on.day}日（周{WEEKDAYS[on.weekday()]}）"
