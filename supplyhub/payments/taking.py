"""Money at a door enters the journal, in the transaction of what happened there: once, however often it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import execute, rows
from supplyhub.errors import BusyError
from supplyhub.payments.balance import BALANCE
from supplyhub.payments.collecting import at_doors
from supplyhub.payments.events import Booked
from supplyhub.payments.rules import settle_takings
from supplyhub.payments.settling import give_back, settle_orders
from supplyhub.payments.states import TakingAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.engine import Row

    from supplyhub.payments.rules import Said, SettledTaking, Taken
    from supplyhub.people.asker import Asker


def take(asker: Asker, ticket: Row[Any], takings: Sequence[Taken], orders: Mapping[int, int]) -> list[SettledTaking]:
    """Book what was taken at the stops of a ticket; return an answer for each taking.

    Money that is more than is owed by now, because the household paid otherwise or came to owe less while the phone was
    out of reach, is in the volunteer's bag: it is booked, and the surplus goes back. The caller holds the lock on the ticket
    (id, grid_id, badge_id) and knows that the asker's badge has it, or that without a badge the asker stands at its
    delivery point's desk: then the cash is the asker's to account for. `orders`: the order of each stop. Their rows are
    locked, in id order, before it is read what they owe.
    """
    if not takings:
        return []
    concerned = sorted({orders[taking.stop] for taking in takings})
    execute("SELECT id FROM orders WHERE id = ANY (:orders) ORDER BY id FOR NO KEY UPDATE", orders=concerned)
    standing = at_doors(ticket.id, concerned)
    known = _known(takings, {order: stop for stop, order in orders.items()})
    corrected = rows("SELECT corrects FROM taking WHERE corrects = ANY (:known)", known=list(known))
    settled = settle_takings(
        takings,
        {taking.stop: standing[orders[taking.stop]] for taking in takings},
        known,
        {each.corrects for each in corrected},
    )
    too_much = sorted({orders[each.taking.stop] for each in settled if each.surplus_fen})
    if too_much:
        # What came before: what is too much from here on came at the doors.
        settle_orders(too_much)
    _keep(asker, ticket, settled, known, orders)
    # Before a cover follows: it would leave to the household what that need not have paid.
    give_back(too_much)
    undone = [each.taking for each in settled if each.taking.corrects and each.answer == TakingAnswer.APPLIED]
    _withdraw_cash(asker, sorted({orders[taking.stop] for taking in undone}))
    return settled


def _known(takings: Sequence[Taken], stops: Mapping[int, int]) -> dict[UUID, Said]:
    """Return what takings say that came before: those that come again, and those that are taken back."""
    ids = {taking.id for taking in takings} | {taking.corrects for taking in takings if taking.corrects}
    found = rows("SELECT id, order_id, way, amount_fen, corrects FROM taking WHERE id = ANY (:ids)", ids=list(ids))
    # Of another ticket's order it is known that it isn't one of this one's.
    return {each.id: _said(each, stops.get(each.order_id, 0)) for each in found}


def _said(kept: Row[Any], stop: int) -> Said:
    if kept.corrects:
        return stop, None, 0, kept.corrects
    return stop, kept.way, kept.amount_fen, None


def _keep(
    asker: Asker,
    ticket: Row[Any],
    settled: Sequence[SettledTaking],
    known: Mapping[UUID, Said],
    orders: Mapping[int, int],
) -> None:
    applied = [each.taking for each in settled if each.answer == TakingAnswer.APPLIED]
    said = dict(known) | {taking.id: taking.says() for taking in applied}
    # What takes another one back has its way, and its amount below zero.
    whole = [said[taking.corrects] if taking.corrects else taking.says() for taking in applied]
    signs = [-1 if taking.corrects else 1 for taking in applied]
    written = rows(
        WRITE,
        ticket=ticket.id,
        badge=ticket.badge_id,
        grid=ticket.grid_id,
        by=asker.account_id,
        ids=[taking.id for taking in applied],
        orders=[orders[taking.stop] for taking in applied],
        ways=[way for _stop, way, _fen, _corrects in whole],
        amounts=[sign * fen for sign, (_stop, _way, fen, _corrects) in zip(signs, whole, strict=True)],
        corrects=[taking.corrects for taking in applied],
        surpluses=[each.surplus_fen for each in settled if each.answer == TakingAnswer.APPLIED],
        times=[taking.happened_at for taking in applied],
    )
    if len(written) < len(applied):
        raise BusyError("the same money arrives on another way at this moment", retry_after_seconds=1)
    outbox.record_all(Booked(entry.id) for entry in written)


def _withdraw_cash(asker: Asker, orders: Sequence[int]) -> None:
    """Withdraw cash that was promised back and not handed out, where money was taken back and something is owed again."""
    withdrawn = rows(
        WITHDRAW.format(balance=BALANCE.format(orders="o.id = ANY (:orders)")), orders=list(orders), by=asker.account_id
    )
    for entry in withdrawn:
        outbox.record(Booked(entry.id))


# It was promised for money that never was there.
WITHDRAW = """
    WITH undone AS (
        UPDATE refund AS r SET state = 'failed', failure = 'taken_back' FROM ({balance}) AS b
        WHERE r.order_id = b.order_id AND b.owed_fen > 0 AND r.way = 'cash' AND r.state = 'due'
        RETURNING r.id, r.order_id, r.amount_fen
    ), entry AS (
        INSERT INTO journal_entry (kind, cycle_id, refund_id, booked_by)
        SELECT 'refund_failed', o.cycle_id, u.id, :by FROM undone AS u JOIN orders AS o ON o.id = u.order_id ORDER BY u.id
        RETURNING id, refund_id
    ), written AS (
        INSERT INTO posting (entry_id, account, order_id, amount_fen)
        SELECT e.id, 'refunds', u.order_id, u.amount_fen FROM undone AS u JOIN entry AS e ON e.refund_id = u.id
        UNION ALL
        SELECT e.id, 'household', u.order_id, -u.amount_fen FROM undone AS u JOIN entry AS e ON e.refund_id = u.id
    )
    SELECT id FROM entry ORDER BY id
"""

# An entry a taking: a second one of the same number can't be written.
WRITE = """
    WITH kept AS (
        INSERT INTO taking (id, order_id, ticket_id, badge_id, taken_by, grid_id, way, amount_fen, corrects, surplus_fen,
                            happened_at)
        SELECT t.id, t.order_id, :ticket, :badge, CASE WHEN CAST(:badge AS bigint) IS NULL THEN coalesce(c.taken_by, :by) END,
               :grid, t.way, t.amount_fen, t.corrects, t.surplus_fen, t.happened_at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:orders AS bigint[]), CAST(:ways AS text[]), CAST(:amounts AS bigint[]),
                    CAST(:corrects AS uuid[]), CAST(:surpluses AS bigint[]), CAST(:times AS timestamptz[]))
             AS t(id, order_id, way, amount_fen, corrects, surplus_fen, happened_at)
        LEFT JOIN taking AS c ON c.id = t.corrects
        ON CONFLICT (id) DO NOTHING RETURNING id, order_id, badge_id, taken_by, way, amount_fen
    ), entry AS (
        INSERT INTO journal_entry (kind, cycle_id, taking_id, booked_by)
        SELECT 'taken', (SELECT cycle_id FROM ticket WHERE id = :ticket), id, :by FROM kept RETURNING id, taking_id
    ), written AS (
        INSERT INTO posting (entry_id, account, order_id, badge_id, holder_id, amount_fen)
        SELECT e.id, k.way, NULL, CASE WHEN k.way = 'cash' THEN k.badge_id END, CASE WHEN k.way = 'cash' THEN k.taken_by END,
               k.amount_fen
        FROM entry AS e JOIN kept AS k ON k.id = e.taking_id
        UNION ALL
        SELECT e.id, 'household', k.order_id, NULL, NULL, -k.amount_fen
        FROM entry AS e JOIN kept AS k ON k.id = e.taking_id
    )
    SELECT id FROM entry ORDER BY id
"""
