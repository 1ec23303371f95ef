"""Reads of help requests. `request_for` is the only door to one; who sees what stands in `sight`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.help.errors import EndedError, NotYoursError
from supplyhub.help.sight import CLAIMED, OPENS, SEEN, scope
from supplyhub.help.states import OPEN
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

DOOR = "coalesce(nullif(u.number, 0)::text, u.name) || '-' || h.unit_number || '-' || h.door"
REQUEST = f"""
    SELECT r.*, CASE WHEN r.opens OR r.shown THEN {DOOR} END AS door,
           CASE WHEN r.opens OR r.shown THEN u.name END AS building,
           g.number AS grid_number, g.name AS grid_name, o.display_name AS owner, o.role AS owner_role,
           y.display_name AS opened_by_name, y.role AS opened_by_role, m.code AS merged_into, n.number AS order_number,
           s.display_name AS seen_by_name, r.ended_at IS NULL AND r.due_at <= clock_timestamp() AS overdue
    FROM (
        SELECT r.id, r.key, r.code, r.community_id, r.grid_id, r.kind, r.state, r.channel, r.order_id, r.credit_id,
               r.owner_id, r.opened_by, r.opened_at, r.due_at, r.overdue_seen_at, r.overdue_seen_by, r.ended_at,
               r.merged_into_id, r.public_text, r.posted_at, r.text_sealed, r.wrapped_key, v.opens, v.claimed, v.shown,
               r.household_id AS home_id,
               CASE WHEN v.opens OR v.shown THEN r.household_id END AS household_id,
               CASE WHEN v.opens OR :role = 'depot' THEN r.facts ELSE '{{}}' END AS facts
        FROM help_request AS r
        CROSS JOIN LATERAL (SELECT coalesce({OPENS}, false) AS opens, {CLAIMED} AS claimed,
                                   {CLAIMED} AND r.facts @> '{{"show_door": true}}' AS shown) AS v
        WHERE {SEEN}
    ) AS r
    JOIN grid AS g ON g.id = r.grid_id
    JOIN account AS y ON y.id = r.opened_by
    LEFT JOIN account AS o ON o.id = r.owner_id
    LEFT JOIN account AS s ON s.id = r.overdue_seen_by
    LEFT JOIN household AS h ON h.id = r.household_id
    LEFT JOIN building AS u ON u.id = h.building_id
    LEFT JOIN help_request AS m ON m.id = r.merged_into_id
    LEFT JOIN order_number AS n ON n.order_id = r.order_id
"""

# Who can take a request of a grid: its leads, coordinators, volunteers with a live badge of it.
TAKER = """
    SELECT a.id, a.display_name AS name, a.role, b.code AS badge
    FROM account AS a
    LEFT JOIN badge AS b ON b.account_id = a.id AND a.role = 'volunteer' AND b.state = 'live'
                        AND b.valid_from <= clock_timestamp() AND b.valid_until > clock_timestamp()
    WHERE a.community_id = :community AND a.active
      AND (a.role = 'coordinator' OR a.role = 'grid_lead' AND a.grid_id = :grid OR b.grid_id = :grid)
"""


def request_for(asker: Asker, code: str) -> Row[Any]:
    """Return a help request that the asker sees. Raises NotFoundError for every other.

    Fields: id, code, community_id, grid_id, grid_number, grid_name, kind, state, channel, order_id, order_number, credit_id,
    owner_id, owner (a name), owner_role, opened_by, opened_by_name, opened_by_role, opened_at, due_at, overdue,
    overdue_seen_at, seen_by_name, ended_at, merged_into_id, merged_into (a code), public_text, posted_at; opens (whether the
    asker may read what it says), claimed (whether the asker has claimed this wish), shown (and its household agreed that
    whoever does sees its door); household_id, door (58-2-301) and building for who opens it or is shown the door, facts (the
    coded ones) for who opens it. Never to be shown: home_id (the household, whoever asks), text_sealed, wrapped_key.
    """
    found = row(f"{REQUEST} WHERE r.code = :code", code=read_code(code), **scope(asker))
    if found is None:
        raise NotFoundError("no such request", request=code[:20])
    return found


def request_for_update(asker: Asker, code: str, *, acts: bool = True, is_open: bool = True) -> Row[Any]:
    """Lock a request that the asker sees, and return it as it is then.

    `acts`: for those who handle it (NotYoursError otherwise: a household, or who only sees that it is there). `is_open`: it
    must not have ended (EndedError). Raises NotFoundError.
    """
    (request,) = _locked(asker, [code])
    return _checked(asker, request, acts=acts, is_open=is_open)


def locked_for_update(asker: Asker, codes: Sequence[str]) -> list[Row[Any]]:
    """Lock several requests that the asker handles and that are open, by age, and return them as they are then.

    Raises what `request_for_update` raises.
    """
    return [_checked(asker, request, acts=True, is_open=True) for request in _locked(asker, codes)]


def _locked(asker: Asker, codes: Sequence[str]) -> list[Row[Any]]:
    ids = [request_for(asker, code).id for code in codes]
    rows("SELECT id FROM help_request WHERE id = ANY (:ids) ORDER BY id FOR UPDATE", ids=ids)
    # Read again, as they are once nobody else holds them.
    return [request_for(asker, code) for code in codes]


def _checked(asker: Asker, request: Row[Any], *, acts: bool, is_open: bool) -> Row[Any]:
    if acts and not handles(asker, request):
        raise NotYoursError("only those who handle this request do this", request=request.code)
    if is_open and request.state not in OPEN:
        raise EndedError("this request has ended", request=request.code, state=request.state)
    return request


def handles(asker: Asker, request: Row[Any]) -> bool:
    """Tell whether the asker is one of those who handle a request: opens it, and isn't the household that asks."""
    return bool(request.opens) and asker.role != Role.RESIDENT


def steps_of(request: Row[Any]) -> list[Row[Any]]:
    """Return what was done about a request, in order. Ask whose it is first.

    Fields: id, request_id, step, account_id, by (a name; None for the clock), by_role, about (a name), to_grid (a number),
    note_sealed, happened_at.
    """
    return rows(
        """
        SELECT s.id, s.request_id, s.step, s.account_id, a.display_name AS by, a.role AS by_role, b.display_name AS about,
               g.number AS to_grid, s.note_sealed, s.happened_at
        FROM help_step AS s
        LEFT JOIN account AS a ON a.id = s.account_id
        LEFT JOIN account AS b ON b.id = s.about_account_id
        LEFT JOIN grid AS g ON g.id = s.to_grid_id
        WHERE s.request_id = :id ORDER BY s.id
        """,
        id=request.id,
    )
