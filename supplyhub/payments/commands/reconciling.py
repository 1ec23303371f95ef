"""Our books beside the gateway's (对账): what was asked for, and what the gateway's books say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.db import execute, scalar, transaction
from supplyhub.errors import InvalidError
from supplyhub.payments.events import ReconciliationAsked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from supplyhub.outside.ports import BookRow
    from supplyhub.people.asker import Asker

LONGEST_TROUBLE = 200


def ask_reconciliation(asker: Asker, from_at: datetime, to_at: datetime) -> int:
    """Ask for a comparison over a span; the worker reads the gateway's books. Return its id.

    The same span again, while it is still being read, is the same one. Raises InvalidError for a span that ends before it
    begins.
    """
    if to_at <= from_at:
        raise InvalidError("the span ends before it begins")
    with transaction():
        # Two who ask at the same moment take turns.
        execute("SELECT FROM community WHERE id = :community FOR NO KEY UPDATE", community=asker.community_id)
        standing = scalar(
            "SELECT id FROM reconciliation WHERE community_id = :community AND from_at = :from_at AND to_at = :to_at"
            " AND done_at IS NULL",
            community=asker.community_id,
            from_at=from_at,
            to_at=to_at,
        )
        if standing is not None:
            return int(standing)
        made: int = scalar(
            "INSERT INTO reconciliation (community_id, from_at, to_at, asked_by)"
            " VALUES (:community, :from_at, :to_at, :by) RETURNING id",
            community=asker.community_id,
            from_at=from_at,
            to_at=to_at,
            by=asker.account_id,
        )
        outbox.record(ReconciliationAsked(made))
        return made


def keep_book_rows(reconciliation_id: int, found: Sequence[BookRow]) -> None:
    """Keep rows of the gateway's books. Again changes nothing."""
    with transaction():
        execute(
            """
            INSERT INTO gateway_book_row (reconciliation_id, gateway_id, kind, reference, amount_fen, made_at)
            SELECT :reconciliation, b.id, b.kind, b.reference, b.fen, b.made_at
            FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[]), CAST(:references AS text[]), CAST(:fen AS bigint[]),
                        CAST(:made_at AS timestamptz[])) AS b(id, kind, reference, fen, made_at)
            ON CONFLICT DO NOTHING
            """,
            reconciliation=reconciliation_id,
            ids=[each.id for each in found],
            kinds=[each.kind for each in found],
            references=[each.reference for each in found],
            fen=[each.amount_fen for each in found],
            made_at=[each.made_at for each in found],
        )


def finish_reconciliation(reconciliation_id: int) -> None:
    """Note that the gateway's books were read to their end. Again changes nothing."""
    with transaction():
        execute(
            "UPDATE reconciliation SET done_at = clock_timestamp(), trouble = '' WHERE id = :id AND done_at IS NULL",
            id=reconciliation_id,
        )


def note_trouble(reconciliation_id: int, trouble: str) -> None:
    """Note why the gateway's books couldn't be read at this try."""
    with transaction():
        execute(
            "UPDATE reconciliation SET trouble = :trouble WHERE id = :id AND done_at IS NULL",
            trouble=trouble[:LONGEST_TROUBLE],
            id=reconciliation_id,
        )
