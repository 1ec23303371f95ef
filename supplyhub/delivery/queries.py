"""Reads of delivery: tickets and their doors, what came back, who was turned away.

Need to know: a ticket's doors are for the volunteer whose live ticket it is, for the grid's lead and for coordinators. A
free or finished ticket, or another volunteer's, tells counts only. The depot sees a ticket's parcels by their codes; the
doors it knows are those that it writes on labels (`depot.packing_queries.parcels_of`), and never who lives there.

A ticket is the own one of the person whose badge claimed it, also when that badge has ended since: parcels that are in
somebody's hands have to get to their doors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import row, rows, scalar
from supplyhub.delivery.loads import COMMUNITY, HEAVY
from supplyhub.delivery.states import WITH_VOLUNTEER, TicketState
from supplyhub.errors import NotFoundError
from supplyhub.payments.collecting import TO_COLLECT
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Addresses of a ticket: how long they are shown after its end, for what is asked about them then.
DOORS_STAY = timedelta(hours=24)
TICKET = """
    SELECT t.id, t.code, t.cycle_id, t.grid_id, g.number AS grid_number, g.name AS grid_name, d.name AS delivery_point,
           t.sequence, t.state, t.at_point, t.badge_id, b.code AS badge, t.claimed_at, t.handed_over_at, t.finished_at,
           s.stops, s.bags, s.weight_grams, s.ready, s.delivered, s.failed, s.first_building,
           (SELECT count(*) FROM crate WHERE crate.ticket_id = t.id) AS crates,
           coalesce(b.account_id = :account, false) AS mine
    FROM ticket AS t
    JOIN cycle AS c ON c.id = t.cycle_id
    JOIN grid AS g ON g.id = t.grid_id
    JOIN batch AS h ON h.id = t.batch_id
    LEFT JOIN delivery_point AS d ON d.id = h.delivery_point_id
    LEFT JOIN badge AS b ON b.id = t.badge_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS stops, sum(p.bags)::bigint AS bags, sum(p.weight_grams)::bigint AS weight_grams,
               count(*) FILTER (WHERE p.state <> 'planned') AS ready,
               count(*) FILTER (WHERE stop.outcome = 'delivered') AS delivered,
               count(*) FILTER (WHERE stop.outcome = 'failed') AS failed,
               (array_agg(house.name ORDER BY stop.position))[1] AS first_building
        FROM stop JOIN parcel AS p ON p.id = stop.parcel_id JOIN orders AS o ON o.id = stop.order_id
        JOIN building AS house ON house.id = o.building_id
        WHERE stop.ticket_id = t.id
    ) AS s
    WHERE c.community_id = :community
"""
OWN = "t.badge_id IN (SELECT id FROM badge WHERE account_id = :account)"
FILTER = f"""(CAST(:cycle AS bigint) IS NULL OR t.cycle_id = :cycle)
    AND (CAST(:states AS text[]) IS NULL AND t.state <> 'void' OR t.state = ANY (:states)) AND (NOT :mine OR {OWN})"""
# Which tickets an asker may know of at all; a volunteer without live badge has no grid.
VISIBLE = {
    Role.VOLUNTEER: f"(t.grid_id = CAST(:volunteers_grid AS bigint) OR {OWN})",
    Role.GRID_LEAD: "t.grid_id = :grid",
    Role.DEPOT: "true",
    Role.COORDINATOR: "true",
}


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket for one asker.

    ticket: the fields of `tickets_for`
    stops, in walking order, empty for those who may not see doors: id, position, parcel_code, order_number, door
    (58-2-301), building, unit_number, floor, floors (of the building, or None), people_count, bags, weight_grams, heavy
    (by the community's limit), outcome, problem, happened_at, photo (the entry that it stands by, where that came with one),
    collect_fen (what the household still has to pay at the door), taken_fen (what it paid there)
    parcels, for the depot, the lead and coordinators: code, bags, weight_grams, state, outcome, problem
    """

    ticket: Row[Any]
    stops: list[Row[Any]]
    parcels: list[Row[Any]]


def _scope(asker: Asker) -> tuple[str, dict[str, object]]:
    condition = VISIBLE.get(asker.role, "false")
    bound: dict[str, object] = {"community": asker.community_id, "account": asker.account_id}
    if asker.role == Role.VOLUNTEER:
        bound["volunteers_grid"] = asker.grid_id
    elif asker.role == Role.GRID_LEAD:
        bound["grid"] = asker.grid()
    return condition, bound


def tickets_for(
    asker: Asker,
    *,
    cycle_id: int | None = None,
    states: Sequence[TicketState] | None = None,
    mine: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> list[Row[Any]]:
    """Return the tickets an asker may know of: newest cycle first, then by grid and sequence; `mine`: the own only.

    A volunteer knows of those of the badge's grid, and of the own ones whatever became of the badge. Void ones only where
    `states` names them.

    Fields: id, code, cycle_id, grid_id, grid_number, grid_name, delivery_point (or None), sequence, state, badge (its
    code, or None), claimed_at, handed_over_at, finished_at, stops, bags, weight_grams, ready (parcels packed),
    delivered, failed, first_building, crates, mine.
    """
    condition, bound = _scope(asker)
    return rows(
        f"{TICKET} AND {condition} AND {FILTER} ORDER BY t.cycle_id DESC, g.number, t.sequence"
        " LIMIT :limit OFFSET :offset",
        cycle=cycle_id,
        states=None if states is None else list(states),
        mine=mine,
        limit=limit,
        offset=offset,
        **bound,
    )


def count_tickets_for(
    asker: Asker, *, cycle_id: int | None = None, states: Sequence[TicketState] | None = None, mine: bool = False
) -> int:
    """Return how many tickets `tickets_for` finds."""
    condition, bound = _scope(asker)
    return int(
        scalar(
            "SELECT count(*) FROM ticket AS t JOIN cycle AS c ON c.id = t.cycle_id"
            f" WHERE c.community_id = :community AND {condition} AND {FILTER}",
            cycle=cycle_id,
            states=None if states is None else list(states),
            mine=mine,
            **bound,
        )
    )


def ticket_for(asker: Asker, code: str) -> TicketView:
    """Return a ticket with what the asker may see of it. Raises NotFoundError."""
    condition, bound = _scope(asker)
    ticket = row(f"{TICKET} AND {condition} AND t.code = :code", code=read_code(code), **bound)
    if ticket is None:
        raise NotFoundError("no such ticket", ticket=code)
    stops = stops_of(ticket.id) if sees_doors(asker, ticket) else []
    parcels = [] if asker.role == Role.VOLUNTEER else parcels_of_ticket(ticket.id)
    return TicketView(ticket, stops, parcels)


def sees_doors(asker: Asker, ticket: Row[Any]) -> bool:
    """Tell whether the asker may see a ticket's doors: the own live ticket's, or the grid's as lead or coordinator.

    A claim with a badge that has ended shows none, for nothing will be handed over; what is in hand shows them. A day after
    a ticket has come to its end nobody sees them any more.
    """
    if asker.role == Role.VOLUNTEER:
        claimed = ticket.state == TicketState.CLAIMED and ticket.badge_id == asker.badge_id
        return bool(ticket.mine and (claimed or ticket.state in WITH_VOLUNTEER))
    gone = ticket.finished_at is not None and ticket.finished_at <= datetime.now(UTC) - DOORS_STAY
    return asker.role in {Role.GRID_LEAD, Role.COORDINATOR} and not gone


def stops_of(ticket_id: int) -> list[Row[Any]]:
    """Return a ticket's doors in walking order; the fields stand at TicketView. Ask `sees_doors` first."""
    return rows(
        f"""
        SELECT s.id, s.position, p.code AS parcel_code, n.number AS order_number,
               coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door,
               b.name AS building, h.unit_number, h.floor, b.floors, h.people_count, p.bags, p.weight_grams,
               {HEAVY} AS heavy, s.outcome, s.problem, s.happened_at, f.entry_id AS photo,
               CASE WHEN p.state <> 'returned' THEN c.fen ELSE 0 END AS collect_fen, coalesce(k.fen, 0)::bigint AS taken_fen
        FROM stop AS s
        JOIN parcel AS p ON p.id = s.parcel_id
        {COMMUNITY}
        JOIN orders AS o ON o.id = s.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = o.building_id
        JOIN order_number AS n ON n.order_id = s.order_id
        LEFT JOIN door_photo AS f ON f.entry_id = s.entry_id
        CROSS JOIN LATERAL ({TO_COLLECT.format(orders="o.id = s.order_id")}) AS c
        LEFT JOIN (
            SELECT order_id, sum(amount_fen) AS fen FROM taking WHERE ticket_id = :ticket GROUP BY order_id
        ) AS k ON k.order_id = s.order_id
        WHERE s.ticket_id = :ticket ORDER BY s.position
        """,
        ticket=ticket_id,
    )


def parcels_of_ticket(ticket_id: int) -> list[Row[Any]]:
    """Return a ticket's parcels in walking order, without doors.

    Fields: id, code, bags, weight_grams, state, outcome, problem, kept (something of it was kept back at the door).
    """
    return rows(
        """
        SELECT p.id, p.code, p.bags, p.weight_grams, p.state, s.outcome, s.problem,
               EXISTS (SELECT FROM kept_back AS k WHERE k.entry_id = s.entry_id) AS kept
        FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id WHERE s.ticket_id = :ticket ORDER BY s.position
        """,
        ticket=ticket_id,
    )


def returns_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the parcels of a cycle that could not be left at the door, on their way back first.

    Fields: code, grid_number, order_number, ticket (its code), badge (its code), problem, happened_at, state (handed_over:
    still with the volunteer; returned), bags, weight_grams.
    """
    return rows(
        """
        SELECT p.code, g.number AS grid_number, n.number AS order_number, t.code AS ticket, b.code AS badge, s.problem,
               s.happened_at, p.state, p.bags, p.weight_grams
        FROM stop AS s
        JOIN parcel AS p ON p.id = s.parcel_id
        JOIN ticket AS t ON t.id = s.ticket_id
        JOIN cycle AS c ON c.id = t.cycle_id
        JOIN grid AS g ON g.id = t.grid_id
        JOIN order_number AS n ON n.order_id = s.order_id
        LEFT JOIN badge AS b ON b.id = t.badge_id
        WHERE t.cycle_id = :cycle AND c.community_id = :community AND s.outcome = 'failed'
        ORDER BY p.state, g.number, p.position
        """,
        cycle=cycle_id,
        community=asker.community_id,
    )


def refusals_for(asker: Asker, cycle_id: int, *, limit: int = 20) -> list[Row[Any]]:
    """Return who was turned away from a ticket of another grid in a cycle, the latest first.

    Fields: id, refused_at, refused_move, ticket (its code), ticket_grid, badge (its code), badge_grid, delivery_point
    (where that badge's own parcels are, or None).
    """
    return rows(
        """
        SELECT r.id, r.refused_at, r.refused_move, t.code AS ticket, tg.number AS ticket_grid, b.code AS badge,
               bg.number AS badge_grid, d.name AS delivery_point
        FROM grid_refusal AS r
        JOIN ticket AS t ON t.id = r.ticket_id
        JOIN cycle AS c ON c.id = t.cycle_id
        JOIN grid AS tg ON tg.id = t.grid_id
        JOIN badge AS b ON b.id = r.badge_id
        JOIN grid AS bg ON bg.id = b.grid_id
        LEFT JOIN delivery_point AS d ON d.id = bg.delivery_point_id
        WHERE t.cycle_id = :cycle AND c.community_id = :community ORDER BY r.id DESC LIMIT :limit
        """,
        cycle=cycle_id,
        community=asker.community_id,
        limit=limit,
    )


def ticket_now(ticket_id: int) -> Row[Any]:
    """Return a ticket as a command needs it, without locking it.

    Fields: id, code, grid_id, grid_number, state, at_point, claims, claimed_at, handed_over_at, finished_at, batch_id,
    delivery_point_id and delivery_point (its name; None: the depot), badge_id, badge (its code), holder_id (the account
    that holds the badge); the last three None while nobody has it.
    """
    return rows(
        """
        SELECT t.id, t.code, t.grid_id, g.number AS grid_number, t.state, t.at_point, t.claims, t.claimed_at, t.handed_over_at,
               t.finished_at, t.batch_id, h.delivery_point_id, d.name AS delivery_point, t.badge_id, b.code AS badge,
               b.account_id AS holder_id
        FROM ticket AS t
        JOIN grid AS g ON g.id = t.grid_id
        JOIN batch AS h ON h.id = t.batch_id
        LEFT JOIN delivery_point AS d ON d.id = h.delivery_point_id
        LEFT JOIN badge AS b ON b.id = t.badge_id
        WHERE t.id = :id
        """,
        id=ticket_id,
    )[0]


def ticket_for_update(asker: Asker, code: str) -> Row[Any]:
    """Lock a ticket of the asker's community by its typed code, of any grid. Raises NotFoundError.

    Fields: those of `ticket_now`.
    """
    locked = scalar(
        """
        SELECT t.id FROM ticket AS t JOIN cycle AS c ON c.id = t.cycle_id
        WHERE t.code = :code AND c.community_id = :community FOR UPDATE OF t
        """,
        code=read_code(code),
        community=asker.community_id,
    )
    if locked is None:
        raise NotFoundError("no such ticket", ticket=code)
    # Read after the lock, in a statement of its own: the one that waited saw the badge of before the wait.
    return ticket_now(locked)
