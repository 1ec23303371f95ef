"""Parcels that came after a batch was cut: tickets for them, alone or together with those that nobody took yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from supplyhub.catalog.parts import Part
from supplyhub.db import execute, row, rows, transaction
from supplyhub.delivery.cutting import Load, crates_of, cut
from supplyhub.delivery.grid_binding import keep_to_point
from supplyhub.delivery.loads import COMMUNITY, LOAD
from supplyhub.delivery.modes import plan_modes
from supplyhub.delivery.states import VoidReason
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


class New(NamedTuple):
    """A new ticket of the batch: its number, its parcels in walking order, its crates."""

    sequence: int
    loads: Sequence[Load]
    crates: Sequence[tuple[int, int]]


def cut_late(asker: Asker, batch_id: int, *, with_free: bool = False) -> list[str]:
    """Cut the parcels of a batch that have no stop yet into tickets after its others; return their codes.

    `with_free`: together with the tickets that nobody claimed and of which no crate has left: those are void then, so that
    a late parcel comes to its neighbours' ticket. Without a late parcel nothing changes. For the depot and coordinators.
    Raises NotFoundError, WrongPointError.
    """
    with transaction():
        batch = _batch_for_update(asker, batch_id)
        late = rows(LATE, batch=batch_id)
        if not late:
            return []
        free = [ticket.id for ticket in rows(FREE, batch=batch_id)] if with_free else []
        loads = sorted([*late, *rows(OF_TICKETS, tickets=free)], key=lambda load: load.position)
        tickets = [
            New(batch.last + number, part, crates_of(part))
            for number, part in enumerate(cut(Load._make(load[:6]) for load in loads), start=1)
        ]
        _void(asker, free)
        codes = _write(batch, tickets)
        plan_modes(batch.cycle_id, Part(batch.grid_id, batch.grid_id))
        return codes


LATE = f"""
    SELECT {LOAD}, p.position FROM parcel AS p JOIN orders AS o ON o.id = p.order_id {COMMUNITY}
    WHERE p.batch_id = :batch AND p.state IN ('planned', 'packed')
      AND NOT EXISTS (SELECT FROM stop AS s WHERE s.parcel_id = p.id)
"""
OF_TICKETS = f"""
    SELECT {LOAD}, p.position
    FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id JOIN orders AS o ON o.id = p.order_id {COMMUNITY}
    WHERE s.ticket_id = ANY (:tickets)
"""
FREE = """
    SELECT t.id FROM ticket AS t
    WHERE t.batch_id = :batch AND t.state = 'issued' AND NOT t.at_point
      AND NOT EXISTS (SELECT FROM stop AS s WHERE s.ticket_id = t.id AND s.outcome IS NOT NULL)
      AND NOT EXISTS (SELECT FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id
                      WHERE s.ticket_id = t.id AND p.state NOT IN ('planned', 'packed'))
      AND NOT EXISTS (SELECT FROM crate AS k JOIN crate_passage AS g ON g.crate_id = k.id WHERE k.ticket_id = t.id)
    ORDER BY t.id
"""


def _batch_for_update(asker: Asker, batch_id: int) -> Row[Any]:
    """Lock a batch's tickets and the batch: id, cycle_id, grid_id, delivery point, number of the last ticket."""
    execute("SELECT FROM ticket WHERE batch_id = :batch ORDER BY id FOR NO KEY UPDATE", batch=batch_id)
    execute("SELECT FROM batch WHERE id = :batch FOR NO KEY UPDATE", batch=batch_id)
    batch = row(
        """
        SELECT b.id, b.cycle_id, b.grid_id, b.delivery_point_id, d.name AS delivery_point,
               (SELECT coalesce(max(sequence), 0) FROM ticket WHERE batch_id = b.id) AS last
        FROM batch AS b JOIN grid AS g ON g.id = b.grid_id LEFT JOIN delivery_point AS d ON d.id = b.delivery_point_id
        WHERE b.id = :batch AND g.community_id = :community
        """,
        batch=batch_id,
        community=asker.community_id,
    )
    if batch is None:
        raise NotFoundError("no such batch", batch=batch_id)
    keep_to_point(asker, batch)
    return batch


def _void(asker: Asker, ticket_ids: list[int]) -> None:
    execute(
        "UPDATE ticket SET state = 'void', void_reason = :reason, voided_at = clock_timestamp(), voided_by = :by"
        " WHERE id = ANY (:tickets)",
        reason=VoidReason.CUT_AGAIN,
        by=asker.account_id,
        tickets=ticket_ids,
    )


def _write(batch: Row[Any], tickets: list[New]) -> list[str]:
    """Insert tickets with their crates; their stops come new, or over from a ticket that is void now."""
    codes = rows(
        """
        INSERT INTO ticket (cycle_id, grid_id, batch_id, route_id, sequence)
        SELECT :cycle, :grid, :batch, (SELECT max(id) FROM route WHERE grid_id = :grid), s
        FROM unnest(CAST(:sequences AS bigint[])) AS s ORDER BY s RETURNING code
        """,
        cycle=batch.cycle_id,
        grid=batch.grid_id,
        batch=batch.id,
        sequences=[ticket.sequence for ticket in tickets],
    )
    stops = [
        (ticket.sequence, position, load.parcel_id)
        for ticket in tickets
        for position, load in enumerate(ticket.loads, start=1)
    ]
    execute(
        """
        INSERT INTO stop (ticket_id, grid_id, order_id, parcel_id, position)
        SELECT t.id, t.grid_id, p.order_id, p.id, c.position
        FROM unnest(CAST(:sequences AS bigint[]), CAST(:positions AS bigint[]), CAST(:parcels AS bigint[]))
             AS c(sequence, position, parcel_id)
        JOIN ticket AS t ON t.batch_id = :batch AND t.sequence = c.sequence
        JOIN parcel AS p ON p.id = c.parcel_id
        ON CONFLICT (parcel_id) DO UPDATE SET ticket_id = excluded.ticket_id, position = excluded.position
        """,
        batch=batch.id,
        sequences=[stop[0] for stop in stops],
        positions=[stop[1] for stop in stops],
        parcels=[stop[2] for stop in stops],
    )
    crates = [
        (ticket.sequence, number, *crate) for ticket in tickets for number, crate in enumerate(ticket.crates, start=1)
    ]
    execute(
        """
        INSERT INTO crate (ticket_id, grid_id, number, first_position, last_position)
        SELECT t.id, t.grid_id, c.number, c.first, c.last
        FROM unnest(CAST(:sequences AS bigint[]), CAST(:numbers AS bigint[]), CAST(:firsts AS bigint[]),
                    CAST(:lasts AS bigint[])) AS c(sequence, number, first, last)
        JOIN ticket AS t ON t.batch_id = :batch AND t.sequence = c.sequence ORDER BY c.sequence, c.number
        """,
        batch=batch.id,
        sequences=[crate[0] for crate in crates],
        numbers=[crate[1] for crate in crates],
        firsts=[crate[2] for crate in crates],
        lasts=[crate[3] for crate in crates],
    )
    return [str(ticket.code) for ticket in codes]
