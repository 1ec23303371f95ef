"""All of our books beside the gateway's own, for the audit: nothing is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from supplyhub.db import db, rows, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplyhub.outside.ports import PaymentGateway

# Between our clock and the gateway's, and between a payment and what we book of it.
MARGIN = timedelta(hours=1)


class Booked(NamedTuple):
    """A payment or refund in one of the books: kind, the gateway's id, fen."""

    kind: str
    gateway_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Compared:
    """How many rows were looked at, and those that stand in one of the books alone, or in both with other amounts."""

    looked_at: int
    only_ours: list[Booked]
    only_theirs: list[Booked]

    @property
    def same(self) -> bool:
        """Tell whether both books are the same, to the fen."""
        return not (self.only_ours or self.only_theirs)


OURS = """
    SELECT CASE WHEN e.charge_id IS NULL THEN 'refund' ELSE 'payment' END AS kind,
           coalesce(c.payment_id, f.gateway_id) AS gateway_id, abs(sum(p.amount_fen))::bigint AS amount_fen
    FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
    LEFT JOIN charge AS c ON c.id = e.charge_id LEFT JOIN refund AS f ON f.id = e.refund_id
    WHERE p.account = 'gateway' GROUP BY 1, 2 HAVING sum(p.amount_fen) <> 0
"""


def compare(ours: Iterable[Booked], theirs: Iterable[Booked]) -> Compared:
    """Lay two books beside each other; pure."""
    here, there = set(ours), set(theirs)
    return Compared(len(here | there), sorted(here - there), sorted(there - here))


def compare_with(gateway: PaymentGateway) -> Compared:
    """Read all of both books, from our first charge on. Raises GatewayAwayError, GatewayRefusedError."""
    first: datetime | None = scalar("SELECT min(made_at) FROM charge")
    ours = [Booked(each.kind, each.gateway_id, each.amount_fen) for each in rows(OURS)]
    # No connection is kept while others are asked.
    db.session.rollback()
    now = datetime.now(UTC)
    theirs = gateway.books((first or now) - MARGIN, now + MARGIN)
    return compare(ours, (Booked(each.kind, each.id, each.amount_fen) for each in theirs))
