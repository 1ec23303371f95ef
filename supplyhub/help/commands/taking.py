"""Somebody takes a request on: for themselves, or given by who answers for it; it waits, goes on, or goes to another grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, transaction
from supplyhub.errors import InvalidError
from supplyhub.help.errors import NotYoursError, TakenError
from supplyhub.help.events import HelpAssigned, HelpOpened
from supplyhub.help.queries import TAKER, handles, request_for_update
from supplyhub.help.states import HELP_MOVES, HelpStepKind
from supplyhub.help.steps import write_state, write_step
from supplyhub.moves import move
from supplyhub.outbox import record
from supplyhub.people.states import Role
from supplyhub.places.queries import grid_numbered

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

TAKERS = {Role.GRID_LEAD, Role.COORDINATOR}


def take_request(asker: Asker, code: str) -> None:
    """Take a request that nobody has; again changes nothing. For leads of the grid, coordinators, and who is named.

    Taking one of a restricted kind lets the lead open it. Raises TakenError when somebody else has it, NotFoundError,
    EndedError, NotYoursError for everybody else.
    """
    with transaction():
        request = request_for_update(asker, code, acts=False)
        if asker.role not in TAKERS and not handles(asker, request):
            raise NotYoursError("only those who handle this request do this", request=request.code)
        if request.owner_id == asker.account_id:
            return
        if request.owner_id is not None:
            raise TakenError("somebody else has it", request=request.code, owner=request.owner)
        _give(request, asker, asker.account_id)


def assign_request(asker: Asker, code: str, account_id: int, *, instead_of: int | None = None) -> None:
    """Give a request to somebody who can take it (`takers_for`); they are told. To who has it already changes nothing.

    `instead_of`: the account that has it as far as the asker knows, None for nobody: TakenError when that isn't so any
    more. Of a restricted kind its owner, who is named and a coordinator give it. Raises InvalidError (`field`: account) for
    somebody who can't take it, NotFoundError, EndedError, NotYoursError.
    """
    with transaction():
        request = request_for_update(asker, code)
        if request.owner_id == account_id:
            return
        if request.owner_id != instead_of:
            raise TakenError("somebody else has it", request=request.code, owner=request.owner)
        if row(f"{TAKER} AND a.id = :account", account=account_id, **_of(request)) is None:
            raise InvalidError("this person can't take this request", field="account", account=account_id)
        _give(request, asker, account_id)
        if account_id != asker.account_id:
            record(HelpAssigned(request.id, account_id))


def _give(request: Row[Any], asker: Asker, account_id: int) -> None:
    state = move(HELP_MOVES, request.state, "take")
    execute("UPDATE help_request SET owner_id = :owner WHERE id = :id", owner=account_id, id=request.id)
    write_state(request, state)
    write_step(request, HelpStepKind.ASSIGNED, asker, about=account_id)


def let_wait(asker: Asker, code: str, *, note: str, vault: Vault) -> None:
    """Write that a request waits for somebody outside, and for whom. Raises InvalidError without a note, ConflictError."""
    if not note.strip():
        raise InvalidError("say what it waits for", field="note")
    with transaction():
        request = request_for_update(asker, code)
        write_state(request, move(HELP_MOVES, request.state, "wait"))
        write_step(request, HelpStepKind.WAITS, asker, note=note, vault=vault)


def go_on(asker: Asker, code: str, *, note: str = "", vault: Vault) -> None:
    """Write that a request that waited goes on. Raises ConflictError for one that doesn't wait."""
    with transaction():
        request = request_for_update(asker, code)
        write_state(request, move(HELP_MOVES, request.state, "go_on"))
        write_step(request, HelpStepKind.WENT_ON, asker, note=note, vault=vault)


def hand_on(asker: Asker, code: str, grid_number: int, *, note: str = "", vault: Vault) -> None:
    """Hand a request on to another grid, where it is new and nobody's; that grid's lead is told.

    For leads and coordinators who open it. Who is past due is shown there again; a wish leaves the wall, and whoever had
    claimed it: its new lead looks at it first. Raises InvalidError (`field`: grid) for its
    own grid or an unknown one, and what `request_for_update` does.
    """
    with transaction():
        request = request_for_update(asker, code)
        if asker.role not in TAKERS:
            raise NotYoursError("a lead or a coordinator hands a request on", request=request.code)
        grid_id = grid_numbered(asker.community_id, grid_number)
        if grid_id == request.grid_id:
            raise InvalidError("it is in this grid already", field="grid", grid=grid_number)
        state = move(HELP_MOVES, request.state, "hand_on")
        execute(
            "UPDATE help_request SET state = :state, grid_id = :grid, owner_id = NULL, overdue_seen_at = NULL,"
            " overdue_seen_by = NULL, posted_at = NULL WHERE id = :id",
            state=state,
            grid=grid_id,
            id=request.id,
        )
        execute(
            "UPDATE wish_claim SET given_up_at = clock_timestamp() WHERE request_id = :id AND given_up_at IS NULL",
            id=request.id,
        )
        write_step(request, HelpStepKind.HANDED_ON, asker, note=note, to_grid_id=grid_id, vault=vault)
        record(HelpOpened(request.id, grid_id))


def _of(request: Row[Any]) -> dict[str, object]:
    return {"community": request.community_id, "grid": request.grid_id}
