"""A request comes to its end: solved, given up, withdrawn; and it is opened again when that was too early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, rows, transaction
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.help.errors import NotYoursError
from supplyhub.help.events import HelpEnded, HelpOpened
from supplyhub.help.queries import handles, request_for_update
from supplyhub.help.rules import REOPEN_DAYS, due_after, is_restricted
from supplyhub.help.states import HELP_MOVES, HelpKind, HelpStepKind
from supplyhub.help.steps import write_state, write_step
from supplyhub.moves import move
from supplyhub.outbox import record
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


def solve(asker: Asker, code: str, *, note: str = "", vault: Vault) -> None:
    """Write that what was asked for is done; again changes nothing. The household reads the note.

    What was photographed of a restricted request (a prescription) is removed. For those who handle it. Raises ConflictError
    for a request that nobody has taken or that ended otherwise, NotFoundError, NotYoursError.
    """
    _end(asker, code, "solve", HelpStepKind.SOLVED, note=note, vault=vault)


def give_up(asker: Asker, code: str, *, note: str, vault: Vault) -> None:
    """Write that a request couldn't be solved, and why: the household reads it. Raises InvalidError without a note."""
    if not note.strip():
        raise InvalidError("say why it couldn't be solved", field="note")
    _end(asker, code, "give_up", HelpStepKind.NOT_SOLVED, note=note, vault=vault)


def withdraw(asker: Asker, code: str, *, note: str = "", vault: Vault) -> None:
    """Take a request back: the household that asks, or those who handle it. Again changes nothing."""
    _end(asker, code, "withdraw", HelpStepKind.WITHDRAWN, note=note, vault=vault)


def _end(asker: Asker, code: str, action: str, step: HelpStepKind, *, note: str, vault: Vault) -> None:
    with transaction():
        request = request_for_update(asker, code, acts=False, is_open=False)
        if not (handles(asker, request) or (action == "withdraw" and request.opens)):
            raise NotYoursError("only those who handle this request do this", request=request.code)
        # The step is called as the state that it leads to.
        if request.state == step.value:
            return
        end(request, move(HELP_MOVES, request.state, action), step, asker, note=note, vault=vault)


def end(
    request: Row[Any], state: str, step: HelpStepKind, asker: Asker, *, note: str = "", vault: Vault | None = None
) -> None:
    """End a locked request in the caller's transaction, and tell whom it concerns; wishes are nobody's claim any more."""
    write_state(request, state)
    write_step(request, step, asker, note=note, vault=vault)
    execute(
        "UPDATE wish_claim SET given_up_at = clock_timestamp() WHERE request_id = :id AND given_up_at IS NULL"
        " AND :state <> 'solved'",
        id=request.id,
        state=state,
    )
    if is_restricted(request.kind):
        remove_photos(request, asker)
    record(HelpEnded(request.id))


def remove_photos(request: Row[Any], asker: Asker | None) -> int:
    """Remove the photos of a request and of those merged into it, in the caller's transaction; return how many there were."""
    removed = rows(
        "DELETE FROM help_photo WHERE request_id IN (SELECT id FROM help_request WHERE id = :id OR merged_into_id = :id)"
        " RETURNING id",
        id=request.id,
    )
    if removed:
        write_step(request, HelpStepKind.PHOTO_REMOVED, asker)
    return len(removed)


def reopen(asker: Asker, code: str, *, note: str = "", vault: Vault) -> None:
    """Open a request again that counts as solved or given up, with whoever had it; it is due anew.

    For those who handle it; for the household within three days. Raises ConflictError for one that wasn't solved or given
    up, is too long ago (`too_late`), or whose words were destroyed (`destroyed`); NotFoundError, NotYoursError.
    """
    with transaction():
        request = request_for_update(asker, code, acts=False, is_open=False)
        if not request.opens:
            raise NotYoursError("only those who handle this request do this", request=request.code)
        state = move(HELP_MOVES, request.state, "reopen")
        _refuse_too_late(asker, request)
        community = row(
            "SELECT timezone, clock_timestamp() AS now FROM community WHERE id = :id", id=request.community_id
        )
        assert community is not None  # noqa: S101 - a foreign key
        execute(
            "UPDATE help_request SET due_at = :due, overdue_seen_at = NULL, overdue_seen_by = NULL WHERE id = :id",
            due=due_after(HelpKind(request.kind), request.facts, community.now, zone=community.timezone),
            id=request.id,
        )
        write_state(request, state)
        write_step(request, HelpStepKind.REOPENED, asker, note=note, vault=vault)
        record(HelpOpened(request.id, request.grid_id))


def _refuse_too_late(asker: Asker, request: Row[Any]) -> None:
    if request.wrapped_key is None:
        raise ConflictError("what this request said was destroyed", destroyed=True)
    if asker.role != Role.RESIDENT:
        return
    late = row(
        "SELECT CAST(:ended AS timestamptz) < clock_timestamp() - make_interval(days => :days) AS is_late",
        ended=request.ended_at,
        days=REOPEN_DAYS,
    )
    if late is not None and late.is_late:
        raise ConflictError("this was long ago; ask anew", too_late=True)
