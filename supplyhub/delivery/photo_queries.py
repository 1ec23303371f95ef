"""Photos that volunteers took at doors: for the lead of the grid and for coordinators, for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def photo_of_door(asker: Asker, entry_id: UUID) -> Row[Any]:
    """Return the photo that came with what was reported of a door: media_type, content. Raises NotFoundError."""
    found = row(
        """
        SELECT p.media_type, p.content, e.grid_id
        FROM delivery_entry AS e
        JOIN grid AS g ON g.id = e.grid_id
        JOIN door_photo AS d ON d.entry_id = e.id
        JOIN photo AS p ON p.id = d.photo_id
        WHERE e.id = :entry AND g.community_id = :community
        """,
        entry=entry_id,
        community=asker.community_id,
    )
    looks = asker.role in {Role.GRID_LEAD, Role.COORDINATOR}
    if found is None or not looks or not asker.sees_grid(found.grid_id):
        raise NotFoundError("there is no such photo", entry=str(entry_id))
    return found
