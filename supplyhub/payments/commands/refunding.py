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


def book_refund(seen: RefundSeen) -> bool:
    """Let a refund follow the gateway's: with it, done, failed. Returns False when it isn't one of ours.

    A refund that failed is a surplus again, and goes back in cash. One that failed never becomes done any more.
    """
    with transaction():
        refund = _refund_for_update(seen)
        if refund is None or refund.amount_fen != seen.amount_fen:
            log.warning("refund_unmatched", gateway_id=seen.id, refund=seen.refund_id)
            return False
        _follow(refund, MOVES[seen.state], gateway_id=seen.id, failure=seen.failure)
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
        "SELECT r.id, r.order_id, r.state, r.amount_fen, r.gateway_id, o.cycle_id"
        " FROM refund AS r JOIN orders AS o ON o.id = r.order_id WHERE r.id = :refund",
        refund=refund_id,
    )


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
