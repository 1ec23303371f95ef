"""Tickets: cut once a cycle along the routes, claimed by a badge of the grid, or freed before the handover."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from supplyhub.catalog.parts import Part, lock_part
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands.routing import plan
from supplyhub.delivery.cutting import Load, crates_of, cut
from supplyhub.delivery.grid_binding import keep_to_grid, keep_to_point, own_badge, refusals_recorded
from supplyhub.delivery.loads import COMMUNITY, LOAD
from supplyhub.delivery.modes import plan_modes
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.states import TICKET_MOVES, RefusedMove
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move
from supplyhub.people.shifts import ensure_shift
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

ALL = Part()
FREES_FOR_OTHERS = {Role.DEPOT, Role.COORDINATOR}


class Cut(NamedTuple):
    """A ticket of a batch: the positions of its parcels there, and its crates as positions of its own stops."""

    batch_id: int
    sequence: int
    first: int
    last: int
    crates: list[tuple[int, int]]


def issue_tickets(cycle_id: int, first_grid: int = ALL.first_grid, last_grid: int = ALL.last_grid) -> None:
    """Cut every batch of a cycle's grids into tickets along its grid's newest route.

    Runs in the worker's transaction; a second run has no effect.
    """
    if scalar("SELECT id FROM cycle WHERE id = :cycle", cycle=cycle_id) is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    part = Part(first_grid, last_grid)
    lock_part(cycle_id, part)
    batches = rows(UNCUT, cycle=cycle_id, **part._asdict())
    plan([batch.grid_id for batch in batches if not batch.has_route])
    _write(_cut([batch.id for batch in batches]))
    plan_modes(cycle_id, part)


UNCUT = """
    SELECT b.id, b.grid_id, EXISTS (SELECT FROM route AS r WHERE r.grid_id = b.grid_id) AS has_route
    FROM batch AS b
    WHERE b.cycle_id = :cycle AND b.grid_id BETWEEN :first_grid AND :last_grid
      AND NOT EXISTS (SELECT FROM ticket AS t WHERE t.batch_id = b.id)
    ORDER BY b.id
"""


def claim_ticket(asker: Asker, code: str) -> None:
    """Give a free ticket to the asker's badge. Whoever claims is at work: without a shift one begins.

    Raises WrongGridError (and records it) for a ticket of another grid, ConflictError when somebody has it,
    NotAllowedError for a badge that isn't live.
    """
    with refusals_recorded(RefusedMove.CLAIM), transaction():
        ticket = ticket_for_update(asker, code)
        badge = own_badge(asker)
        keep_to_grid(ticket, badge)
        if ticket.at_point:
            raise ConflictError("its parcels are fetched at the delivery point", ticket=ticket.code, action="claim")
        state = move(TICKET_MOVES, ticket.state, "claim")
        # Before the claim: whatever a device says of its time, the handover is in this shift.
        ensure_shift(badge.id)
        execute(
            "UPDATE ticket SET state = :state, badge_id = :badge, claims = claims + 1, claimed_at = clock_timestamp()"
            " WHERE id = :ticket",
            state=state,
            badge=badge.id,
            ticket=ticket.id,
        )


def release_ticket(asker: Asker, code: str) -> None:
    """Give a claimed ticket back before anything was handed over.

    For who claimed it, with a live badge or without; and for the depot and coordinators, when that volunteer is gone.
    Another volunteer's is a NotFoundError, another delivery point's a WrongPointError.
    """
    with transaction():
        ticket = ticket_for_update(asker, code)
        keep_to_point(asker, ticket)
        if asker.role not in FREES_FOR_OTHERS and ticket.holder_id != asker.account_id:
            raise NotFoundError("no such ticket", ticket=code)
        execute(
            "UPDATE ticket SET state = :state, badge_id = NULL, claimed_at = NULL WHERE id = :ticket",
            state=move(TICKET_MOVES, ticket.state, "release"),
            ticket=ticket.id,
        )


def _cut(batch_ids: list[int]) -> list[Cut]:
    """Cut some batches along their parcels' positions, which count from 1 in walking order."""
    parcels = rows(
        f"""
        SELECT {LOAD}, p.batch_id
        FROM parcel AS p JOIN orders AS o ON o.id = p.order_id {COMMUNITY}
        WHERE p.batch_id = ANY (:batches) ORDER BY p.batch_id, p.position
        """,
        batches=batch_ids,
    )
    tickets = []
    for batch_id, group in groupby(parcels, key=attrgetter("batch_id")):
        first = 1
        for sequence, loads in enumerate(cut(Load._make(parcel[:6]) for parcel in group), start=1):
            tickets.append(Cut(batch_id, sequence, first, first + len(loads) - 1, crates_of(loads)))
            first += len(loads)
    return tickets


def _write(tickets: list[Cut]) -> None:
    """Insert tickets, their crates and their stops, in three statements."""
    ranges = {
        "batches": [ticket.batch_id for ticket in tickets],
        "sequences": [ticket.sequence for ticket in tickets],
        # Named once more: so a part's are looked up, and not those of all batches read.
        "ids": sorted({ticket.batch_id for ticket in tickets}),
    }
    execute(
        """
        INSERT INTO ticket (cycle_id, grid_id, batch_id, route_id, sequence)
        SELECT b.cycle_id, b.grid_id, b.id, r.id, t.sequence
        FROM unnest(CAST(:batches AS bigint[]), CAST(:sequences AS bigint[])) AS t(batch_id, sequence)
        JOIN batch AS b ON b.id = t.batch_id AND b.id = ANY (:ids)
        CROSS JOIN LATERAL (SELECT id FROM route WHERE grid_id = b.grid_id ORDER BY version DESC LIMIT 1) AS r
        ORDER BY b.id, t.sequence
        """,
        **ranges,
    )
    execute(
        """
        INSERT INTO stop (ticket_id, grid_id, order_id, parcel_id, position)
        SELECT t.id, t.grid_id, p.order_id, p.id, p.position - c.first + 1
        FROM unnest(CAST(:batches AS bigint[]), CAST(:sequences AS bigint[]), CAST(:firsts AS bigint[]),
                    CAST(:lasts AS bigint[])) AS c(batch_id, sequence, first, last)
        JOIN ticket AS t ON t.batch_id = c.batch_id AND t.sequence = c.sequence AND t.batch_id = ANY (:ids)
        JOIN parcel AS p ON p.batch_id = c.batch_id AND p.position BETWEEN c.first AND c.last
        ORDER BY t.id, p.position
        """,
        **ranges,
        firsts=[ticket.first for ticket in tickets],
        lasts=[ticket.last for ticket in tickets],
    )
    crates = [
        (ticket.batch_id, ticket.sequence, number, first, last)
        for ticket in tickets
        for number, (first, last) in enumerate(ticket.crates, start=1)
    ]
    execute(
        """
        INSERT INTO crate (ticket_id, grid_id, number, first_position, last_position)
        SELECT t.id, t.grid_id, c.number, c.first_position, c.last_position
        FROM unnest(CAST(:batches AS bigint[]), CAST(:sequences AS bigint[]), CAST(:numbers AS bigint[]),
                    CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[]))
             AS c(batch_id, sequence, number, first_position, last_position)
        JOIN ticket AS t ON t.batch_id = c.batch_id AND t.sequence = c.sequence AND t.batch_id = ANY (:ids)
        ORDER BY t.id, c.number
        """,
        ids=ranges["ids"],
        batches=[crate[0] for crate in crates],
        sequences=[crate[1] for crate in crates],
        numbers=[crate[2] for crate in crates],
        firsts=[crate[3] for crate in crates],
        lasts=[crate[4] for crate in crates],
    )
