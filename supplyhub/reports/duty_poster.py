"""A grid's duty card (责任牌) as an A4 poster for the entrance: whom to call, who orders for whom, where to ask for help."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import segno
import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES, is_loopback
from supplyhub.db import db, row
from supplyhub.people.duty import written_grid
from supplyhub.people.states import DutyTitle
from supplyhub.residents.duty_cards import duty_card_for

if TYPE_CHECKING:
    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# On paper both languages stand beside each other.
TITLES = {
    DutyTitle.LEAD: ("网格长", "Grid lead"),
    DutyTitle.LIAISON: ("联络员", "Liaison"),
    DutyTitle.DOCTOR: ("医生", "Doctor"),
    DutyTitle.POLICE: ("民警", "Police"),
    DutyTitle.PROPERTY: ("物业", "Property management"),
    DutyTitle.POWER: ("电力", "Electricity"),
}


def duty_poster_pdf(asker: Asker, *, grid: int, public_url: str, vault: Vault) -> bytes:
    """Return the poster of a grid's duty card (the grid by number), for those who write it.

    Where nobody else reaches this installation's address it has no QR. Raises NotFoundError.
    """
    content = contents(asker, grid=grid, public_url=public_url, vault=vault)
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "duty.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
    )
    return pdf


def contents(asker: Asker, *, grid: int, public_url: str, vault: Vault) -> dict[str, Any]:
    """Return what the poster says. For those who write the card."""
    written_grid(asker, grid)
    card = duty_card_for(asker, grid=grid, vault=vault)
    community = row("SELECT name, timezone FROM community WHERE id = :id", id=asker.community_id)
    if community is None:
        raise LookupError("an asker belongs to a community")
    link = "" if is_loopback(public_url) else f"{public_url}/ask"
    return {
        "title": f"{community.name} {card.grid_name} 责任牌",
        "community": community.name,
        "grid_name": card.grid_name,
        "grid_number": card.grid_number,
        "lines": [
            {"title": TITLES[line.title][0], "title_en": TITLES[line.title][1], "name": line.name, "phone": line.phone}
            for line in card.lines
        ],
        "anchors": [f"{home.building_name} {home.unit} {home.door}" for home in card.anchors],
        "qr": segno.make(link, error="m", micro=False).svg_inline(border=0, scale=4) if link else "",
        "site": link.partition("://")[2],
        "printed": f"{datetime.now(UTC).astimezone(ZoneInfo(community.timezone)):%Y-%m-%d %H:%M}",
    }
