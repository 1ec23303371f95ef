"""What a volunteer wrote on a ticket's sheet is typed in by somebody else: the same entries, with who typed them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from supplyhub.db import transaction
from supplyhub.delivery import recording
from supplyhub.delivery.commands.doors import Recorded, report
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.grid_binding import keep_to_point
from supplyhub.delivery.paper import check, stops_of_parcels
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.states import FINISHED, WITH_VOLUNTEER
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingWay
from supplyhub.payments.taking import take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.delivery.paper import Typed
    from supplyhub.people.asker import Asker

# A number follows from what was written: typed twice, or by two people, it is one entry.
PAPER = UUID("6d1f3d0a-9a0b-4a5e-8d43-5f0c8f5b7a21")


def enter_paper(
    asker: Asker, ticket_code: str, typed: Sequence[Typed], *, happened_at: datetime | None = None
) -> Recorded:
    """Record what was typed from a ticket's sheet, as the volunteer's phone would have; return an answer for each.

    What `paper.check` finds fault with is left out, nothing else. Paper tells no times: `happened_at` stands for all of it,
    between the handover and now, which it is without. The same again has no further effect. For the grid's lead,
    coordinators and the depot; raises NotFoundError, WrongPointError, and ConflictError for what no volunteer has or had.
    """
    with transaction():
        ticket = ticket_for_update(asker, ticket_code)
        if not asker.sees_grid(ticket.grid_id):
            raise NotFoundError("no such ticket", ticket=ticket_code)
        keep_to_point(asker, ticket)
        if ticket.at_point or ticket.state not in {*WITH_VOLUNTEER, *FINISHED}:
            raise ConflictError("nothing of it was handed over to a volunteer", state=ticket.state, action="deliver")
        found = check(typed, ticket.code, stops_of_parcels(asker.community_id, [each.code for each in typed]))
        fit = [each for each in found if not each.fault]
        now = datetime.now(UTC)
        at = max(min(happened_at or now, now), ticket.handed_over_at)
        entries = {each.stop.id: _entry(ticket.id, each.stop.id, each.typed, at) for each in fit}
        stops = recording.stops_by_id(asker, list(entries))
        settled = report(asker, list(entries.values()), stops, entered_by=asker.account_id)
        takings = {each.stop.id: _taken(ticket.id, each.stop.id, each.typed, at) for each in fit if each.typed.fen}
        orders = {stop.id: stop.order_id for stop in stops.values()}
        return Recorded(settled, take(asker, ticket, list(takings.values()), orders))


def _entry(ticket_id: int, stop_id: int, typed: Typed, at: datetime) -> Entry:
    if typed.outcome is None:
        raise ValueError("what says nothing was found fault with")
    number = uuid5(PAPER, f"{ticket_id}/{stop_id}/{typed.outcome}/{typed.problem}")
    return Entry(number, stop_id, typed.outcome, typed.problem, at)


def _taken(ticket_id: int, stop_id: int, typed: Typed, at: datetime) -> Taken:
    number = uuid5(PAPER, f"{ticket_id}/{stop_id}/cash/{typed.fen}")
    # Who types it from paper asks nobody: less than is owed is what was paid.
    return Taken(number, stop_id, at, TakingWay.CASH, typed.fen, less=True)
