"""Tickets: cut once a cycle along the routes, claimed by a badge of the grid, or freed before the handover."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands.routing import plan
from supplyhub.delivery.grid_binding import keep_to_grid, own_badge, refusals_recorded
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.rules import Load, crates_of, cut
from supplyhub.delivery.states import TICKET_MOVES, RefusedMove
from supplyhub.errors import NotFoundError
from supplyhub.moves import move
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

FREES_FOR_OTHERS = {Role.DEPOT, Role.COORDINATOR}


def issue_tickets(cycle_id: int) -> None:
    """Cut every batch of a cycle into tickets along its grid's newest route.

    Runs in the worker's transaction; a second run has no effect.
    """
    if scalar("SELECT id FROM cycle WHERE id = :cycle FOR NO KEY UPDATE", cycle=cycle_id) is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    if scalar("SELECT count(*) FROM ticket WHERE cycle_id = :cycle", cycle=cycle_id):
        return
    _plan_missing_routes(cycle_id)
    parcels = rows(
        """
        SELECT p.id, p.batch_id, p.order_id, o.building_id, p.weight_grams
        FROM parcel AS p JOIN orders AS o ON o.id = p.order_id
        WHERE p.cycle_id = :cycle ORDER BY p.batch_id, p.position
        """,
        cycle=cycle_id,
    )
    tickets = [
        (batch_id, sequence, loads)
        for batch_id, group in groupby(parcels, key=lambda parcel: parcel.batch_id)
        for sequence, loads in enumerate(cut(_load(parcel) for parcel in group), start=1)
    ]
    _write(tickets)


def claim_ticket(asker: Asker, code: str) -> None:
    """Give a free ticket to the asker's badge.

    Raises WrongGridError (and records it) for a ticket of another grid, ConflictError when somebody has it,
    NotAllowedError for a badge that isn't live.
    """
    with refusals_recorded(RefusedMove.CLAIM), transaction():
        ticket = ticket_for_update(asker, code)
        badge = own_badge(asker)
        keep_to_grid(ticket, badge)
        execute(
            "UPDATE ticket SET state = :state, badge_id = :badge, claimed_at = clock_timestamp() WHERE id = :ticket",
            state=move(TICKET_MOVES, ticket.state, "claim"),
            badge=badge.id,
            ticket=ticket.id,
        )


def release_ticket(asker: Asker, code: str) -> None:
    """Give a claimed ticket back before anything was handed over.

    For who claimed it, with a live badge or without; and for the depot and coordinators, when that volunteer is gone.
    Another volunteer's is a NotFoundError.
    """
    with transaction():
        ticket = ticket_for_update(asker, code)
        if asker.role not in FREES_FOR_OTHERS and ticket.holder_id != asker.account_id:
            raise NotFoundError("no such ticket", ticket=code)
        execute(
            "UPDATE ticket SET state = :state, badge_id = NULL, claimed_at = NULL WHERE id = :ticket",
            state=move(TICKET_MOVES, ticket.state, "release"),
            ticket=ticket.id,
        )


def _load(parcel: Row[Any]) -> Load:
    return Load(parcel.id, parcel.order_id, parcel.building_id, parcel.weight_grams)


def _plan_missing_routes(cycle_id: int) -> None:
    missing = rows(
        """
        SELECT b.grid_id FROM batch AS b
        WHERE b.cycle_id = :cycle AND NOT EXISTS (SELECT FROM route AS r WHERE r.grid_id = b.grid_id)
        """,
        cycle=cycle_id,
    )
    plan([batch.grid_id for batch in missing])


def _write(tickets: list[tuple[int, int, list[Load]]]) -> None:
    """Insert tickets (batch, sequence, loads), their stops and crates, in three statements."""
    execute(
        """
        INSERT INTO ticket (cycle_id, grid_id, batch_id, route_id, sequence)
        SELECT b.cycle_id, b.grid_id, b.id, r.id, t.sequence
        FROM unnest(CAST(:batches AS bigint[]), CAST(:sequences AS bigint[])) AS t(batch_id, sequence)
        JOIN batch AS b ON b.id = t.batch_id
        CROSS JOIN LATERAL (SELECT id FROM route WHERE grid_id = b.grid_id ORDER BY version DESC LIMIT 1) AS r
        ORDER BY b.id, t.sequence
        """,
        batches=[batch_id for batch_id, _, _ in tickets],
        sequences=[sequence for _, sequence, _ in tickets],
    )
    stops = [
        (batch_id, sequence, load.parcel_id, position)
        for batch_id, sequence, loads in tickets
        for position, load in enumerate(loads, start=1)
    ]
    execute(
        """
        INSERT INTO stop (ticket_id, grid_id, order_id, parcel_id, position)
        SELECT t.id, t.grid_id, p.order_id, p.id, s.position
        FROM unnest(CAST(:batches AS bigint[]), CAST(:sequences AS bigint[]), CAST(:parcels AS bigint[]),
                    CAST(:positions AS bigint[])) AS s(batch_id, sequence, parcel_id, position)
        JOIN ticket AS t ON t.batch_id = s.batch_id AND t.sequence = s.sequence
        JOIN parcel AS p ON p.id = s.parcel_id
        ORDER BY t.id, s.position
        """,
        batches=[stop[0] for stop in stops],
        sequences=[stop[1] for stop in stops],
        parcels=[stop[2] for stop in stops],
        positions=[stop[3] for stop in stops],
    )
    crates = [
        (batch_id, sequence, number, first, last)
        for batch_id, sequence, loads in tickets
        for number, (first, last) in enumerate(crates_of(loads), start=1)
    ]
    execute(
        """
        INSERT INTO crate (ticket_id, grid_id, number, first_position, last_position)
        SELECT t.id, t.grid_id, c.number, c.first_position, c.last_position
        FROM unnest(CAST(:batches AS bigint[]), CAST(:sequences AS bigint[]), CAST(:numbers AS bigint[]),
                    CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[]))
             AS c(batch_id, sequence, number, first_position, last_position)
        JOIN ticket AS t ON t.batch_id = c.batch_id AND t.sequence = c.sequence
        ORDER BY t.id, c.number
        """,
        batches=[crate[0] for crate in crates],
        sequences=[crate[1] for crate in crates],
        numbers=[crate[2] for crate in crates],
        firsts=[crate[3] for crate in crates],
        lasts=[crate[4] for crate in crates],
    )
