"""Writing the journal (double entry). The caller's transaction holds both: what happened, and its entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.db import execute, scalar
from supplyhub.payments.events import Booked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplyhub.payments.states import Account, EntryKind


@dataclass(frozen=True, slots=True)
class Line:
    """So many fen on an account; what is owed to us or lies with us is positive. Cash lies with a badge, or with a holder."""

    account: Account
    amount_fen: int
    order_id: int | None = None
    badge_id: int | None = None
    holder_id: int | None = None


def book(cycle_id: int, kind: EntryKind, lines: Iterable[Line], *, by: int | None = None, **about: Any) -> int:
    """Write an entry and return its id. `about`: what it names (charge_id, refund_id, taking_id, cash_count_id).

    The database refuses an entry that doesn't sum to zero (at the commit), and a second one about the same thing.
    """
    columns = "".join(f", {name}" for name in about)
    values = "".join(f", :{name}" for name in about)
    entry: int = scalar(
        f"INSERT INTO journal_entry (kind, cycle_id, booked_by{columns}) VALUES (:kind, :cycle, :by{values}) RETURNING id",
        kind=kind,
        cycle=cycle_id,
        by=by,
        **about,
    )
    kept = [line for line in lines if line.amount_fen]
    execute(
        """
        INSERT INTO posting (entry_id, account, order_id, badge_id, holder_id, amount_fen)
        SELECT :entry, * FROM unnest(CAST(:accounts AS text[]), CAST(:orders AS bigint[]), CAST(:badges AS bigint[]),
                                     CAST(:holders AS bigint[]), CAST(:amounts AS bigint[]))
        """,
        entry=entry,
        accounts=[line.account.value for line in kept],
        orders=[line.order_id for line in kept],
        badges=[line.badge_id for line in kept],
        holders=[line.holder_id for line in kept],
        amounts=[line.amount_fen for line in kept],
    )
    return entry


def book_changes(
    cycle_id: int,
    kind: EntryKind,
    changes: str,
    *,
    by: int | None = None,
    credit: int | None = None,
    **parameters: object,
) -> None:
    """Write one entry for what many orders are worth more (or less): set-based, whatever their number.

    `changes`: SQL of rows (order_id, fen), an order at most once. Nothing is written when nothing changed.
    """
    entry = scalar(
        f"""
        WITH change AS MATERIALIZED (SELECT order_id, fen FROM ({changes}) AS c WHERE fen <> 0),
        entry AS (
            INSERT INTO journal_entry (kind, cycle_id, booked_by, credit_id)
            SELECT :kind, :cycle, :by, :credit WHERE EXISTS (SELECT FROM change) RETURNING id
        ), written AS (
            INSERT INTO posting (entry_id, account, order_id, amount_fen)
            SELECT entry.id, 'household', change.order_id, change.fen FROM change, entry
            UNION ALL
            SELECT entry.id, 'goods', NULL, -sum(change.fen) FROM change, entry GROUP BY entry.id HAVING sum(change.fen) <> 0
        )
        SELECT id FROM entry
        """,
        kind=kind,
        cycle=cycle_id,
        by=by,
        credit=credit,
        **parameters,
    )
    if entry is not None:
        outbox.record(Booked(entry))
