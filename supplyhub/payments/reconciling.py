"""The gateway's books are read (by the worker, outside of any transaction) and compared with ours, to the fen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from supplyhub.db import db, row, rows
from supplyhub.errors import NotFoundError
from supplyhub.outside.errors import GatewayAwayError, GatewayRefusedError
from supplyhub.payments.commands.reconciling import finish_reconciliation, keep_book_rows, note_trouble

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.outside.ports import PaymentGateway
    from supplyhub.people.asker import Asker

CHUNK = 200
# Of rows that don't match, so many are listed; all are counted.
LISTED = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both books over a span.

    head: id, from_at, to_at, asked_at, asked_by, done_at, trouble, rows (of the gateway's books that were read)
    sums: a row payment and refund, of each ours_fen, theirs_fen, ours (how many), theirs, same
    unmatched: kind, what (not_theirs, not_ours, other_amount; not_as_asked: both have it, and our charge or refund was of another
    amount, asked_fen), gateway_id, reference, order_id, order_number, ours_fen,
    theirs_fen, at, our_state (of a charge or refund of ours that isn't in the books yet, or None)
    """

    head: Row[Any]
    sums: list[Row[Any]]
    unmatched: list[Row[Any]]


def reconcile(reconciliation_id: int, *, gateway: PaymentGateway | None) -> None:
    """Read the gateway's books for a comparison. Again changes nothing.

    Raises GatewayAwayError or GatewayRefusedError, with the trouble noted, when they can't be read now: it is tried again.
    """
    span = row(SPAN, id=reconciliation_id)
    db.session.rollback()
    if span is None or span.done_at is not None:
        return
    try:
        _read(reconciliation_id, gateway, span)
    except (GatewayAwayError, GatewayRefusedError) as trouble:
        note_trouble(reconciliation_id, trouble.message)
        raise
    finish_reconciliation(reconciliation_id)


def _read(reconciliation_id: int, gateway: PaymentGateway | None, span: Row[Any]) -> None:
    if gateway is None:
        raise GatewayAwayError("there are no keys of a payment gateway")
    books = gateway.books(span.read_from, span.read_to)
    while found := list(islice(books, CHUNK)):
        keep_book_rows(reconciliation_id, found)


def reconciliations_for(asker: Asker, *, limit: int = 20) -> list[Row[Any]]:
    """Return the community's comparisons, the latest first, as `Comparison.head`."""
    return rows(f"{HEAD} ORDER BY r.id DESC LIMIT :limit", community=asker.community_id, limit=limit)


def comparison_for(asker: Asker, reconciliation_id: int) -> Comparison:
    """Return both books over a comparison's span, as they stand now. Raises NotFoundError."""
    head = row(f"{HEAD} AND r.id = :id", community=asker.community_id, id=reconciliation_id)
    if head is None:
        raise NotFoundError("no such reconciliation", reconciliation=reconciliation_id)
    if head.done_at is None:
        return Comparison(head, [], [])
    bound = {"community": asker.community_id, "id": head.id, "from_at": head.from_at, "to_at": head.to_at}
    return Comparison(head, rows(f"{PAIRS} {SUMS}", **bound), rows(f"{PAIRS} {UNMATCHED}", limit=LISTED, **bound))


# A payment comes into the gateway's books after its charge was made, and into ours whenever we hear of it: so theirs are
# read from the earliest charge or refund that ours booked in the span.
SPAN = """
    SELECT r.done_at, r.to_at AS read_to, least(r.from_at, (
             SELECT min(coalesce(c.made_at, f.made_at))
             FROM journal_entry AS e LEFT JOIN charge AS c ON c.id = e.charge_id LEFT JOIN refund AS f ON f.id = e.refund_id
             WHERE e.kind IN ('paid_online', 'refund_done') AND e.booked_at >= r.from_at AND e.booked_at < r.to_at
           ) - interval '1 hour') AS read_from
    FROM reconciliation AS r WHERE r.id = :id
"""

HEAD = """
    SELECT r.id, r.from_at, r.to_at, r.asked_at, a.display_name AS asked_by, r.done_at, r.trouble,
           (SELECT count(*) FROM gateway_book_row WHERE reconciliation_id = r.id) AS rows
    FROM reconciliation AS r JOIN account AS a ON a.id = r.asked_by WHERE r.community_id = :community
"""

# Ours: what each charge and refund moved on the gateway's account. A pair is dated by the gateway, else by our entry.
# Money of other communities on the same account at the gateway is left out.
PAIRS = """
    WITH ours AS (
        SELECT 'payment' AS kind, c.payment_id AS gateway_id, c.id AS reference, c.order_id, sum(p.amount_fen)::bigint AS fen,
               c.amount_fen AS asked_fen, max(e.booked_at) AS at
        FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id JOIN charge AS c ON c.id = e.charge_id
        WHERE p.account = 'gateway' GROUP BY c.id
        UNION ALL
        SELECT 'refund', f.gateway_id, f.id, f.order_id, -sum(p.amount_fen)::bigint, coalesce(f.asked_fen, f.amount_fen),
               max(e.booked_at)
        FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id JOIN refund AS f ON f.id = e.refund_id
        WHERE p.account = 'gateway' GROUP BY f.id HAVING sum(p.amount_fen) <> 0
    ), theirs AS (SELECT * FROM gateway_book_row WHERE reconciliation_id = :id),
    pair AS (
        SELECT coalesce(t.kind, u.kind) AS kind, coalesce(t.gateway_id, u.gateway_id) AS gateway_id,
               coalesce(u.reference::text, t.reference) AS reference, u.order_id, u.asked_fen, u.fen AS ours_fen,
               t.amount_fen AS theirs_fen, coalesce(t.made_at, u.at) AS at,
               CASE WHEN t.gateway_id IS NULL THEN 'not_theirs' WHEN u.reference IS NULL THEN 'not_ours'
                    WHEN t.amount_fen <> u.fen THEN 'other_amount' WHEN u.fen <> u.asked_fen THEN 'not_as_asked' END AS what
        FROM theirs AS t FULL JOIN ours AS u ON u.kind = t.kind AND u.gateway_id = t.gateway_id
        LEFT JOIN orders AS o ON o.id = u.order_id LEFT JOIN cycle AS y ON y.id = o.cycle_id
        WHERE coalesce(t.made_at, u.at) >= :from_at AND coalesce(t.made_at, u.at) < :to_at
          AND coalesce(y.community_id, :community) = :community
    )
"""

SUMS = """
    SELECT k.kind, coalesce(sum(ours_fen), 0)::bigint AS ours_fen, coalesce(sum(theirs_fen), 0)::bigint AS theirs_fen,
           count(ours_fen) AS ours, count(theirs_fen) AS theirs, count(*) FILTER (WHERE pair.kind IS NOT NULL AND what IS NULL)
             AS same
    FROM (VALUES ('payment'), ('refund')) AS k(kind) LEFT JOIN pair ON pair.kind = k.kind GROUP BY k.kind ORDER BY k.kind
"""

UNMATCHED = """
    SELECT p.*, coalesce(n.number, '') AS order_number, coalesce(c.state, f.state) AS our_state
    FROM pair AS p
    LEFT JOIN charge AS c ON p.what = 'not_ours' AND p.kind = 'payment' AND c.id::text = p.reference
    LEFT JOIN refund AS f ON p.what = 'not_ours' AND p.kind = 'refund' AND f.id::text = p.reference
    LEFT JOIN order_number AS n ON n.order_id = coalesce(p.order_id, c.order_id, f.order_id)
    WHERE p.what IS NOT NULL ORDER BY p.at, p.gateway_id LIMIT :limit
"""
