"""A menu as an A4 poster for the entrance: scan to order; until when, and what there is for how much."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import segno
import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.catalog.queries import items_of, menu_for
from supplyhub.catalog.states import MenuMode, MenuState
from supplyhub.config import TEMPLATES, is_loopback
from supplyhub.db import db, row, scalar
from supplyhub.delivery.modes import mode_of
from supplyhub.delivery.states import DeliveryMode
from supplyhub.errors import ConflictError
from supplyhub.places.levels import level_of
from supplyhub.reports.cards import PublicUrlError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

WEEKDAYS = "一二三四五六日"
# What the QR code leaves of the sheet, for two columns of lines that are so much higher than their type. The more items
# the smaller it is set, but to be read from a step away; what doesn't fit then runs to a second sheet.
COLUMN_POINTS, LINE_HEIGHT = 400, 1.42
LARGEST_POINTS, SMALLEST_POINTS = 14, 9.5
WIDEST_GAP_POINTS = 9
LATE_POINTS = 26


def poster_pdf(asker: Asker, menu_id: int, *, public_url: str) -> bytes:
    """Return the poster of a published menu in Chinese and English, without what was withdrawn.

    Raises PublicUrlError, NotFoundError; ConflictError for a draft, which nobody may order from.
    """
    if is_loopback(public_url):
        raise PublicUrlError(
            "a poster would lead to the phone that scans it; set PUBLIC_URL to the address that people reach this by",
            public_url=public_url,
        )
    menu = menu_for(asker, menu_id)
    if menu.state == MenuState.DRAFT:
        raise ConflictError("a draft has no poster; publish it first", state=menu.state)
    content = contents(menu, items_of(menu_id), public_url=public_url)
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "poster.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
    )
    return pdf


def contents(menu: Row[Any], items: list[Row[Any]], *, public_url: str) -> dict[str, Any]:
    """Return what the poster says."""
    community = row(
        "SELECT c.name, c.timezone FROM community AS c JOIN grid AS g ON g.community_id = c.id WHERE g.id = :grid",
        grid=menu.grid_id,
    )
    if community is None:
        raise LookupError(menu.grid_id)
    zone = ZoneInfo(community.timezone)
    cutoff, link = menu.cutoff_at.astimezone(zone), f"{public_url}/menu"
    drawn = menu.mode == MenuMode.DRAW
    shown = [_item(item) for item in items if not item.withdrawn]
    late = [_late(item, cutoff) for item in items if item.late_until and not item.withdrawn]
    return {
        "title": f"{community.name} {menu.grid_name} 爱心菜吧",
        "community": community.name,
        "grid_name": menu.grid_name,
        "grid_number": menu.grid_number,
        "cycle_number": menu.cycle_number,
        "delivery": _day(menu.delivery_on),
        "delivery_en": f"{menu.delivery_on:%a} {menu.delivery_on.day} {menu.delivery_on:%b}",
        "cutoff": f"{_day(cutoff)} {cutoff:%H:%M}",
        "cutoff_en": f"{cutoff:%a} {cutoff.day} {cutoff:%b}, {cutoff:%H:%M}",
        "draw": drawn,
        "fills": not drawn and any(item.case_size > 1 for item in items),
        "paying": _paying(menu),
        "qr": segno.make(link, error="m", micro=False).svg_inline(border=0, scale=4),
        "site": f"{urlsplit(link).netloc}{urlsplit(link).path}",
        "items": shown,
        "late": "，".join(late),
        **_setting(len(shown), late=bool(late)),
        "printed": datetime.now(UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M"),
    }


def _paying(menu: Row[Any]) -> list[str]:
    """Return how to pay, in Chinese and English."""
    if menu.pays_on_delivery:
        chinese, english = (
            ("领的时候付钱", "Pay when you fetch it") if _is_fetched(menu) else ("送到时付钱", "Pay at the door")
        )
        if menu.pays_online:
            return [f"{chinese}，也可以在网上先付。", f"{english}, or online before."]
        return [f"{chinese}。", f"{english}."]
    if menu.mode == MenuMode.DRAW:
        return ["先付款：摇中后 2 小时内在网上付清。", "Pay online within two hours of the draw."]
    return ["先付款：下单后 15 分钟内在网上付清。", "Pay online within 15 minutes of ordering."]


def _is_fetched(menu: Row[Any]) -> bool:
    """Tell whether most households of the menu's grid fetch their parcels at the delivery point now."""
    has_point = scalar("SELECT delivery_point_id IS NOT NULL FROM grid WHERE id = :grid", grid=menu.grid_id)
    return mode_of(level_of(menu.grid_id), has_point=has_point) == DeliveryMode.POINT


def _setting(items: int, *, late: bool = False) -> dict[str, Any]:
    """Return type size and gap for so many items, and after how many to go over to the second column of one sheet.

    `late`: what may be ordered longer takes a line or two as well.
    """
    lines = max((items + 1) // 2, 1)
    column = COLUMN_POINTS - (LATE_POINTS if late else 0)
    fits = column / LINE_HEIGHT / lines
    points = max(min(LARGEST_POINTS, fits), SMALLEST_POINTS)
    gap = max(min(WIDEST_GAP_POINTS, (column / lines - points) / 2), 0.3 * points)
    return {"points": round(points, 1), "gap": round(gap, 1), "half": lines if fits >= SMALLEST_POINTS else None}


def _item(item: Row[Any]) -> dict[str, Any]:
    return {
        "number": item.position,
        "name": item.name_zh,
        "name_en": item.name_en,
        "price": f"{item.price_fen / 100:.2f}",
        "unit": item.unit,
        "cap": item.cap,
    }


def _late(item: Row[Any], cutoff: datetime) -> str:
    """Return until when an item may be ordered after the cut-off, with the day when that is another."""
    until = item.late_until.astimezone(cutoff.tzinfo)
    day = "" if until.date() == cutoff.date() else f"{until.month}月{until.day}日 "
    return f"{item.position} 号 {day}{until:%H:%M}"


def _day(day: Any) -> str:
    return f"{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"
