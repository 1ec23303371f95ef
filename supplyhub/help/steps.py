"""What was done about a request, written down like on the white board; in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, scalar
from supplyhub.help.rules import LONGEST_NOTE, check_text
from supplyhub.help.sealing import NOTE, own_key

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.help.states import HelpStepKind
    from supplyhub.people.asker import Asker


def write_step(
    request: Row[Any],
    step: HelpStepKind,
    asker: Asker | None,
    *,
    note: str = "",
    about: int | None = None,
    to_grid_id: int | None = None,
    vault: Vault | None = None,
) -> int:
    """Write a step of a request (id, wrapped_key) and return its id. By nobody: by the clock.

    A note is sealed with the request's own key, for which the `vault` is needed. `about`: the account that was named, or
    that it was given to. Raises InvalidError for a note of more than 500 characters, ConflictError for a note when the key
    was destroyed.
    """
    note = check_text(note, longest=LONGEST_NOTE)
    step_id = int(scalar("SELECT nextval(pg_get_serial_sequence('help_step', 'id'))"))
    sealed = None
    if note:
        if vault is None:
            raise ValueError("a note is sealed; there is no vault to do it with")
        sealed = own_key(vault, request).seal(note, *NOTE, step_id)
    execute(
        """
        INSERT INTO help_step (id, request_id, step, account_id, about_account_id, to_grid_id, note_sealed, happened_at)
        OVERRIDING SYSTEM VALUE
        VALUES (:id, :request, :step, :by, :about, :grid, :note, clock_timestamp())
        """,
        id=step_id,
        request=request.id,
        step=step,
        by=asker.account_id if asker else None,
        about=about,
        grid=to_grid_id,
        note=sealed,
    )
    return step_id


def write_state(request: Row[Any], state: str) -> None:
    """Write the state that a move led to; an end is dated by the database's clock, and taken back by a reopening."""
    execute(
        """
        UPDATE help_request SET state = :state,
               ended_at = CASE WHEN :state IN ('new', 'taken', 'waiting') THEN NULL
                               ELSE coalesce(ended_at, clock_timestamp()) END
        WHERE id = :id
        """,
        state=state,
        id=request.id,
    )
