"""Household cards of a grid as an A4 PDF, eight a page: scan to sign in, or type the secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import segno
import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES, is_loopback
from supplyhub.db import db, row
from supplyhub.errors import HubError, NotFoundError
from supplyhub.residents.cards import issue_cards, prepare_cards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker
    from supplyhub.residents.cards import NewCard

A_PAGE = 8
GROUP = 4
LARGEST_DOOR_POINTS = 30
SMALLEST_DOOR_POINTS = 12
# What is left beside the QR code.
DOOR_WIDTH_POINTS = 130


class PublicUrlError(HubError):
    """The address that goes on cards leads nowhere from somebody else's phone."""

    code = "public_url_is_loopback"


def cards_pdf(asker: Asker, grid_id: int, *, public_url: str) -> bytes:
    """Return new cards of a grid's households in walking order, and make them valid: the ones before end.

    Raises PublicUrlError, NotFoundError, NotAllowedError; nothing is issued then, nor when the printing fails.
    """
    if is_loopback(public_url):
        raise PublicUrlError(
            "cards would lead to the phone that scans them; set PUBLIC_URL to the address that people reach this by",
            public_url=public_url,
        )
    cards = prepare_cards(asker, grid_id)
    heading = _heading(asker, grid_id)
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    pdf = draw(heading, cards, public_url=public_url)
    issue_cards(asker, cards)
    return pdf


def draw(heading: dict[str, Any], cards: Sequence[NewCard], *, public_url: str) -> bytes:
    """Return the PDF. The secrets are handed over in memory; no file with them is written."""
    drawn = [_card(card, public_url) for card in cards]
    pages = [drawn[start : start + A_PAGE] for start in range(0, len(drawn), A_PAGE)]
    site = f"{urlsplit(public_url).netloc}{urlsplit(public_url).path}/card"
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "cards.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({**heading, "site": site, "pages": pages}, ensure_ascii=False)},
    )
    return pdf


def _heading(asker: Asker, grid_id: int) -> dict[str, Any]:
    found: Row[Any] | None = row(
        "SELECT c.name AS community, c.timezone, g.name, g.number FROM grid AS g JOIN community AS c ON c.id = g.community_id"
        " WHERE g.id = :grid AND c.id = :community",
        grid=grid_id,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("there is no such grid", grid=grid_id)
    return {
        "title": f"{found.community} {found.name}",
        "community": found.community,
        "grid_name": found.name,
        "grid_number": found.number,
        "printed": datetime.now(UTC).astimezone(ZoneInfo(found.timezone)).strftime("%Y-%m-%d %H:%M"),
    }


def _card(card: NewCard, public_url: str) -> dict[str, Any]:
    url = f"{public_url}/card#{card.secret}"
    return {
        "door": card.door,
        "size": _points(card.door),
        "address": card.address,
        "qr": segno.make(url, error="m", micro=False).svg_inline(border=0, scale=4),
        "groups": [card.secret[start : start + GROUP] for start in range(0, len(card.secret), GROUP)],
    }


def _points(door: str) -> float:
    """Return the type size at which a door fits on its line; one that is too long for that is broken."""
    ems = sum(0.57 if character.isascii() else 1 for character in door)
    return round(max(min(LARGEST_DOOR_POINTS, DOOR_WIDTH_POINTS / max(ems, 1)), SMALLEST_DOOR_POINTS), 1)
