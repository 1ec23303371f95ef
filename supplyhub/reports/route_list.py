"""A ticket's route sheet on A4: its doors in walking order with what matters at each, a box to tick, and the code to type."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typst
from pylopdf_fonts_zh_cn import sans_path

from supplyhub.config import TEMPLATES
from supplyhub.db import db, row
from supplyhub.delivery.paper import LETTERS, doors_of
from supplyhub.delivery.states import StopOutcome
from supplyhub.people.states import Role
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.residents.states import DoorNeed

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

WAYS = {"door": "送到门", "entrance": "楼门口", "point": "来领"}
NEEDS = {"call_first": "先打电话", "no_contact": "不见面", "no_stairs": "走不了楼梯"}
PROBLEMS = {
    "nobody_home": "没人应门",
    "wrong_door": "门牌不对",
    "refused": "住户不要",
    "damaged": "东西坏了",
    "other": "别的原因",
}


def route_list_pdf(asker: Asker, ticket: Row[Any]) -> bytes:
    """Return the sheet of a ticket as `queries.ticket_for` gives it; what has an outcome already is ticked off."""
    about = row(
        "SELECT m.name, m.timezone, c.number, c.delivery_on FROM cycle AS c JOIN community AS m ON m.id = c.community_id"
        " WHERE c.id = :cycle AND m.id = :community",
        cycle=ticket.cycle_id,
        community=asker.community_id,
    )
    if about is None:
        raise LookupError("a ticket belongs to a cycle of the asker's community")
    doors = doors_of(ticket.id)
    # The depot learns nothing of anybody's health.
    told = NEEDS.keys() - {DoorNeed.NO_STAIRS} if asker.role == Role.DEPOT else NEEDS.keys()
    # Drawing takes a while: not with a connection in hand.
    db.session.rollback()
    data = {
        "community": about.name,
        "cycle": f"第{about.number}期 · {about.delivery_on:%Y-%m-%d}",
        "grid": grid_in_chinese(ticket.grid_number),
        "ticket": ticket.code,
        "badge": ticket.badge or "",
        "point": ticket.delivery_point or "中转站",
        "bags": sum(door.bags for door in doors),
        "collect": _yuan(sum(door.collect_fen for door in doors)),
        "letters": [
            [letter.lower(), PROBLEMS[problem] if problem else "送到了"] for letter, problem in LETTERS.items()
        ],
        "doors": [_door(door, told) for door in doors],
        "printed": f"{datetime.now(UTC).astimezone(ZoneInfo(about.timezone)):%Y-%m-%d %H:%M}",
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / "print" / "route_list.typ"),
        root=str(TEMPLATES),
        font_paths=[str(sans_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pdf


def _door(door: Row[Any], told: Collection[str]) -> dict[str, object]:
    marks = [WAYS[door.mode]] if door.mode != "door" else []
    marks += ["重"] if door.heavy else []
    marks += [NEEDS[need] for need in door.needs if need in told]
    return {
        "position": str(door.position),
        "door": door.door,
        "floor": f"{door.building} {door.floor} 层",
        "bags": str(door.bags),
        "marks": marks,
        "collect": _yuan(door.collect_fen) if door.collect_fen else "",
        "code": door.code,
        "done": "" if door.outcome is None else "d" if door.outcome == StopOutcome.DELIVERED else _letter(door.problem),
    }


def _letter(problem: str) -> str:
    return next(letter.lower() for letter, meant in LETTERS.items() if meant == problem)


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"
