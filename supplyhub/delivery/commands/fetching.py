"""Parcels that people fetch at their delivery point: checked off, paid for, and brought back when the day ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from supplyhub.codes import read_code
from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.delivery.states import TICKET_MOVES, Problem, StopOutcome, TicketState
from supplyhub.depot.carrying import carry
from supplyhub.depot.states import ParcelState
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.moves import move
from supplyhub.payments.collecting import takings_at
from supplyhub.payments.counting import count
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import TakingAnswer
from supplyhub.payments.taking import take

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.payments.counting import Counted
    from supplyhub.payments.states import TakingWay
    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class Paid:
    """What somebody pays at the desk; `id` is the form's own number for it. `less` confirms that the rest stays owed."""

    id: UUID
    way: TakingWay
    amount_fen: int
    less: bool = False

    def at(self, stop: Row[Any]) -> Taken:
        """Return it as money taken at a stop now."""
        return Taken(self.id, stop.id, datetime.now(UTC), self.way, self.amount_fen, less=self.less)


def check_off(asker: Asker, parcel_code: str, *, taken: Paid | None = None) -> bool:
    """Give a parcel (by its code) to the household that fetches it, with what it paid; tell whether that is new.

    For the staff of the delivery point, and of the depot. Raises NotFoundError, NotAllowedError at another point
    (`delivery_point` is the right one), ConflictError for a parcel that isn't packed or isn't fetched here, and when
    something else is owed than is taken (`owed_fen`): then nothing is given out.
    """
    code = read_code(parcel_code)
    with transaction():
        ticket = _ticket_for_update(asker, "p.code = :code", code=code)
        (stop,) = _stops_for_update("p.code = :code", code=code)
        if stop.outcome == StopOutcome.DELIVERED:
            return False
        if taken:
            _book(asker, ticket, stop, [taken.at(stop)])
        _refuse_unpacked([stop])
        carry(asker, [stop.parcel_id], "hand_over")
        carry(asker, [stop.parcel_id], "deliver")
        _settle(asker, [stop], StopOutcome.DELIVERED)
        _set_out(ticket)
    return True


def take_at_desk(asker: Asker, parcel_code: str, *, number: UUID, taken: Paid | None) -> None:
    """Let stand what was paid at the desk for a parcel that was given out: `taken` in all, or nothing.

    More than was booked before is paid now, to the asker; else it stands instead of that. `number` names the intention: the
    same again has no further effect. For who `check_off` is for; raises what that raises, and ConflictError before the
    parcel was given out and once its cycle is closed.
    """
    code = read_code(parcel_code)
    with transaction():
        ticket = _ticket_for_update(asker, "p.code = :code", code=code)
        (stop,) = _stops_for_update("p.code = :code", code=code)
        if stop.outcome != StopOutcome.DELIVERED or ticket.closed:
            raise ConflictError("this parcel is not paid for here now", outcome=stop.outcome, ticket=ticket.code)
        if taken is None or not scalar("SELECT count(*) FROM taking WHERE id = :id", id=taken.id):
            _book(asker, ticket, stop, _instead(stop, takings_at(stop.id), number, taken))


def _instead(stop: Row[Any], before: Sequence[Row[Any]], number: UUID, taken: Paid | None) -> list[Taken]:
    """Return what comes to `taken` in all, after what was booked before."""
    in_all = sum(each.amount_fen for each in before)
    if taken and taken.amount_fen > in_all and {each.way for each in before} <= {taken.way}:
        return [replace(taken, amount_fen=taken.amount_fen - in_all).at(stop)]
    now = datetime.now(UTC)
    undone = [Taken(uuid5(number, str(each.id)), stop.id, now, corrects=each.id) for each in before]
    return [*undone, *([taken.at(stop)] if taken else [])]


def close_point_ticket(
    asker: Asker, ticket_code: str, *, parcel_codes: Iterable[str], cash: Counted | None = None
) -> None:
    """End a ticket at the point: what nobody fetched goes back, every parcel counted by its code; and the desk's cash.

    Cash that isn't counted here stays open until it is (`count_cash`). Raises what `check_off` raises, InvalidError when
    what is counted isn't what was not fetched, and what `payments.counting.count` raises.
    """
    brought = {read_code(code) for code in parcel_codes}
    with transaction():
        ticket = _ticket_for_update(asker, "t.code = :code", code=read_code(ticket_code))
        left = [stop for stop in _stops_for_update("t.id = :ticket", ticket=ticket.id) if stop.outcome is None]
        expected = {stop.code for stop in left}
        if expected != brought:
            raise InvalidError(
                "what goes back must be what was not fetched",
                missing=sorted(expected - brought),
                foreign=sorted(brought - expected),
            )
        _refuse_unpacked(left)
        carry(asker, [stop.parcel_id for stop in left], "hand_over")
        carry(asker, [stop.parcel_id for stop in left], "bring_back")
        _settle(asker, left, StopOutcome.FAILED)
        failed = left or scalar("SELECT count(*) FROM stop WHERE ticket_id = :t AND outcome = 'failed'", t=ticket.id)
        _finish(ticket, "hand_back" if failed else "finish")
        if cash:
            count(asker, ticket, cash)


def _book(asker: Asker, ticket: Row[Any], stop: Row[Any], takings: Sequence[Taken]) -> None:
    """Book money at the desk, all of it or none. Raises ConflictError."""
    for each in take(asker, ticket, takings, {stop.id: stop.order_id}):
        if each.answer not in {TakingAnswer.APPLIED, TakingAnswer.DUPLICATE}:
            raise ConflictError("something else is owed by now", owed_fen=each.owed_fen, answer=each.answer)


def _ticket_for_update(asker: Asker, condition: str, **bound: object) -> Row[Any]:
    """Lock a ticket that stays at a delivery point where the asker works."""
    locked = scalar(
        f"""
        SELECT t.id FROM ticket AS t
        WHERE t.id = (SELECT t.id FROM ticket AS t JOIN cycle AS c ON c.id = t.cycle_id LEFT JOIN stop AS s ON s.ticket_id = t.id
                      LEFT JOIN parcel AS p ON p.id = s.parcel_id
                      WHERE c.community_id = :community AND t.state <> 'void' AND {condition} LIMIT 1) FOR UPDATE
        """,
        community=asker.community_id,
        **bound,
    )
    ticket = row(
        """
        SELECT t.id, t.code, t.grid_id, t.state, t.at_point, t.badge_id, NULL AS holder_id, b.delivery_point_id,
               d.name AS delivery_point, c.state = 'closed' AS closed
        FROM ticket AS t
        JOIN cycle AS c ON c.id = t.cycle_id
        JOIN batch AS b ON b.id = t.batch_id
        LEFT JOIN delivery_point AS d ON d.id = b.delivery_point_id
        WHERE t.id = :ticket
        """,
        ticket=locked,
    )
    if ticket is None:
        raise NotFoundError("no such parcel or ticket")
    if asker.delivery_point_id not in {None, ticket.delivery_point_id}:
        raise NotAllowedError("this is fetched at another delivery point", delivery_point=ticket.delivery_point)
    if not ticket.at_point:
        raise ConflictError("this goes out with a volunteer; it isn't fetched here", ticket=ticket.code)
    return ticket


def _stops_for_update(condition: str, **bound: object) -> list[Row[Any]]:
    return rows(
        f"""
        SELECT s.id, s.grid_id, s.order_id, s.outcome, s.parcel_id, p.code, p.state AS parcel_state
        FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id JOIN ticket AS t ON t.id = s.ticket_id
        WHERE {condition} ORDER BY p.id FOR UPDATE OF s
        """,
        **bound,
    )


def _refuse_unpacked(stops: Sequence[Row[Any]]) -> None:
    unpacked = [stop.code for stop in stops if stop.parcel_state == ParcelState.PLANNED]
    if unpacked:
        raise ConflictError("some of these parcels aren't packed yet", unpacked=unpacked)
    gone = [stop.code for stop in stops if stop.parcel_state != ParcelState.PACKED]
    if gone:
        raise ConflictError("some of these parcels aren't here any more", gone=gone)


def _settle(asker: Asker, stops: Sequence[Row[Any]], outcome: StopOutcome) -> None:
    """Write an entry for each stop, in the name of who stands at the point: there is no badge in it."""
    execute(
        """
        WITH entry AS (
            INSERT INTO delivery_entry (id, stop_id, grid_id, outcome, problem, answer, entered_by, happened_at)
            SELECT gen_random_uuid(), e.stop_id, e.grid_id, :outcome, :problem, 'applied', :by, clock_timestamp()
            FROM unnest(CAST(:stops AS bigint[]), CAST(:grids AS bigint[])) AS e(stop_id, grid_id)
            RETURNING id, stop_id, outcome, problem, happened_at
        )
        UPDATE stop SET outcome = e.outcome, problem = e.problem, happened_at = e.happened_at, entry_id = e.id
        FROM entry AS e WHERE stop.id = e.stop_id
        """,
        stops=[stop.id for stop in stops],
        grids=[stop.grid_id for stop in stops],
        outcome=outcome,
        problem=Problem.OTHER if outcome == StopOutcome.FAILED else None,
        by=asker.account_id,
    )


def _set_out(ticket: Row[Any]) -> None:
    execute(
        "UPDATE ticket SET state = :state, started_at = coalesce(started_at, clock_timestamp()) WHERE id = :ticket",
        state=move(TICKET_MOVES, ticket.state, "fetch"),
        ticket=ticket.id,
    )
    if not scalar("SELECT count(*) FROM stop WHERE ticket_id = :ticket AND outcome IS NULL", ticket=ticket.id):
        execute(
            "UPDATE ticket SET state = :done, finished_at = clock_timestamp() WHERE id = :ticket",
            done=TicketState.DONE,
            ticket=ticket.id,
        )


def _finish(ticket: Row[Any], action: str) -> None:
    state = move(TICKET_MOVES, ticket.state, "fetch")
    execute(
        "UPDATE ticket SET state = :state, finished_at = clock_timestamp() WHERE id = :ticket",
        state=move(TICKET_MOVES, state, action),
        ticket=ticket.id,
    )
