"""Who is told of help requests, calls that are due, the day's report. What a request says stays with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.notifications.states import Matter
from supplyhub.notifications.words_of_days import in_all, told_figures
from supplyhub.notifications.writing import News, coordinators_of, leads_of, tell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.engine import Row

REQUEST = """
    SELECT r.id, r.code, r.kind, r.state, r.grid_id, r.community_id, r.due_at, r.owner_id, g.number AS grid_number,
           (SELECT count(*) FROM help_step WHERE request_id = r.id AND step IN ('reopened', 'handed_on')) AS again,
           (SELECT max(id) FROM help_step WHERE request_id = r.id AND step = 'assigned') AS assigned
    FROM help_request AS r JOIN grid AS g ON g.id = r.grid_id WHERE r.id = :request AND r.ended_at IS NULL
"""


def tell_help_opened(request_id: int, grid_id: int) -> None:
    """Tell a grid's leads, its group and the coordinators that a request is new there, if it still is."""
    request = row(REQUEST, request=request_id)
    if request is not None and request.grid_id == grid_id:
        tell(Matter.HELP_OPENED, [_to_those_above(request, f"help:{request_id}:{request.again}")])


def tell_help_assigned(request_id: int, account_id: int) -> None:
    """Tell somebody that a request was given to them. A household reads on its page that somebody sees to its own."""
    request = row(REQUEST, request=request_id)
    if request is not None:
        about = f"help:{request_id}:{request.assigned}"
        tell(Matter.HELP_ASSIGNED, [News(about, _facts(request), accounts=[account_id])])


def tell_help_overdue(request_id: int) -> None:
    """Tell the owner, the grid's leads and the coordinators that a request is past due."""
    request = row(REQUEST, request=request_id)
    if request is not None:
        tell(Matter.HELP_OVERDUE, [_to_those_above(request, f"help:{request_id}:{request.again}", owner=True)])


def tell_help_ended(request_id: int) -> None:
    """Tell nobody: its household reads it on its page, or by mail, like all else that happens to it."""


def tell_checks_due() -> int:
    """Tell everybody who makes check-in calls how many are due today; once a day, from eight by the community's clock.

    Return how many are told. A grid's leads, and the standing volunteers of theirs.
    """
    due = rows(
        """
        WITH due AS (
          SELECT k.case_id, b.grid_id, t.today
          FROM community AS y
          CROSS JOIN LATERAL (SELECT CAST(clock_timestamp() AT TIME ZONE y.timezone AS date) AS today,
                                     CAST(clock_timestamp() AT TIME ZONE y.timezone AS time) AS clock) AS t
          JOIN household AS h ON h.community_id = y.id AND h.active
          JOIN care_case AS c ON c.household_id = h.id AND c.ended_at IS NULL
          JOIN care_check AS k ON k.case_id = c.id AND k.done_at IS NULL AND k.due_on <= t.today
          JOIN building AS b ON b.id = h.building_id
          WHERE t.clock BETWEEN '08:00' AND '20:00'
        ), callers AS (
          SELECT a.id AS account_id, d.case_id, d.today FROM due AS d
          JOIN account AS a ON a.grid_id = d.grid_id AND a.role = 'grid_lead' AND a.active
          UNION
          SELECT e.account_id, d.case_id, d.today FROM due AS d
          JOIN standing_volunteer AS v ON v.case_id = d.case_id AND v.ended_at IS NULL
          JOIN badge AS e ON e.id = v.badge_id AND e.state = 'live'
        )
        SELECT account_id, today, count(*) AS calls FROM callers AS c
        WHERE NOT EXISTS (SELECT FROM message AS m JOIN channel AS n ON n.id = m.channel_id
                          WHERE n.account_id = c.account_id AND m.matter = 'check_due' AND m.about = 'day:' || c.today)
        GROUP BY account_id, today ORDER BY account_id
        """
    )
    return tell(
        Matter.CHECK_DUE,
        [News(f"day:{caller.today}", {"calls": caller.calls}, accounts=[caller.account_id]) for caller in due],
    )


def tell_day_report(community_id: int, day: date, grids: Mapping[str, Mapping[str, Any]]) -> int:
    """Tell the groups and those above the day's figures, each grid its own. `grids`: figures by the grid's number."""
    found = rows("SELECT id, number FROM grid WHERE community_id = :community ORDER BY number", community=community_id)
    leads = leads_of([grid.id for grid in found])
    about, on = f"report:{day}", {"day_on": day.isoformat()}
    figures = {grid.id: told_figures(grids[str(grid.number)]) for grid in found if str(grid.number) in grids}
    news = [
        News(
            about,
            {**on, "as": "grid", "grid": grid.number, "figures": figures[grid.id]},
            accounts=leads.get(grid.id, []),
            grid_id=grid.id,
        )
        for grid in found
        if grid.id in figures
    ]
    whole = {**on, "figures": in_all(list(figures.values()))}
    above = News(about, whole, accounts=coordinators_of(community_id), community_id=community_id)
    return tell(Matter.DAY_REPORT, [*news, above])


def _to_those_above(request: Row[Any], about: str, *, owner: bool = False) -> News:
    people = {*leads_of([request.grid_id]).get(request.grid_id, []), *coordinators_of(request.community_id)}
    if owner and request.owner_id:
        people.add(request.owner_id)
    return News(
        about,
        _facts(request),
        accounts=sorted(people),
        grid_id=request.grid_id,
        community_id=request.community_id,
    )


def _facts(request: Row[Any]) -> dict[str, Any]:
    """Return what a message may know of a request; `help`, its kind, decides whether it waits and is shown to nobody."""
    return {
        "grid": request.grid_number,
        "code": request.code,
        "help": request.kind,
        "due_at": request.due_at.isoformat(),
        "request": request.id,
    }
