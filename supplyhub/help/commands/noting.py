"""What those who handle a request write down about it: calls, notes; and what they read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supplyhub.db import rows, transaction
from supplyhub.errors import InvalidError
from supplyhub.help.errors import NotYoursError
from supplyhub.help.queries import handles, request_for, request_for_update
from supplyhub.help.rules import is_restricted
from supplyhub.help.sealing import NAME, NOTE, Content, open_content, open_text, own_key
from supplyhub.help.states import HelpStepKind
from supplyhub.help.steps import write_step

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

# Notes of these steps are written for the household; others stay among those who handle the request.
FOR_THE_HOUSEHOLD = {
    HelpStepKind.WAITS,
    HelpStepKind.SOLVED,
    HelpStepKind.NOT_SOLVED,
    HelpStepKind.WITHDRAWN,
    HelpStepKind.REOPENED,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a request says, opened: its words, the notes by step id, the names of who took medicine on by pass id."""

    content: Content = field(default_factory=Content)
    notes: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    # Nothing is left of it: the time to keep it is over.
    destroyed: bool = False


def note_step(asker: Asker, code: str, *, note: str, called: bool = False, vault: Vault) -> None:
    """Write a note, or that somebody was called and what came of it. For those who handle it, also after its end.

    Raises InvalidError for an empty or too long note, NotFoundError, NotYoursError, ConflictError (`destroyed`).
    """
    if not note.strip():
        raise InvalidError("write down what was done", field="note")
    with transaction():
        request = request_for_update(asker, code, is_open=False)
        write_step(request, HelpStepKind.CALLED if called else HelpStepKind.NOTED, asker, note=note, vault=vault)


def read_request(asker: Asker, code: str, *, vault: Vault) -> Opened:
    """Open what a request and those merged into it say, and what was noted about them.

    Reading a restricted one is a step of it, written in the same transaction; a household reading its own is none. It gets
    its own words and what was written for it. Raises NotYoursError for who may not open it, NotFoundError.
    """
    with transaction():
        request = request_for(asker, code)
        if not request.opens:
            raise NotYoursError("only those who handle this request open it", request=request.code)
        if request.wrapped_key is None:
            return Opened(destroyed=True)
        staff = handles(asker, request)
        if staff and is_restricted(request.kind):
            write_step(request, HelpStepKind.READ, asker)
        return _opened(request, vault, everything=staff)


def _opened(request: Row[Any], vault: Vault, *, everything: bool) -> Opened:
    own = own_key(vault, request)
    notes = rows(
        "SELECT id, step, note_sealed FROM help_step WHERE request_id = :id AND note_sealed IS NOT NULL", id=request.id
    )
    names = rows(
        "SELECT id, holder_name_sealed FROM medicine_pass WHERE request_id = :id AND holder_name_sealed IS NOT NULL",
        id=request.id,
    )
    return Opened(
        open_content(own, request.id, request.text_sealed),
        {
            each.id: open_text(own, each.note_sealed, NOTE, each.id)
            for each in notes
            if everything or each.step in FOR_THE_HOUSEHOLD
        },
        {each.id: open_text(own, each.holder_name_sealed, NAME, each.id) for each in names},
    )
