"""Somebody has seen that a request is past due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, transaction
from supplyhub.errors import ConflictError
from supplyhub.help.errors import NotYoursError
from supplyhub.help.overdue import MUST_SEE
from supplyhub.help.queries import request_for_update
from supplyhub.help.states import HelpStepKind
from supplyhub.help.steps import write_step

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


def see_overdue(asker: Asker, code: str) -> None:
    """Mark a request that is past due as seen; again changes nothing. For leads of the grid, and coordinators.

    Raises ConflictError for one that isn't past due, NotFoundError, EndedError, NotYoursError.
    """
    with transaction():
        request = request_for_update(asker, code, acts=False)
        if asker.role not in MUST_SEE:
            raise NotYoursError("a lead or a coordinator sees to what is past due", request=request.code)
        if request.overdue_seen_at is not None:
            return
        if not request.overdue:
            raise ConflictError("this request isn't past due", request=request.code)
        execute(
            "UPDATE help_request SET overdue_seen_at = clock_timestamp(), overdue_seen_by = :by WHERE id = :id",
            by=asker.account_id,
            id=request.id,
        )
        write_step(request, HelpStepKind.OVERDUE_SEEN, asker)
