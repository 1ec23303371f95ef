"""Who else may open a restricted request: named one by one, by who has it or a coordinator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.help.errors import NotYoursError
from supplyhub.help.queries import request_for_update
from supplyhub.help.rules import is_restricted
from supplyhub.help.states import HelpStepKind
from supplyhub.help.steps import write_step
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def name_person(asker: Asker, code: str, account_id: int) -> None:
    """Let somebody open a restricted request: a lead or a volunteer with a live badge, of any grid. Again changes nothing.

    For its owner and coordinators. Raises InvalidError (`field`: account) for anybody else, ConflictError for a kind that
    isn't restricted, NotFoundError, EndedError, NotYoursError.
    """
    with transaction():
        request = _restricted_for_update(asker, code)
        person = row(f"{NAMEABLE} AND a.id = :account", account=account_id, community=asker.community_id)
        if person is None:
            raise InvalidError("this person can't be named", field="account", account=account_id)
        named = scalar(
            "INSERT INTO help_person (request_id, account_id, named_by) VALUES (:request, :account, :by)"
            " ON CONFLICT DO NOTHING RETURNING account_id",
            request=request.id,
            account=account_id,
            by=asker.account_id,
        )
        if named is not None:
            write_step(request, HelpStepKind.NAMED, asker, about=account_id)


def unname_person(asker: Asker, code: str, account_id: int) -> None:
    """Let somebody open a restricted request no longer; again changes nothing. For its owner and coordinators."""
    with transaction():
        request = _restricted_for_update(asker, code)
        gone = scalar(
            "DELETE FROM help_person WHERE request_id = :request AND account_id = :account RETURNING account_id",
            request=request.id,
            account=account_id,
        )
        if gone is not None:
            write_step(request, HelpStepKind.UNNAMED, asker, about=account_id)


def _restricted_for_update(asker: Asker, code: str) -> Row[Any]:
    request = request_for_update(asker, code)
    if not is_restricted(request.kind):
        raise ConflictError("nobody needs to be named for this kind", kind=request.kind)
    if asker.role != Role.COORDINATOR and request.owner_id != asker.account_id:
        raise NotYoursError("who has the request and a coordinator name people", request=request.code)
    return request


def persons_of(request: Row[Any]) -> list[Row[Any]]:
    """Return who was named for a request: account_id, name, role, named_at. Ask whose it is first."""
    return rows(
        """
        SELECT p.account_id, a.display_name AS name, a.role, p.named_at
        FROM help_person AS p JOIN account AS a ON a.id = p.account_id WHERE p.request_id = :id ORDER BY p.named_at, a.id
        """,
        id=request.id,
    )


def nameable(request: Row[Any]) -> list[Row[Any]]:
    """Return who could be named for a request and isn't: id, name, role, badge, grid (a number); the own grid's first."""
    return rows(
        f"""{NAMEABLE} AND NOT EXISTS (SELECT FROM help_person AS p WHERE p.request_id = :id AND p.account_id = a.id)
            AND a.id IS DISTINCT FROM :owner
            ORDER BY (coalesce(a.grid_id, b.grid_id) = :grid) DESC, g.number, a.role, b.code""",
        community=request.community_id,
        id=request.id,
        owner=request.owner_id,
        grid=request.grid_id,
    )


NAMEABLE = """
    SELECT a.id, a.display_name AS name, a.role, b.code AS badge, g.number AS grid
    FROM account AS a
    LEFT JOIN badge AS b ON b.account_id = a.id AND a.role = 'volunteer' AND b.state = 'live'
                        AND b.valid_from <= clock_timestamp() AND b.valid_until > clock_timestamp()
    JOIN grid AS g ON g.id = coalesce(a.grid_id, b.grid_id)
    WHERE a.community_id = :community AND a.active AND (a.role = 'grid_lead' OR b.id IS NOT NULL)
"""
