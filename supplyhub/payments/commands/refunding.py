"""Money that goes back online: what the gateway did with a refund comes into the books, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from supplyhub.db import execute, row, transaction
from supplyhub.moves import move
from supplyhub.payments.journal import Line, book
from supplyhub.payments.queries import cancelled_with_money
from supplyhub.payments.settling import settle_orders
from supplyhub.payments.states import REFUND_MOVES, Account, EntryKind, RefundState, RefundWay

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.outside.ports import RefundSeen

log = structlog.get_logger(__name__)

MOVES = {"sent": "send", "done": "finish", "failed": "fail"}
LONGEST_FAILURE = 200
CORRECTED = {RefundState.DUE, RefundState.SENT}


def book_refund(seen: RefundSeen) -> bool:
    """Let a refund follow the gateway's: with it, done, failed. Returns False when it isn't one of ours.

    What the gateway gives back is booked, whatever was asked for: the rest stays a surplus and goes back by another refund;
    what was too much the order owes again. A refund that failed is a surplus again, and goes back in cash. One that failed
    never becomes done any more.
    """
    with transaction():
        refund = _refund_for_update(seen)
        if refund is not None and refund.amount_fen != seen.amount_fen and seen.state != "failed":
            refund = _corrected(refund, seen.amount_fen)
        if refund is None:
            log.warning("refund_unmatched", gateway_id=seen.id, refund=seen.refund_id)
            return False
        _follow(refund, MOVES[seen.state], gateway_id=seen.id, failure=seen.failure)
        if refund.asked_fen is not None:
            settle_orders([refund.order_id])
        return True


def refuse_refund(refund_id: int, reason: str) -> None:
    """Note that the gateway won't make a refund: it is a surplus again, and goes back in cash. Again changes nothing."""
    with transaction():
        refund = _locked(refund_id)
        if refund is not None and refund.state == RefundState.DUE:
            _follow(refund, "fail", gateway_id=None, failure=reason)


def settle_cancelled_orders(limit: int = 500) -> int:
    """Give back what was paid for orders that were cancelled; return how many there were. For the scheduler."""
    orders = cancelled_with_money(limit)
    if orders:
        with transaction():
            settle_orders(orders)
    return len(orders)


def _refund_for_update(seen: RefundSeen) -> Row[Any] | None:
    """Lock the order of one of our refunds, then the refund; one that names another refund than it was made for isn't it."""
    found = row(
        "SELECT id FROM refund AS r WHERE way = :online"
        " AND (id = :refund OR CAST(:refund AS bigint) IS NULL AND gateway_id = :gateway)"
        " AND :key IN ('', CAST(idempotency_key AS text))"
        " AND NOT EXISTS (SELECT FROM refund WHERE gateway_id = :gateway AND id <> r.id)",
        refund=seen.refund_id,
        gateway=seen.id,
        key=seen.key,
        online=RefundWay.ONLINE,
    )
    refund = _locked(found.id) if found else None
    return refund if refund is not None and refund.gateway_id in {None, seen.id} else None


def _locked(refund_id: int) -> Row[Any] | None:
    execute(
        "SELECT FROM orders WHERE id = (SELECT order_id FROM refund WHERE id = :refund) FOR NO KEY UPDATE",
        refund=refund_id,
    )
    return row(
        "SELECT r.id, r.order_id, r.charge_id, r.state, r.amount_fen, r.asked_fen, r.gateway_id, o.cycle_id"
        " FROM refund AS r JOIN orders AS o ON o.id = r.order_id WHERE r.id = :refund",
        refund=refund_id,
    )


def _corrected(refund: Row[Any], amount_fen: int) -> Row[Any] | None:
    """Make a promise that of what the gateway gives back; None where that can't be.

    It is corrected once, before it is done, and never to more than is left of its charge: what else there is to see stands
    in the reconciliation.
    """
    less_fen = refund.amount_fen - amount_fen
    charge = row(
        "SELECT paid_fen - refunded_fen AS left_fen FROM charge WHERE id = :id FOR UPDATE", id=refund.charge_id
    )
    if (
        charge is None
        or refund.state not in CORRECTED
        or refund.asked_fen is not None
        or charge.left_fen + less_fen < 0
    ):
        return None
    log.warning("refund_of_another_amount", refund=refund.id, asked_fen=refund.amount_fen, amount_fen=amount_fen)
    execute(
        "UPDATE refund SET asked_fen = amount_fen, amount_fen = :fen WHERE id = :refund",
        fen=amount_fen,
        refund=refund.id,
    )
    lines = (
        Line(Account.REFUNDS, less_fen, refund.order_id),
        Line(Account.HOUSEHOLD, -less_fen, refund.order_id),
    )
    book(refund.cycle_id, EntryKind.REFUND_CHANGED, lines, refund_id=refund.id)
    return _locked(refund.id)


def _follow(refund: Row[Any], action: str, *, gateway_id: str | None, failure: str) -> None:
    if (RefundState(refund.state), action) not in REFUND_MOVES:
        return
    state = move(REFUND_MOVES, RefundState(refund.state), action)
    execute(
        """
        UPDATE refund SET state = :state, gateway_id = coalesce(:gateway, gateway_id), failure = :failure,
               done_at = CASE WHEN :state = 'done' THEN clock_timestamp() ELSE done_at END
        WHERE id = :refund
        """,
        state=state,
        gateway=gateway_id,
        failure=failure[:LONGEST_FAILURE] if state == RefundState.FAILED else "",
        refund=refund.id,
    )
    promised = Line(Account.REFUNDS, refund.amount_fen, refund.order_id)
    gateway, household = Account.GATEWAY, Line(Account.HOUSEHOLD, -refund.amount_fen, refund.order_id)
    if state == RefundState.DONE:
        lines = (promised, Line(gateway, -refund.amount_fen))
        book(refund.cycle_id, EntryKind.REFUND_DONE, lines, refund_id=refund.id)
    elif state == RefundState.FAILED:
        # What was believed to be done is with the gateway again.
        back = Line(gateway, refund.amount_fen) if refund.state == RefundState.DONE else promised
        book(refund.cycle_id, EntryKind.REFUND_FAILED, (back, household), refund_id=refund.id)
        settle_orders([refund.order_id])
