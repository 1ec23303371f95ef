"""A person's messages on their pages: what was written for them, and of a household what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.notifications.happening import DAYS, HAPPENED
from supplyhub.notifications.writing import open_pages
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

MOST = 60
# Before its first look a household has seen nothing, and is told of everything.
MINE = f"""
    SELECT e.matter, e.at, e.facts, e.at > coalesce(c.seen_at, '-infinity') AS new
    FROM ({HAPPENED}) AS e LEFT JOIN channel AS c ON c.account_id = :account AND c.kind = 'page'
    WHERE c.id IS NULL OR EXISTS (SELECT FROM subscription AS s WHERE s.channel_id = c.id AND s.matter = e.matter)
"""
WRITTEN = """
    SELECT m.matter, m.sent_at AS at, m.facts, m.read_at IS NULL AS new
    FROM channel AS c JOIN message AS m ON m.channel_id = c.id AND m.state = 'sent'
    WHERE c.account_id = :account AND c.kind = 'page'
"""


def messages_for(asker: Asker) -> list[Row[Any]]:
    """Return the asker's messages, the newest first: matter, at, facts, new."""
    sql, values = _mine(asker)
    return rows(f"SELECT * FROM ({sql}) AS a ORDER BY at DESC, matter LIMIT :most", **values, most=MOST)


def count_new(asker: Asker) -> int:
    """Return how many messages the asker hasn't seen."""
    sql, values = _mine(asker)
    return int(scalar(f"SELECT count(*) FROM ({sql}) AS a WHERE new", **values))


def mark_seen(asker: Asker) -> None:
    """Note that the asker has seen all messages up to now."""
    with transaction():
        open_pages([asker.account_id])
        execute(
            "UPDATE channel SET seen_at = clock_timestamp() WHERE account_id = :account AND kind = 'page'",
            account=asker.account_id,
        )
        execute(
            """
            UPDATE message AS m SET read_at = clock_timestamp() FROM channel AS c
            WHERE c.id = m.channel_id AND c.account_id = :account AND c.kind = 'page' AND m.read_at IS NULL
            """,
            account=asker.account_id,
        )


def _mine(asker: Asker) -> tuple[str, dict[str, Any]]:
    if asker.role == Role.RESIDENT:
        return MINE, {"account": asker.account_id, "homes": [asker.household()], "days": DAYS}
    return WRITTEN, {"account": asker.account_id}
