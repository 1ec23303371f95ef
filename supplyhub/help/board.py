"""The board of help requests: by state and age, the longest due first; a lead's own grid, a coordinator's all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar
from supplyhub.help.queries import REQUEST, TAKER
from supplyhub.help.sight import SEEN, scope
from supplyhub.help.states import OPEN_SQL

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.help.states import HelpKind, HelpState
    from supplyhub.people.asker import Asker

# How long an ended request stays on the board.
SHOWN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Which:
    """Which requests: None and False leave a side open. `grid` is a number; `mine`: those that the asker has."""

    state: HelpState | None = None
    kind: HelpKind | None = None
    grid: int | None = None
    mine: bool = False
    is_open: bool | None = None

    def values(self) -> dict[str, object]:
        """Return what WHICH binds."""
        return {
            "state": self.state,
            "kind": self.kind,
            "of_grid": self.grid,
            "mine": self.mine,
            "is_open": self.is_open,
        }


# A household that asked twice sees one; what was merged into another stands there.
WHICH = """
    (CAST(:state AS text) IS NULL OR r.state = :state) AND (CAST(:kind AS text) IS NULL OR r.kind = :kind)
    AND (CAST(:of_grid AS bigint) IS NULL OR r.grid_id IN (
        SELECT id FROM grid WHERE number = :of_grid AND community_id = :community))
    AND (NOT :mine OR r.owner_id = :account) AND r.state <> 'merged'
    AND (CAST(:is_open AS boolean) IS NULL OR (r.ended_at IS NULL) = :is_open)
"""


def requests_for(asker: Asker, which: Which, *, limit: int = 200, offset: int = 0) -> list[Row[Any]]:
    """Return requests that the asker sees, the open ones by when they are due, then the ended ones, the last first.

    Fields: as of `queries.request_for`.
    """
    return rows(
        f"{REQUEST} WHERE {WHICH} ORDER BY r.ended_at IS NOT NULL, CASE WHEN r.ended_at IS NULL THEN r.due_at END,"
        " r.ended_at DESC, r.id LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
        **which.values(),
        **scope(asker),
    )


def count_requests_for(asker: Asker, which: Which) -> int:
    """Return how many requests `requests_for` has."""
    return int(
        scalar(
            f"SELECT count(*) FROM help_request AS r WHERE {SEEN} AND {WHICH}",
            **which.values(),
            **scope(asker),
        )
    )


def board_counts(asker: Asker, *, grid: int | None = None) -> Row[Any]:
    """Return how many requests the asker sees: new, taken, waiting, overdue, unseen (past due, seen by nobody), mine (open),
    ended (in the last seven days), solved (of these), opened_today (in the last 24 hours).
    """
    found = row(
        f"""
        SELECT count(*) FILTER (WHERE r.state = 'new') AS new, count(*) FILTER (WHERE r.state = 'taken') AS taken,
               count(*) FILTER (WHERE r.state = 'waiting') AS waiting, count(*) FILTER (WHERE {LATE}) AS overdue,
               count(*) FILTER (WHERE {LATE} AND r.overdue_seen_at IS NULL) AS unseen,
               count(*) FILTER (WHERE r.state IN {OPEN_SQL} AND r.owner_id = :account) AS mine,
               count(*) FILTER (WHERE {LATELY}) AS ended, count(*) FILTER (WHERE {LATELY} AND r.state = 'solved') AS solved,
               count(*) FILTER (WHERE r.opened_at > clock_timestamp() - interval '1 day') AS opened_today
        FROM help_request AS r WHERE {SEEN} AND {WHICH}
        """,
        days=SHOWN_DAYS,
        **Which(grid=grid).values(),
        **scope(asker),
    )
    assert found is not None  # noqa: S101 - an aggregate has one row
    return found


LATE = f"r.state IN {OPEN_SQL} AND r.due_at <= clock_timestamp()"
LATELY = "r.ended_at > clock_timestamp() - make_interval(days => :days)"


def kind_counts(asker: Asker, *, grid: int | None = None) -> dict[str, int]:
    """Return how many open requests of each kind the asker sees."""
    found = rows(
        f"SELECT r.kind, count(*) AS number FROM help_request AS r WHERE {SEEN} AND {WHICH} GROUP BY r.kind",
        **Which(grid=grid, is_open=True).values(),
        **scope(asker),
    )
    return {each.kind: each.number for each in found}


def takers_for(request: Row[Any]) -> list[Row[Any]]:
    """Return who can take a request, the grid's lead first: id, name, role, badge, doing (open requests that they have)."""
    return rows(
        f"""
        SELECT t.*, (SELECT count(*) FROM help_request AS o WHERE o.owner_id = t.id AND o.state IN {OPEN_SQL}) AS doing
        FROM ({TAKER}) AS t ORDER BY t.role <> 'grid_lead', t.role = 'coordinator', doing, t.badge, t.id
        """,
        community=request.community_id,
        grid=request.grid_id,
    )
