"""What the clock watches: requests past due, which somebody must have seen; and what is destroyed when its time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, rows, transaction
from supplyhub.help.events import HelpOverdue
from supplyhub.help.queries import REQUEST
from supplyhub.help.rules import KEPT_DAYS
from supplyhub.help.sight import scope
from supplyhub.help.states import OPEN_SQL, HelpStepKind
from supplyhub.outbox import record_all
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

MOST_UNSEEN = 200
MUST_SEE = {Role.GRID_LEAD, Role.COORDINATOR}
PAST_DUE = f"r.state IN {OPEN_SQL} AND r.due_at <= clock_timestamp()"


def sweep_overdue() -> int:
    """Write once of each request that is past due that it is, and record it; return how many are new.

    One transaction; the same again changes nothing, and two at once write it once. Opened again, it is due anew.
    """
    with transaction():
        late = lock_late()
        new = write_overdue(late)
        record_all(HelpOverdue(request_id) for request_id in new)
        return len(new)


def lock_late() -> list[int]:
    """Lock the requests that are past due, in the order of their ids: sweeps take turns."""
    found = rows(f"SELECT r.id FROM help_request AS r WHERE {PAST_DUE} AND NOT {SAID} ORDER BY r.id FOR UPDATE")
    return [each.id for each in found]


def write_overdue(late: Sequence[int]) -> list[int]:
    """Write the step of those that have none yet; return them. Asked anew, once they are locked."""
    written = rows(
        f"""
        INSERT INTO help_step (request_id, step, happened_at)
        SELECT r.id, :step, clock_timestamp() FROM help_request AS r
        WHERE r.id = ANY (:late) AND {PAST_DUE} AND NOT {SAID} ORDER BY r.id
        RETURNING request_id
        """,
        step=HelpStepKind.OVERDUE,
        late=list(late),
    )
    return [each.request_id for each in written]


# Since it was opened, or opened again.
SAID = """EXISTS (
    SELECT FROM help_step AS s WHERE s.request_id = r.id AND s.step = 'overdue' AND NOT EXISTS (
        SELECT FROM help_step AS n WHERE n.request_id = r.id AND n.step = 'reopened' AND n.id > s.id))"""


def unseen_for(asker: Asker, *, limit: int = MOST_UNSEEN) -> list[Row[Any]]:
    """Return the requests past due that nobody marked as seen, the longest due first; for leads of the grid, coordinators.

    Fields: as of `queries.request_for`.
    """
    if asker.role not in MUST_SEE:
        return []
    return rows(
        f"{REQUEST} WHERE {PAST_DUE} AND r.overdue_seen_at IS NULL ORDER BY r.due_at, r.id LIMIT :limit",
        limit=limit,
        **scope(asker),
    )


def forget_ended() -> int:
    """Destroy what requests said that ended more than 30 days ago: key, text, coded fields, photos; return how many.

    Notes and names are sealed with the key: without it nobody reads them. One transaction; the same again changes nothing.
    """
    with transaction():
        gone = rows(
            """
            UPDATE help_request SET wrapped_key = NULL, text_sealed = NULL, facts = '{}', public_text = NULL, posted_at = NULL
            WHERE wrapped_key IS NOT NULL AND ended_at <= clock_timestamp() - make_interval(days => :days) RETURNING id
            """,
            days=KEPT_DAYS,
        )
        execute("DELETE FROM help_photo WHERE request_id = ANY (:gone)", gone=[each.id for each in gone])
        return len(gone)
