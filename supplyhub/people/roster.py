"""The roster (值班表): who is on duty at the depot, a delivery point or in a grid, for twelve hours at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.staff import only_coordinator, own_account
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

LONGEST = timedelta(hours=12)
# Earlier is written down afterwards, later is a slip of the keyboard.
EARLIEST, LATEST = timedelta(days=7), timedelta(days=60)
WEEK_DAYS = 7
KINDS = ("depot", "point", "grid")


class OnDutyAlreadyError(ConflictError):
    """The person is on duty elsewhere then: `who`, `place` (its name), `starts_at`, `ends_at` (ISO) of that shift."""

    code = "on_duty_already"


@dataclass(frozen=True, slots=True)
class DutyPlace:
    """Where somebody is on duty: `kind` is depot, point or grid; `name` that of a depot or point, a grid's number."""

    kind: str
    id: int
    name: str

    @property
    def key(self) -> str:
        """Return what names the place in an address: depot-1, grid-7."""
        return f"{self.kind}-{self.id}"


@dataclass(frozen=True, slots=True)
class Copied:
    """What a week's copy did: so many shifts, and the people and moments that were left out."""

    shifts: int
    left_out: list[Row[Any]]


NAMED = """
    SELECT s.id, s.account_id, a.display_name AS name, a.role, s.starts_at, s.ends_at,
           CASE WHEN s.depot_id IS NOT NULL THEN 'depot' WHEN s.grid_id IS NOT NULL THEN 'grid' ELSE 'point' END AS kind,
           coalesce(s.depot_id, s.delivery_point_id, s.grid_id) AS place_id,
           coalesce(d.name, p.name, g.number::text) AS place
    FROM roster_shift AS s JOIN account AS a ON a.id = s.account_id
    LEFT JOIN depot AS d ON d.id = s.depot_id LEFT JOIN delivery_point AS p ON p.id = s.delivery_point_id
    LEFT JOIN grid AS g ON g.id = s.grid_id
"""
RUNS_NOW = "s.cancelled_at IS NULL AND s.starts_at <= clock_timestamp() AND s.ends_at > clock_timestamp()"


def places_of(asker: Asker) -> list[DutyPlace]:
    """Return where a community's people may be on duty: the depot, its points, its grids by number. For a coordinator."""
    only_coordinator(asker)
    found = rows(
        """
        SELECT 1 AS part, 'depot' AS kind, id, name, 0 AS number FROM depot WHERE community_id = :community
        UNION ALL SELECT 2, 'point', id, name, 0 FROM delivery_point WHERE community_id = :community
        UNION ALL SELECT 3, 'grid', id, number::text, number FROM grid WHERE community_id = :community
        ORDER BY part, number, id
        """,
        community=asker.community_id,
    )
    return [DutyPlace(place.kind, place.id, place.name) for place in found]


def people_for(asker: Asker) -> list[Row[Any]]:
    """Return who may be on duty: the community's active staff and volunteers with a live badge, by name.

    Fields: id, name, role, grid_number (or None). For a coordinator.
    """
    only_coordinator(asker)
    return rows(
        """
        SELECT a.id, a.display_name AS name, a.role, g.number AS grid_number FROM account AS a
        LEFT JOIN badge AS b ON b.account_id = a.id AND b.state = 'live' AND b.valid_until > clock_timestamp()
        LEFT JOIN grid AS g ON g.id = coalesce(a.grid_id, b.grid_id)
        WHERE a.community_id = :community AND a.active AND a.role <> 'resident'
          AND (a.role <> 'volunteer' OR b.id IS NOT NULL)
        ORDER BY array_position(ARRAY['depot', 'grid_lead', 'coordinator', 'volunteer'], a.role), g.number, a.display_name, a.id
        """,
        community=asker.community_id,
    )


def week_of(asker: Asker, place: DutyPlace, monday: date) -> list[Row[Any]]:
    """Return the live shifts at a place that begin in a week, by time, in the community's zone. For a coordinator.

    Fields: id, account_id, name, role, starts_at, ends_at, kind, place_id, place.
    """
    only_coordinator(asker)
    return rows(
        f"""
        {NAMED} JOIN community AS c ON c.id = s.community_id
        WHERE s.community_id = :community AND s.cancelled_at IS NULL AND {_at(place)}
          AND s.starts_at >= CAST(:monday AS timestamp) AT TIME ZONE c.timezone
          AND s.starts_at < (CAST(:monday AS timestamp) + interval '7 days') AT TIME ZONE c.timezone
        ORDER BY s.starts_at, a.display_name, s.id
        """,
        community=asker.community_id,
        monday=monday,
        place=place.id,
    )


def plan_shift(asker: Asker, account_id: int, place: DutyPlace, *, starts_at: datetime, ends_at: datetime) -> int:
    """Put somebody on duty at a place and return the shift's id; the very same once more has no effect. For a coordinator.

    Raises NotFoundError, InvalidError for hours that can't be, OnDutyAlreadyError for somebody who is elsewhere then.
    """
    only_coordinator(asker)
    now = datetime.now(UTC)
    if not timedelta() < ends_at - starts_at <= LONGEST or not now - EARLIEST <= starts_at <= now + LATEST:
        raise InvalidError("a shift is of twelve hours at most, and within the next days", field="starts_at")
    with transaction():
        own_account(asker, account_id)
        _may_be_on_duty(account_id)
        planned = scalar(
            f"""
            INSERT INTO roster_shift (community_id, account_id, {COLUMNS[place.kind]}, starts_at, ends_at, planned_by)
            VALUES (:community, :account, :place, :starts, :ends, :by) ON CONFLICT DO NOTHING RETURNING id
            """,
            community=asker.community_id,
            account=account_id,
            place=place.id,
            starts=starts_at,
            ends=ends_at,
            by=asker.account_id,
        )
        return int(planned) if planned is not None else _in_the_way(account_id, place, starts_at, ends_at)


def copy_week(asker: Asker, place: DutyPlace, monday: date) -> Copied:
    """Plan at a place, in the week that begins on `monday`, what stood there the week before. For a coordinator.

    Who is on duty elsewhere then, has left or has no live badge any more is left out and named; again has no effect.
    """
    only_coordinator(asker)
    before = monday - timedelta(days=WEEK_DAYS)
    with transaction():
        wanted = week_of(asker, place, before)
        made = rows(
            f"""
            INSERT INTO roster_shift (community_id, account_id, {COLUMNS[place.kind]}, starts_at, ends_at, planned_by)
            SELECT s.community_id, s.account_id, :place, w.starts, w.starts + (s.ends_at - s.starts_at), :by
            FROM roster_shift AS s JOIN community AS c ON c.id = s.community_id
            JOIN account AS a ON a.id = s.account_id AND a.active
            CROSS JOIN LATERAL (
                SELECT (s.starts_at AT TIME ZONE c.timezone + interval '7 days') AT TIME ZONE c.timezone AS starts) AS w
            WHERE s.id = ANY (:shifts) AND (a.role <> 'volunteer' OR {LIVE_BADGE})
            ORDER BY s.id ON CONFLICT DO NOTHING RETURNING account_id
            """,
            place=place.id,
            by=asker.account_id,
            shifts=[shift.id for shift in wanted],
        )
        there = {
            (shift.account_id, shift.starts_at - timedelta(days=WEEK_DAYS)) for shift in week_of(asker, place, monday)
        }
    return Copied(len(made), [each for each in wanted if (each.account_id, each.starts_at) not in there])


def cancel_shift(asker: Asker, shift_id: int) -> None:
    """Take a shift off the roster; again has no effect. For a coordinator. Raises NotFoundError."""
    only_coordinator(asker)
    with transaction():
        found = scalar(
            "UPDATE roster_shift SET cancelled_at = coalesce(cancelled_at, clock_timestamp())"
            " WHERE id = :shift AND community_id = :community RETURNING id",
            shift=shift_id,
            community=asker.community_id,
        )
        if found is None:
            raise NotFoundError("no such shift", shift=shift_id)


def on_duty_in_grid(grid_id: int) -> list[Row[Any]]:
    """Return who is on duty in a grid now, by name: name, ends_at. The caller knows that the asker may read it."""
    return rows(f"{NAMED} WHERE s.grid_id = :grid AND {RUNS_NOW} ORDER BY a.display_name, s.id", grid=grid_id)


def on_duty_now(asker: Asker) -> list[Row[Any]]:
    """Return who is on duty now: everywhere for a coordinator, at the depot and the points for the depot (its own point).

    Fields as `week_of`. For the depot and a coordinator.
    """
    if asker.role not in {Role.COORDINATOR, Role.DEPOT}:
        return []
    return rows(
        f"""
        {NAMED} WHERE s.community_id = :community AND {RUNS_NOW} AND (:everywhere OR s.grid_id IS NULL)
          AND (CAST(:point AS bigint) IS NULL OR s.delivery_point_id = :point)
        ORDER BY num_nonnulls(s.depot_id) DESC, num_nonnulls(s.delivery_point_id) DESC, g.number, p.name, a.display_name
        """,
        community=asker.community_id,
        everywhere=asker.role == Role.COORDINATOR,
        point=asker.delivery_point_id,
    )


def my_duty(asker: Asker) -> list[Row[Any]]:
    """Return the asker's shifts that run or come, by time. Fields as `week_of`."""
    return rows(
        f"{NAMED} WHERE s.account_id = :me AND s.cancelled_at IS NULL AND s.ends_at > clock_timestamp()"
        " ORDER BY s.starts_at",
        me=asker.account_id,
    )


COLUMNS = {"depot": "depot_id", "point": "delivery_point_id", "grid": "grid_id"}
LIVE_BADGE = """EXISTS (SELECT FROM badge AS b WHERE b.account_id = a.id AND b.state = 'live'
                                       AND b.valid_until > clock_timestamp())"""


def _at(place: DutyPlace) -> str:
    return f"s.{COLUMNS[place.kind]} = :place"


def _may_be_on_duty(account_id: int) -> None:
    """Raise NotFoundError for a household, somebody who has left, and a volunteer without a live badge."""
    found = scalar(
        f"SELECT a.id FROM account AS a WHERE a.id = :id AND a.active AND a.role <> 'resident'"
        f" AND (a.role <> 'volunteer' OR {LIVE_BADGE})",
        id=account_id,
    )
    if found is None:
        raise NotFoundError("nobody of this number can be on duty", account=account_id)


def _in_the_way(account_id: int, place: DutyPlace, starts_at: datetime, ends_at: datetime) -> int:
    """Return the very same shift that stands already. Raises OnDutyAlreadyError for another one in the way."""
    found = row(
        f"{NAMED} WHERE s.account_id = :account AND s.cancelled_at IS NULL"
        " AND tstzrange(s.starts_at, s.ends_at) && tstzrange(:starts, :ends) ORDER BY s.starts_at LIMIT 1",
        account=account_id,
        starts=starts_at,
        ends=ends_at,
    )
    if found is None:
        raise ConflictError("the shift in the way has just been cancelled; try again")
    if (found.kind, found.place_id, found.starts_at, found.ends_at) == (place.kind, place.id, starts_at, ends_at):
        return int(found.id)
    raise OnDutyAlreadyError(
        who=found.name,
        kind=found.kind,
        place=found.place,
        starts_at=found.starts_at.isoformat(),
        ends_at=found.ends_at.isoformat(),
    )
