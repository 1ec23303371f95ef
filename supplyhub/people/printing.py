"""Badges to be printed: a secret for each, which isn't valid until the sheet is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.codes import new_secret
from supplyhub.db import rows
from supplyhub.errors import NotFoundError
from supplyhub.people.staff import only_coordinator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from supplyhub.people.asker import Asker

MOST_A_PRINT = 200


@dataclass(frozen=True, slots=True)
class NewBadgeCard:
    """What stands on a badge: a person, a number, a grid, until when. Nothing about where the person lives."""

    code: str
    name: str
    grid: int
    grid_name: str
    valid_until: datetime
    secret: str
    photo: bytes | None
    media_type: str | None


def prepare_badges(asker: Asker, codes: Sequence[str]) -> list[NewBadgeCard]:
    """Return cards for badges that aren't revoked and haven't run out, by grid and number. For a coordinator.

    None of their secrets is valid before `make_printed_badges_valid`: a printer that fails ends nobody's card.
    Raises NotFoundError when one of them isn't there any more.
    """
    only_coordinator(asker)
    wanted = list(dict.fromkeys(code.strip() for code in codes))[:MOST_A_PRINT]
    found = rows(
        """
        SELECT b.code, a.display_name, g.number, g.name AS grid_name, b.valid_until, p.content, p.media_type
        FROM badge AS b JOIN grid AS g ON g.id = b.grid_id JOIN account AS a ON a.id = b.account_id
        LEFT JOIN photo AS p ON p.id = b.photo_id
        WHERE g.community_id = :community AND b.code = ANY(:codes) AND b.state <> 'revoked' AND b.valid_until > now()
        ORDER BY g.number, b.number
        """,
        community=asker.community_id,
        codes=wanted,
    )
    if not wanted or len(found) < len(wanted):
        gone = sorted(set(wanted) - {one.code for one in found})
        raise NotFoundError("there are no such badges to print", badges=gone)
    return [
        NewBadgeCard(
            one.code,
            one.display_name,
            one.number,
            one.grid_name,
            one.valid_until,
            new_secret(),
            None if one.content is None else bytes(one.content),
            one.media_type,
        )
        for one in found
    ]
