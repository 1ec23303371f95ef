"""What a volunteer wrote on a ticket's sheet is typed in by somebody else: the same entries, with who typed them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from supplyhub.db import transaction
from supplyhub.delivery import recording
from supplyhub.delivery.commands.doors import Recorded, report
from supplyhub.delivery.commands.setting_right import correct, hindered
from supplyhub.delivery.deciding import Hindrance
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.grid_binding import keep_to_point
from supplyhub.delivery.paper import check, stops_of_parcels
from supplyhub.delivery.queries import ticket_for_update
from supplyhub.delivery.states import FINISHED, WITH_VOLUNTEER
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.payments.collecting import takings_at
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingAnswer, TakingWay
from supplyhub.payments.taking import take
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.delivery.paper import Read, Typed
    from supplyhub.payments.rules import SettledTaking
    from supplyhub.people.asker import Asker

# A number follows from what was written: typed twice, or by two people, it is one entry.
PAPER = UUID("6d1f3d0a-9a0b-4a5e-8d43-5f0c8f5b7a21")


def enter_paper(
    asker: Asker,
    ticket_code: str,
    typed: Sequence[Typed],
    *,
    happened_at: datetime | None = None,
    correcting: Collection[str] = (),
) -> Recorded:
    """Record what was typed from a ticket's sheet, as the volunteer's phone would have; return an answer for each.

    What `paper.check` finds fault with is left out, nothing else. Paper tells no times: `happened_at` stands for all of it,
    between the handover and now, which it is without. The same again has no further effect. For the grid's lead,
    coordinators and the depot; raises NotFoundError, WrongPointError, and ConflictError for what no volunteer has or had.

    `correcting`: parcel codes of what was typed wrong before and stands otherwise from now on, with the cash that was
    typed along; for the lead and coordinators, until the hand-back. An amount beside a right letter is corrected until the
    cash is counted; without this it stays. Raises NotAllowedError, and what `setting_right.correct` raises.
    """
    if correcting and asker.role not in {Role.GRID_LEAD, Role.COORDINATOR}:
        raise NotAllowedError("the grid's lead corrects what was typed", role=asker.role)

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
        stops = recording.stops_by_id(asker, [each.stop.id for each in fit])
        entries = {each.stop.id: _entry(ticket.id, stops[each.stop.id], each, at) for each in fit}
        wrong = sorted({each.stop.id for each in fit if each.stands == "otherwise" and each.typed.code in correcting})
        new = [entry for stop, entry in entries.items() if stop not in wrong]
        settled = report(asker, new, stops, entered_by=asker.account_id)
        settled += correct(asker, [entries[stop] for stop in wrong], stops)
        undone = [back for stop in wrong for back in _cash_typed_before(ticket, stop, at)]
        takings = {each.stop.id: _taken(ticket.id, each.stop.id, each.typed, at) for each in fit if _is_more(each)}
        for stop in set(wrong) & set(takings):
            takings[stop] = replace(takings[stop], id=_instead(takings[stop].id, stops[stop]))
        orders = {stop.id: stop.order_id for stop in stops.values()}
        taken = take(asker, ticket, [*undone, *takings.values()], orders)
        amounts = {each.stop.id: each for each in fit if each.stands == "amount" and each.typed.code in correcting}
        return Recorded(settled, taken + _correct_amounts(asker, ticket, amounts.values(), orders, at))


def _entry(ticket_id: int, stop: Row[Any], read: Read, at: datetime) -> Entry:
    typed = read.typed
    if typed.outcome is None:
        raise ValueError("what says nothing was found fault with")
    number = uuid5(PAPER, f"{ticket_id}/{stop.id}/{typed.outcome}/{typed.problem}")
    number = _instead(number, stop) if read.stands == "otherwise" else number
    return Entry(number, stop.id, typed.outcome, typed.problem, at)


def _instead(number: UUID, stop: Row[Any]) -> UUID:
    """Return another number for what is typed instead of what stands: the same may have been typed, and set aside."""
    return uuid5(number, f"instead of {stop.entry_id}")


def _cash_typed_before(ticket: Row[Any], stop_id: int, at: datetime) -> list[Taken]:
    """Return what takes back the cash that was typed along with a wrong letter; what a phone said stays."""
    return [
        Taken(uuid5(PAPER, f"{before.id} taken back"), stop_id, at, corrects=before.id)
        for before in takings_at(stop_id)
        if before.booked_by != ticket.holder_id
    ]


def _is_more(read: Read) -> bool:
    """Tell whether cash was typed that nobody typed before."""
    return read.typed.fen > 0 and not (read.stands in {"same", "amount"} and read.stop.typed_fen is not None)


def _correct_amounts(
    asker: Asker, ticket: Row[Any], found: Collection[Read], orders: Mapping[int, int], at: datetime
) -> list[SettledTaking]:
    """Take back cash that was typed and book what is said instead: all of it, or nothing (ConflictError)."""
    takings: list[Taken] = []
    for each in found:
        if each.stop.counted:
            raise hindered(Hindrance.COUNTED)
        takings += _cash_typed_before(ticket, each.stop.id, at)
        if each.typed.fen:
            instead = _taken(ticket.id, each.stop.id, each.typed, at)
            # The same amount may have been typed before, and taken back.
            takings.append(replace(instead, id=uuid5(instead.id, f"after {each.stop.typed_times}")))
    settled = take(asker, ticket, takings, orders)
    if any(each.answer != TakingAnswer.APPLIED for each in settled):
        raise hindered(Hindrance.AMOUNT)
    return settled


def _taken(ticket_id: int, stop_id: int, typed: Typed, at: datetime) -> Taken:
    number = uuid5(PAPER, f"{ticket_id}/{stop_id}/cash/{typed.fen}")
    # Who types it from paper asks nobody: less than is owed is what was paid.
    return Taken(number, stop_id, at, TakingWay.CASH, typed.fen, less=True)
