"""How parcels reach their households, by the zone level of the grid: planned for what isn't on its way yet.

In lockdown (and where no level was ever set) to the door; in a controlled grid at the building's entrance, each building
in its time; else at the delivery point. Households of the care register always get the door. Statements for the caller's
transaction, which has locked the grid's menus or its tickets before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows
from supplyhub.delivery.cutting import Load, cut
from supplyhub.delivery.loads import COMMUNITY, LOAD
from supplyhub.delivery.slots import Crowd, next_step, turns
from supplyhub.delivery.states import DeliveryMode
from supplyhub.places.levels import HOLDS
from supplyhub.places.states import ZoneLevel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.catalog.parts import Part

MODES = {
    ZoneLevel.LOCKDOWN: DeliveryMode.DOOR,
    ZoneLevel.CONTROLLED: DeliveryMode.ENTRANCE,
    ZoneLevel.PRECAUTION: DeliveryMode.POINT,
    ZoneLevel.NORMAL: DeliveryMode.POINT,
}
# Tickets of which nothing is in a volunteer's hands: free, claimed, or waiting at the delivery point.
STILL_HERE = "(t.state IN ('issued', 'claimed') OR t.at_point AND t.state = 'under_way')"
# People come down from this time of the day on, by the community's clock.
FIRST_HOUR = 9


@dataclass(slots=True)
class Planned:
    """What a plan changed: stops whose mode is another one, tickets that volunteers had claimed and lost."""

    stops: list[Row[Any]] = field(default_factory=list)
    taken_back: list[Row[Any]] = field(default_factory=list)


def plan_modes(cycle_id: int, part: Part) -> Planned:
    """Plan how what isn't on its way yet in some grids of a cycle reaches people, by the levels that hold now.

    Stops that are fetched at the delivery point get tickets that stay there, the others tickets that are carried; time
    slots are made for entrances. Safe to repeat: what is so already stays. The caller has the grids' tickets to itself.
    """
    batches = rows(BATCHES, cycle=cycle_id, **part._asdict())
    modes = [mode_of(batch.level, has_point=batch.has_point) for batch in batches]
    if set(modes) <= {DeliveryMode.DOOR} and not any(batch.was_planned for batch in batches):
        return Planned()
    ids = [batch.id for batch in batches]
    stops = rows(SET_MODES, batches=ids, modes=modes)
    planned = Planned(stops, _keep_at_the_point(ids))
    _carry_others(ids)
    _plan_slots(cycle_id, ids)
    execute(
        """
        UPDATE batch SET zone_level = w.level
        FROM unnest(CAST(:batches AS bigint[]), CAST(:levels AS text[])) AS w(id, level)
        WHERE batch.id = w.id AND batch.zone_level IS DISTINCT FROM w.level
        """,
        batches=ids,
        levels=[batch.level for batch in batches],
    )
    return planned


def mode_of(level: str | None, *, has_point: bool) -> DeliveryMode:
    """Return how parcels of a grid with this level reach people; where there is no delivery point, at the entrance at best."""
    mode = MODES[ZoneLevel(level)] if level else DeliveryMode.DOOR
    return DeliveryMode.ENTRANCE if mode == DeliveryMode.POINT and not has_point else mode


BATCHES = f"""
    SELECT b.id, b.grid_id, z.level, b.zone_level IS NOT NULL AS was_planned, b.delivery_point_id IS NOT NULL AS has_point
    FROM batch AS b
    {HOLDS.format(grid="b.grid_id")}
    WHERE b.cycle_id = :cycle AND b.grid_id BETWEEN :first_grid AND :last_grid ORDER BY b.id
"""
SET_MODES = f"""
    UPDATE stop SET mode = w.mode
    FROM (
        SELECT s.id, CASE WHEN c.id IS NULL THEN b.mode ELSE 'door' END AS mode
        FROM unnest(CAST(:batches AS bigint[]), CAST(:modes AS text[])) AS b(id, mode)
        JOIN ticket AS t ON t.batch_id = b.id AND {STILL_HERE}
        JOIN stop AS s ON s.ticket_id = t.id AND s.outcome IS NULL
        JOIN orders AS o ON o.id = s.order_id
        LEFT JOIN care_case AS c ON c.household_id = o.household_id AND c.ended_at IS NULL
    ) AS w
    WHERE stop.id = w.id AND stop.mode <> w.mode
    RETURNING stop.id, stop.ticket_id, stop.order_id, stop.grid_id, stop.mode
"""


def _keep_at_the_point(batch_ids: Sequence[int]) -> list[Row[Any]]:
    """Let tickets with a stop that is fetched at the point stay there; return those that a volunteer had claimed."""
    return rows(
        f"""
        WITH claimed AS (
            SELECT t.id, t.code, t.grid_id, t.cycle_id, v.account_id FROM ticket AS t
            LEFT JOIN badge AS v ON v.id = t.badge_id
            WHERE t.batch_id = ANY (:batches) AND NOT t.at_point AND {STILL_HERE}
              AND EXISTS (SELECT FROM stop AS s WHERE s.ticket_id = t.id AND s.outcome IS NULL AND s.mode = 'point')
        ), kept AS (
            UPDATE ticket SET at_point = true, state = 'issued', badge_id = NULL, claimed_at = NULL
            FROM claimed WHERE ticket.id = claimed.id
        )
        SELECT id, code, grid_id, cycle_id, account_id FROM claimed WHERE account_id IS NOT NULL ORDER BY id
        """,
        batches=list(batch_ids),
    )


def _carry_others(batch_ids: Sequence[int]) -> None:
    """Bring stops that are carried out of tickets that stay at the point: these again, or new ones cut for them."""
    execute(
        """
        UPDATE ticket AS t SET at_point = false
        WHERE t.batch_id = ANY (:batches) AND t.at_point AND t.state = 'issued'
          AND NOT EXISTS (SELECT FROM stop AS s WHERE s.ticket_id = t.id AND (s.mode = 'point' OR s.outcome IS NOT NULL))
        """,
        batches=list(batch_ids),
    )
    carried = rows(
        f"""
        SELECT {LOAD}, s.id AS stop_id, t.batch_id, t.id AS ticket_id
        FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id JOIN parcel AS p ON p.id = s.parcel_id
        JOIN orders AS o ON o.id = s.order_id {COMMUNITY}
        WHERE t.batch_id = ANY (:batches) AND t.at_point AND {STILL_HERE} AND s.outcome IS NULL AND s.mode <> 'point'
        ORDER BY t.batch_id, p.position
        """,
        batches=list(batch_ids),
    )
    for batch_id, group in groupby(carried, key=attrgetter("batch_id")):
        stops = {stop.id: stop for stop in group}
        loads = [Load._make(stop[:6]) for stop in stops.values()]
        _move(batch_id, [[stops[load.parcel_id] for load in ticket] for ticket in cut(loads) if ticket])
    _finish_emptied(batch_ids)


def _move(batch_id: int, tickets: Sequence[Sequence[Row[Any]]]) -> None:
    """Give stops new tickets of their batch, which follow the one that their first stop comes from."""
    new = rows(
        """
        INSERT INTO ticket (cycle_id, grid_id, batch_id, route_id, sequence, predecessor_id)
        SELECT t.cycle_id, t.grid_id, t.batch_id, t.route_id,
               (SELECT max(sequence) FROM ticket WHERE batch_id = :batch) + w.number, t.id
        FROM unnest(CAST(:predecessors AS bigint[])) WITH ORDINALITY AS w(id, number) JOIN ticket AS t ON t.id = w.id
        ORDER BY w.number RETURNING id, sequence
        """,
        batch=batch_id,
        predecessors=[stops[0].ticket_id for stops in tickets],
    )
    ids = [ticket.id for ticket in sorted(new, key=attrgetter("sequence"))]
    places = [
        (stop.stop_id, ticket_id, place)
        for ticket_id, stops in zip(ids, tickets, strict=True)
        for place, stop in enumerate(stops, start=1)
    ]
    execute(
        """
        UPDATE stop SET ticket_id = w.ticket_id, position = w.position
        FROM unnest(CAST(:stops AS bigint[]), CAST(:tickets AS bigint[]), CAST(:positions AS bigint[]))
            AS w(id, ticket_id, position) WHERE stop.id = w.id
        """,
        stops=[place[0] for place in places],
        tickets=[place[1] for place in places],
        positions=[place[2] for place in places],
    )


def _finish_emptied(batch_ids: Sequence[int]) -> None:
    """End tickets at the point that were under way and have nothing left to fetch, void those that never had any."""
    execute(
        """
        UPDATE ticket AS t SET
            state = CASE WHEN t.state = 'issued' THEN 'void'
                         WHEN EXISTS (SELECT FROM stop AS s WHERE s.ticket_id = t.id AND s.outcome = 'failed') THEN 'handed_back'
                         ELSE 'done' END,
            void_reason = CASE WHEN t.state = 'issued' THEN 'level_changed' END,
            voided_at = CASE WHEN t.state = 'issued' THEN clock_timestamp() END,
            finished_at = clock_timestamp()
        WHERE t.batch_id = ANY (:batches) AND t.at_point AND t.state IN ('issued', 'under_way')
          AND NOT EXISTS (SELECT FROM stop AS s WHERE s.ticket_id = t.id AND s.outcome IS NULL)
        """,
        batches=list(batch_ids),
    )


def _plan_slots(cycle_id: int, batch_ids: Sequence[int]) -> None:
    """Make the time slots of entrances anew for what still waits; what has begun keeps its own."""
    execute(
        """
        DELETE FROM slot WHERE cycle_id = :cycle AND starts_at > clock_timestamp()
          AND grid_id IN (SELECT grid_id FROM batch WHERE id = ANY (:batches))
        """,
        cycle=cycle_id,
        batches=list(batch_ids),
    )
    crowds = rows(
        f"""
        SELECT t.grid_id, t.id AS ticket_id, o.building_id, count(*) AS parcels, min(s.position) AS position
        FROM ticket AS t JOIN stop AS s ON s.ticket_id = t.id AND s.outcome IS NULL AND s.mode = 'entrance'
        JOIN orders AS o ON o.id = s.order_id
        WHERE t.batch_id = ANY (:batches) AND {STILL_HERE}
        GROUP BY t.grid_id, t.id, o.building_id ORDER BY t.grid_id, t.sequence, min(s.position)
        """,
        batches=list(batch_ids),
    )
    if not crowds:
        return
    start = _first_moment(cycle_id)
    for grid_id, group in groupby(crowds, key=attrgetter("grid_id")):
        made = turns((Crowd(each.ticket_id, each.building_id, each.parcels) for each in group), start)
        execute(
            """
            INSERT INTO slot (cycle_id, grid_id, building_id, starts_at, ends_at, parcels)
            SELECT :cycle, :grid, * FROM unnest(CAST(:buildings AS bigint[]), CAST(:starts AS timestamptz[]),
                                                CAST(:ends AS timestamptz[]), CAST(:parcels AS bigint[]))
            ON CONFLICT (cycle_id, building_id) DO NOTHING
            """,
            cycle=cycle_id,
            grid=grid_id,
            buildings=[turn.building_id for turn in made],
            starts=[turn.starts_at for turn in made],
            ends=[turn.ends_at for turn in made],
            parcels=[turn.parcels for turn in made],
        )


def _first_moment(cycle_id: int) -> datetime:
    """Return from when on people come down: the morning of the delivery day, or half an hour from now if that is later."""
    (found,) = rows(
        """
        SELECT greatest((c.delivery_on + make_time(:hour, 0, 0)) AT TIME ZONE m.timezone,
                        clock_timestamp() + interval '30 minutes') AS start
        FROM cycle AS c JOIN community AS m ON m.id = c.community_id WHERE c.id = :cycle
        """,
        cycle=cycle_id,
        hour=FIRST_HOUR,
    )
    start: datetime = found.start
    return next_step(start)
