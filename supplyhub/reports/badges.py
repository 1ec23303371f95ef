"""Badges of volunteers as an A4 PDF, ten cards a page, to be cut apart: a number, a grid, a person, and the QR to sign in."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import segno
import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES
from supplyhub.db import let_go, row
from supplyhub.errors import NotFoundError
from supplyhub.people.commands import make_printed_badges_valid
from supplyhub.people.printing import prepare_badges
from supplyhub.photos.cleaning import turned
from supplyhub.reports.cards import check_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.people.asker import Asker
    from supplyhub.people.printing import NewBadgeCard

A_PAGE = 10
LARGEST_NAME_POINTS = 16
SMALLEST_NAME_POINTS = 7.5
# What is left beside the photo and the code.
NAME_WIDTH_POINTS = 70
FRAME = (21, 28)
# How a picture is drawn whose camera was held another way, by what the camera wrote (1 is upright).
TURNS = {
    1: "",
    2: "scale(-1 1)",
    3: "rotate(180)",
    4: "scale(1 -1)",
    5: "rotate(90) scale(1 -1)",
    6: "rotate(90)",
    7: "rotate(-90) scale(1 -1)",
    8: "rotate(-90)",
}
QUARTERS = {5, 6, 7, 8}


def badges_pdf(asker: Asker, codes: Sequence[str], *, public_url: str) -> bytes:
    """Return cards of badges, and make their codes valid: cards of them printed before sign nobody in any more.

    Raises PublicUrlError, NotFoundError, NotAllowedError; nothing is valid then, nor when the printing fails.
    """
    check_address(public_url)
    heading, cards = _heading(asker), prepare_badges(asker, codes)
    # Drawing takes a while: not with a connection in hand.
    let_go()
    pdf = draw(heading, cards, public_url=public_url)
    make_printed_badges_valid(asker, cards)
    return pdf


def draw(heading: dict[str, Any], cards: Sequence[NewBadgeCard], *, public_url: str) -> bytes:
    """Return the PDF. Secrets and photos are handed over in memory; no file with them is written."""
    zone = ZoneInfo(heading["timezone"])
    drawn = [_card(card, public_url, zone) for card in cards]
    pages = [drawn[start : start + A_PAGE] for start in range(0, len(drawn), A_PAGE)]
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "badges.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({**heading, "pages": pages}, ensure_ascii=False)},
    )
    return pdf


def _heading(asker: Asker) -> dict[str, Any]:
    found = row("SELECT name, timezone FROM community WHERE id = :community", community=asker.community_id)
    if found is None:
        raise NotFoundError("there is no such community", community=asker.community_id)
    now = datetime.now(UTC).astimezone(ZoneInfo(found.timezone))
    return {"community": found.name, "timezone": found.timezone, "printed": now.strftime("%Y-%m-%d %H:%M")}


def _card(card: NewBadgeCard, public_url: str, zone: ZoneInfo) -> dict[str, Any]:
    url = f"{public_url}/badge#{card.code}.{card.secret}"
    return {
        "code": card.code,
        "name": card.name,
        "name_size": _points(card.name),
        "grid": card.grid,
        "grid_name": card.grid_name,
        "until": card.valid_until.astimezone(zone).strftime("%Y-%m-%d"),
        "qr": segno.make(url, error="m", micro=False).svg_inline(border=0, scale=4),
        "photo": None if card.photo is None or card.media_type is None else _portrait(card.photo, card.media_type),
    }


def _portrait(photo: bytes, media_type: str) -> str:
    """Return a photo as an SVG that fills the frame, the right way up; what has no picture in it stays an empty frame."""
    width, height = FRAME
    # Turned by a quarter, it fills a frame that lies on its side.
    wide, high = (height, width) if turned(photo) in QUARTERS else (width, height)
    encoded = base64.b64encode(photo).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width} {height}"><g transform="translate({width / 2} {height / 2}) {TURNS[turned(photo)]}">'
        f'<image x="{-wide / 2}" y="{-high / 2}" width="{wide}" height="{high}" preserveAspectRatio="xMidYMid slice"'
        f' xlink:href="data:{media_type};base64,{encoded}"/></g></svg>'
    )


def _points(name: str) -> float:
    """Return the type size at which a name fits on its line; one that is too long for that is broken."""
    ems = sum(0.57 if character.isascii() else 1 for character in name)
    return round(max(min(LARGEST_NAME_POINTS, NAME_WIDTH_POINTS / max(ems, 1)), SMALLEST_NAME_POINTS), 1)
