"""Household cards of a grid, or of one door, as an A4 PDF, eight a page: scan to sign in, or type the short code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import segno
import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES, is_loopback, is_on_the_internet
from supplyhub.db import db, row, scalar
from supplyhub.errors import HubError, NotFoundError
from supplyhub.residents.cards import issue_cards, prepare_card, prepare_cards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.cards import NewCard

A_PAGE = 8
# A code of ten letters as it is read out: ABC DEF GHJK.
GROUPS = ((0, 3), (3, 6), (6, 10))
LARGEST_DOOR_POINTS = 32
SMALLEST_DOOR_POINTS = 12
# What is left beside the QR code.
DOOR_WIDTH_POINTS = 138
LARGEST_SITE_POINTS = 12
SMALLEST_SITE_POINTS = 6.5
SITE_WIDTH_POINTS = 190


class PublicUrlError(HubError):
    """The address that goes on cards leads nowhere from somebody else's phone."""

    code = "public_url_is_loopback"


def cards_pdf(asker: Asker, grid_id: int, *, public_url: str, vault: Vault) -> bytes:
    """Return new cards of a grid's households in walking order, and make them valid: the ones before end.

    Raises PublicUrlError, NotFoundError, NotAllowedError; nothing is issued then, nor when the printing fails.
    """
    check_address(public_url)
    return _printed(asker, _heading(asker, grid_id), prepare_cards(asker, grid_id), public_url, vault)


def card_pdf(asker: Asker, household_id: int, *, public_url: str, vault: Vault) -> bytes:
    """Return a new card of one household, on a page of its own, and make it valid. Raises as `cards_pdf`."""
    check_address(public_url)
    card = prepare_card(asker, household_id)
    grid_id = scalar(
        "SELECT b.grid_id FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE h.id = :household",
        household=household_id,
    )
    return _printed(asker, _heading(asker, grid_id), [card], public_url, vault)


def check_address(public_url: str) -> None:
    """Raise PublicUrlError for an address that leads somebody else's phone to itself."""
    if is_loopback(public_url):
        raise PublicUrlError(
            "cards would lead to the phone that scans them; set PUBLIC_URL to the address that people reach this by",
            public_url=public_url,
        )


def _printed(asker: Asker, heading: dict[str, Any], cards: Sequence[NewCard], public_url: str, vault: Vault) -> bytes:
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    pdf = draw(heading, cards, public_url=public_url)
    issue_cards(asker, cards, vault=vault)
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
        sys_inputs={
            "data": json.dumps(
                {**heading, **_site(site), "install": _install(public_url), "pages": pages}, ensure_ascii=False
            )
        },
    )
    return pdf


def _install(public_url: str) -> str:
    """Return where a phone gets the authority that it needs to believe this host; nothing where it believes it anyway."""
    parts = urlsplit(public_url)
    own = parts.scheme == "https" and not is_on_the_internet(parts.hostname or "")
    return f"{parts.netloc}{parts.path}/install-ca" if own else ""


def _heading(asker: Asker, grid_id: int | None) -> dict[str, Any]:
    """Return what stands on every sheet; a household in no grid yet has neither name nor number of one."""
    found: Row[Any] | None = row(
        "SELECT c.name AS community, c.timezone, g.name, g.number FROM community AS c"
        " LEFT JOIN grid AS g ON g.community_id = c.id AND g.id = CAST(:grid AS bigint) WHERE c.id = :community",
        grid=grid_id,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("there is no such community", community=asker.community_id)
    return {
        "title": " ".join(name for name in (found.community, found.name) if name),
        "community": found.community,
        "grid_name": found.name or "",
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
        "code": [card.typed_code[start:end] for start, end in GROUPS],
    }


def _site(site: str) -> dict[str, Any]:
    """Return the address to type and the size at which it fits on its line."""
    size = SITE_WIDTH_POINTS / max(_ems(site), 1)
    return {"site": site, "site_size": round(max(min(LARGEST_SITE_POINTS, size), SMALLEST_SITE_POINTS), 1)}


def _points(door: str) -> float:
    """Return the type size at which a door fits on its line; one that is too long for that is broken."""
    return round(max(min(LARGEST_DOOR_POINTS, DOOR_WIDTH_POINTS / max(_ems(door), 1)), SMALLEST_DOOR_POINTS), 1)


def _ems(text: str) -> float:
    return sum(0.57 if character.isascii() else 1 for character in text)
