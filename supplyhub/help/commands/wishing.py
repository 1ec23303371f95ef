"""A wish (微心愿) is posted on its grid's wall; a neighbour or volunteer claims it, does it, or gives it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, scalar, transaction
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.help.commands.solving import end
from supplyhub.help.queries import request_for_update
from supplyhub.help.rules import check_text
from supplyhub.help.states import HELP_MOVES, HelpKind, HelpState, HelpStepKind
from supplyhub.help.steps import write_state, write_step
from supplyhub.help.wishes import LONGEST_PUBLIC, MOST_CLAIMS, claim_of, wish_for_update
from supplyhub.moves import move
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker

POSTERS = {Role.GRID_LEAD, Role.COORDINATOR}
CLAIMERS = {Role.RESIDENT, Role.VOLUNTEER}


class ClaimedError(ConflictError):
    """Somebody has claimed this wish."""

    code = "claimed"


class TooManyClaimsError(ConflictError):
    """Whoever has claimed so many wishes first does one of them: `most`."""

    code = "too_many_claims"


def post_wish(asker: Asker, code: str, *, public_text: str) -> None:
    """Post an open wish on its grid's wall, in words that say nothing of whose it is; again: in other words.

    Who posts it has it from then on, where nobody had. For leads of the grid and coordinators. Raises InvalidError (`field`:
    public_text), ClaimedError when somebody is at it already, NotFoundError, EndedError, NotYoursError.
    """
    if asker.role not in POSTERS:
        raise NotAllowedError("a lead or a coordinator posts wishes", role=asker.role)
    text = check_text(public_text, longest=LONGEST_PUBLIC)
    if not text:
        raise InvalidError("say what is wished for", field="public_text")
    with transaction():
        request = request_for_update(asker, code)
        if request.kind != HelpKind.WISH:
            raise ConflictError("only wishes are posted", kind=request.kind)
        if request.public_text == text and request.posted_at is not None:
            return
        if claim_of(request) is not None:
            raise ClaimedError
        execute(
            "UPDATE help_request SET public_text = :text, posted_at = coalesce(posted_at, clock_timestamp()),"
            " owner_id = coalesce(owner_id, :by) WHERE id = :id",
            text=text,
            by=asker.account_id,
            id=request.id,
        )
        if request.state == HelpState.NEW:
            write_state(request, move(HELP_MOVES, request.state, "take"))
        write_step(request, HelpStepKind.POSTED, asker)


def claim_wish(asker: Asker, code: str) -> None:
    """Take a wish of the own wall upon oneself; again changes nothing. For neighbours, and volunteers of the grid.

    Raises NotFoundError for one that isn't on the asker's wall, ClaimedError when another one was first, TooManyClaimsError,
    ConflictError for the own household's.
    """
    _only_claimers(asker)
    with transaction():
        # One's own claims take turns: two at once would each find room for one more.
        execute("SELECT id FROM account WHERE id = :me FOR NO KEY UPDATE", me=asker.account_id)
        wish = wish_for_update(asker, code)
        if wish.mine:
            return
        if wish.own:
            raise ConflictError("nobody claims their own wish", request=wish.code)
        if wish.claimed_by is not None:
            raise ClaimedError
        live = (
            "SELECT count(*) FROM wish_claim AS k JOIN help_request AS r ON r.id = k.request_id AND r.ended_at IS NULL"
        )
        if scalar(f"{live} WHERE k.account_id = :me AND k.given_up_at IS NULL", me=asker.account_id) >= MOST_CLAIMS:
            raise TooManyClaimsError(most=MOST_CLAIMS)
        execute("INSERT INTO wish_claim (request_id, account_id) VALUES (:id, :me)", id=wish.id, me=asker.account_id)
        write_step(wish, HelpStepKind.CLAIMED, asker)


def give_wish_back(asker: Asker, code: str) -> None:
    """Let somebody else claim a wish that the asker had claimed. Raises NotFoundError when it isn't the asker's."""
    _only_claimers(asker)
    with transaction():
        request = _claimed_for_update(asker, code)
        execute(
            "UPDATE wish_claim SET given_up_at = clock_timestamp()"
            " WHERE request_id = :id AND account_id = :me AND given_up_at IS NULL",
            id=request.id,
            me=asker.account_id,
        )
        write_step(request, HelpStepKind.GIVEN_UP, asker)


def fulfil_wish(asker: Asker, code: str, *, note: str = "", vault: Vault) -> None:
    """Say that a wish that the asker had claimed is done; its household reads the note, and may say that it isn't.

    Raises NotFoundError when it isn't the asker's, InvalidError for a note that is too long.
    """
    _only_claimers(asker)
    with transaction():
        request = _claimed_for_update(asker, code)
        end(request, move(HELP_MOVES, request.state, "solve"), HelpStepKind.SOLVED, asker, note=note, vault=vault)


def _only_claimers(asker: Asker) -> None:
    if asker.role not in CLAIMERS:
        raise NotAllowedError("neighbours and volunteers claim wishes", role=asker.role)


def _claimed_for_update(asker: Asker, code: str) -> Row[Any]:
    request = request_for_update(asker, code, acts=False)
    if not request.claimed:
        raise NotFoundError("the asker hasn't claimed this wish", request=request.code)
    return request
