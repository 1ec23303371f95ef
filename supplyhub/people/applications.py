"""Applications of people who want to be volunteers, for the coordinators who read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.db import rows, scalar
from supplyhub.people.staff import only_coordinator
from supplyhub.people.states import ApplicationState, Role

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import datetime

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

LONGEST_PHONE = 32
PLACE_NAME = ("volunteer_application", "name")
PLACE_PHONE = ("volunteer_application", "phone")
APPLICATION_MOVES: dict[tuple[ApplicationState, str], ApplicationState] = {
    (ApplicationState.APPLIED, "accept"): ApplicationState.ACCEPTED,
    (ApplicationState.APPLIED, "decline"): ApplicationState.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody who waits for an answer; `grid` is a number."""

    id: uuid.UUID
    grid: int
    name: str
    phone: str
    applied_at: datetime


def applications_for(asker: Asker, *, vault: Vault, limit: int = 500, offset: int = 0) -> list[Application]:
    """Return the applications that wait, the oldest first. For a coordinator."""
    only_coordinator(asker)
    found = rows(
        """
        SELECT v.id, g.number AS grid, v.name_sealed, v.phone_sealed, v.applied_at
        FROM volunteer_application AS v JOIN grid AS g ON g.id = v.grid_id
        WHERE v.community_id = :community AND v.state = 'applied'
        ORDER BY v.applied_at, v.id LIMIT :limit OFFSET :offset
        """,
        community=asker.community_id,
        limit=limit,
        offset=offset,
    )
    return [
        Application(
            one.id,
            one.grid,
            vault.open(one.name_sealed, *PLACE_NAME, one.id),
            vault.open(one.phone_sealed, *PLACE_PHONE, one.id),
            one.applied_at,
        )
        for one in found
    ]


def count_applications_for(asker: Asker) -> int:
    """Return how many applications wait. For a coordinator."""
    only_coordinator(asker)
    return int(
        scalar(
            "SELECT count(*) FROM volunteer_application WHERE community_id = :community AND state = 'applied'",
            community=asker.community_id,
        )
    )


def phones_of(asker: Asker, badges: Sequence[str], *, vault: Vault) -> dict[str, str]:
    """Return the telephones of who wears some badges, by the badges' codes, as far as they applied with one.

    For the lead of a badge's grid and for coordinators: nobody else is told any.
    """
    if asker.role not in {Role.GRID_LEAD, Role.COORDINATOR}:
        return {}
    found = rows(
        """
        SELECT b.code, b.grid_id, v.id, v.phone_sealed
        FROM badge AS b
        JOIN grid AS g ON g.id = b.grid_id
        JOIN volunteer_application AS v ON v.account_id = b.account_id
        WHERE b.code = ANY (:badges) AND g.community_id = :community
        """,
        badges=list(badges),
        community=asker.community_id,
    )
    opened = {
        one.code: vault.open(one.phone_sealed, *PLACE_PHONE, one.id) for one in found if asker.sees_grid(one.grid_id)
    }
    return {code: phone for code, phone in opened.items() if phone}
