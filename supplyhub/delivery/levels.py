"""Zone levels (封控、管控、防范、正常) of grids: as a coordinator sees them, and changing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError
from supplyhub.people.states import Role
from supplyhub.places.events import LevelChanged
from supplyhub.places.levels import HOLDS, level_of, steps_of
from supplyhub.places.queries import grid_numbered

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker
    from supplyhub.places.states import ZoneLevel

# A level that begins later than this is a slip of the keyboard.
LATEST = timedelta(days=60)
LONGEST_NOTE = 200


def levels_for(asker: Asker) -> list[Row[Any]]:
    """Return the grids of the asker's community, by number, with the level that holds and the one that comes next.

    Fields: grid_id, grid_number, delivery_point (or None), level, since, note, next_level, next_from; the last five may be
    None.
    """
    return rows(
        f"""
        SELECT g.id AS grid_id, g.number AS grid_number, d.name AS delivery_point, z.level, z.valid_from AS since, z.note,
               n.level AS next_level, n.valid_from AS next_from
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


def change_level(asker: Asker, level: ZoneLevel, *, grid: int, since: datetime | None = None, note: str = "") -> bool:
    """Give a grid (by number) a zone level from a moment on, by default from now; tell whether that changes anything.

    `note` is what its people read beside it: why, and what changes. The level that holds already only gets a new note.

    What is on its way stays; the rest of the delivery is planned anew when the level begins. For a coordinator. Raises
    NotFoundError, InvalidError for a moment that is past or too far off, ConflictError when another change stands later.
    """
    _only_coordinator(asker)
    now = datetime.now(UTC)
    if len(note) > LONGEST_NOTE:
        raise InvalidError("what is said about a level is short", field="note", longest=LONGEST_NOTE)
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
            if note:
                _say(grid_id, note)
            return False
        execute(
            "INSERT INTO grid_zone_level (grid_id, level, note, valid_from) VALUES (:grid, :level, :note,"
            " greatest(clock_timestamp(), coalesce(CAST(:since AS timestamptz), clock_timestamp())))",
            grid=grid_id,
            level=level,
            note=note,
            since=since,
        )
        outbox.record(LevelChanged(grid_id), due_at=since)
    return True


def say_about_level(asker: Asker, note: str, *, grid: int) -> None:
    """Say anew what the people of a grid (by number) read beside the level that holds. For a coordinator.

    Raises NotFoundError, InvalidError, ConflictError where none was ever set.
    """
    _only_coordinator(asker)
    if len(note) > LONGEST_NOTE:
        raise InvalidError("what is said about a level is short", field="note", longest=LONGEST_NOTE)
    grid_id = grid_numbered(asker.community_id, grid)
    with transaction():
        if level_of(grid_id) is None:
            raise ConflictError("this grid has no level to say anything about", grid=grid)
        _say(grid_id, note)


def drop_coming_level(asker: Asker, *, grid: int, step: int | None = None) -> None:
    """Take back a planned change of a grid's level (the grid by number) before it begins, by default all of them.

    For a coordinator.
    """
    _only_coordinator(asker)
    grid_id = grid_numbered(asker.community_id, grid)
    with transaction():
        execute(
            "DELETE FROM grid_zone_level WHERE grid_id = :grid AND valid_from > clock_timestamp()"
            " AND (CAST(:step AS bigint) IS NULL OR id = :step)",
            grid=grid_id,
            step=step,
        )


def _only_coordinator(asker: Asker) -> None:
    if asker.role != Role.COORDINATOR:
        raise NotAllowedError("only a coordinator changes a zone level", role=asker.role)


def _say(grid_id: int, note: str) -> None:
    held = steps_of(grid_id)[0]
    execute("UPDATE grid_zone_level SET note = :note WHERE id = :id", note=note, id=held.id)
