"""Whether anything in the database has changed since a page was last read."""

from __future__ import annotations

from supplyhub.db import rows


def snapshot() -> str:
    """Return which transactions are over, as this one sees it; "" in one that has written, for it sees its own."""
    (found,) = rows(
        "SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_current_snapshot()::text ELSE '' END AS seen"
    )
    return str(found.seen)
