"""Zone levels (封控、管控、防范、正常) of grids: as a coordinator sees them, and changing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError
from supplyhub.people.states import Role
from supplyhub.places.events import LevelChanged
from supplyhub.places.levels import HOLDS, level_of
from supplyhub.places.queries import grid_numbered

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker
    from supplyhub.places.states import ZoneLevel

# A level that begins later than this is a slip of the keyboard.
LATEST = timedelta(days=60)


def levels_for(asker: Asker) -> list[Row[Any]]:
    """Return the grids of the asker's community, by number, with the level that holds and the one that comes next.

    Fields: grid_number, delivery_point (or None), level, since, next_level, next_from; the last four may be None.
    """
    return rows(
        f"""
        SELECT g.number AS grid_number, d.name AS delivery_point, z.level, z.valid_from AS since, n.level AS next_level,
               n.valid_from AS next_from
        FROM grid AS g
        LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
        {HOLDS.format(grid="g.id")}
        LEFT JOIN LATERAL (SELECT level, valid_from FROM grid_zone_level
                           WHERE grid_id = g.id AND valid_from > clock_timestamp() ORDER BY valid_from, id DESC LIMIT 1) AS n
               ON true
        WHERE g.community_id = :community ORDER BY g.number
        """,
        community=asker.community_id,
    )


def change_level(asker: Asker, level: ZoneLevel, *, grid: int, since: datetime | None = None) -> bool:
    """Give a grid (by number) a zone level from a moment on, by default from now; tell whether that changes anything.

    What is on its way stays; the rest of the delivery is planned anew when the level begins. For a coordinator. Raises
    NotFoundError, InvalidError for a moment that is past or too far off, ConflictError when another change stands later.
    """
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator changes a zone level", role=asker.role)
    now = datetime.now(UTC)
    if since is not None and not now - timedelta(minutes=1) <= since <= now + LATEST:
        raise InvalidError("a level begins now or within the next days", latest=(now + LATEST).isoformat())
    grid_id = grid_numbered(asker.community_id, grid)
    with transaction():
        rows("SELECT id FROM grid WHERE id = :grid FOR NO KEY UPDATE", grid=grid_id)
        later = scalar(
            "SELECT min(valid_from) FROM grid_zone_level WHERE grid_id = :grid"
            " AND valid_from > greatest(clock_timestamp(), coalesce(CAST(:since AS timestamptz), clock_timestamp()))",
            grid=grid_id,
            since=since,
        )
        if later is not None:
            raise ConflictError("another change of this grid's level stands later", valid_from=later.isoformat())
        if since is None and level_of(grid_id) == level:
            return False
        execute(
            "INSERT INTO grid_zone_level (grid_id, level, valid_from)"
            " VALUES (:grid, :level, greatest(clock_timestamp(), coalesce(CAST(:since AS timestamptz), clock_timestamp())))",
            grid=grid_id,
            level=level,
            since=since,
        )
        outbox.record(LevelChanged(grid_id), due_at=since)
    return True


def drop_coming_level(asker: Asker, *, grid: int) -> None:
    """Take back the next change of a grid's level (the grid by number) before it begins. For a coordinator."""
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator changes a zone level", role=asker.role)
    grid_id = grid_numbered(asker.community_id, grid)
    with transaction():
        execute("DELETE FROM grid_zone_level WHERE grid_id = :grid AND valid_from > clock_timestamp()", grid=grid_id)
