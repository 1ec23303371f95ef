"""A complaint on an order (投诉) is decided: the order is made cheaper and the money follows, or it is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, transaction
from supplyhub.depot.cheaper import take_off
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError
from supplyhub.help.commands.solving import end
from supplyhub.help.queries import request_for_update
from supplyhub.help.states import HELP_MOVES, HelpKind, HelpState, HelpStepKind, Trouble
from supplyhub.help.steps import write_state, write_step
from supplyhub.moves import move
from supplyhub.payments.states import CreditReason, CreditState
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

DECIDERS = {Role.GRID_LEAD, Role.COORDINATOR}
REASONS = {
    Trouble.MISSING: CreditReason.MISSING,
    Trouble.DAMAGED: CreditReason.DAMAGED,
    Trouble.NOT_FRESH: CreditReason.SPOILED,
    Trouble.WRONG_ITEM: CreditReason.WRONG,
}


class CreditedError(ConflictError):
    """Something was taken off the order for this complaint already."""

    code = "credited"


def credit_complaint(asker: Asker, code: str, *, amount_fen: int, note: str = "", vault: Vault) -> CreditState:
    """Take so much off the order that a complaint is about; what was paid too much then goes back by itself.

    Given at once, the complaint is solved, and its household reads the note. What needs a second person is asked for, and
    the complaint waits for them. For leads of the grid and coordinators. Raises InvalidError (`field`: amount_fen),
    CreditedError, MoreThanWorthError, ConflictError before the goods came and after the close, NotFoundError, EndedError.
    """
    _only_deciders(asker)
    if amount_fen <= 0:
        raise InvalidError("something is taken off", field="amount_fen")
    with transaction():
        complaint = _complaint_for_update(asker, code)
        if complaint.credit_id is not None:
            raise CreditedError
        reason = REASONS.get(complaint.facts.get("trouble"), CreditReason.OTHER)
        credit = take_off(asker, complaint.order_id, amount_fen=amount_fen, reason=reason, note=complaint.code)
        state = _taken(asker, complaint)
        execute("UPDATE help_request SET credit_id = :credit WHERE id = :id", credit=credit.id, id=complaint.id)
        write_step(complaint, HelpStepKind.CREDITED, asker)
        if credit.state == CreditState.GIVEN:
            end(complaint, move(HELP_MOVES, state, "solve"), HelpStepKind.SOLVED, asker, note=note, vault=vault)
        elif state == HelpState.TAKEN:
            write_state(complaint, move(HELP_MOVES, state, "wait"))
            write_step(complaint, HelpStepKind.WAITS, asker, note=note, vault=vault)
    return credit.state


def explain_complaint(asker: Asker, code: str, *, note: str, vault: Vault) -> None:
    """End a complaint with an explanation, which its household reads; again changes nothing.

    For leads of the grid and coordinators. Raises InvalidError (`field`: note) without one, NotFoundError, EndedError.
    """
    _only_deciders(asker)
    if not note.strip():
        raise InvalidError("say how it came", field="note")
    with transaction():
        complaint = _complaint_for_update(asker, code)
        state = _taken(asker, complaint)
        end(complaint, move(HELP_MOVES, state, "solve"), HelpStepKind.SOLVED, asker, note=note, vault=vault)


def _only_deciders(asker: Asker) -> None:
    if asker.role not in DECIDERS:
        raise NotAllowedError("a lead or a coordinator decides about complaints", role=asker.role)


def _complaint_for_update(asker: Asker, code: str) -> Row[Any]:
    request = request_for_update(asker, code)
    if request.kind != HelpKind.COMPLAINT:
        raise ConflictError("this is no complaint", kind=request.kind)
    return request


def _taken(asker: Asker, complaint: Row[Any]) -> HelpState:
    """Let whoever decides a complaint have it, where nobody had; return its state then."""
    if complaint.owner_id is not None:
        return HelpState(complaint.state)
    execute("UPDATE help_request SET owner_id = :me WHERE id = :id", me=asker.account_id, id=complaint.id)
    write_step(complaint, HelpStepKind.ASSIGNED, asker, about=asker.account_id)
    state = HelpState(move(HELP_MOVES, complaint.state, "take"))
    write_state(complaint, state)
    return state
