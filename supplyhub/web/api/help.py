"""Help requests: opened by any way, listed, opened to be read, acted upon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.db import as_dict
from supplyhub.help import commands, schemas
from supplyhub.help.board import Which, count_requests_for, requests_for
from supplyhub.help.queries import request_for, steps_of
from supplyhub.payments.schemas_money import CreditStateOut
from supplyhub.people.states import Role
from supplyhub.web.audience import EVERYBODY, asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters

    from supplyhub.crypto import Vault

blp = Blueprint("help_api", __name__, url_prefix="/api/v1/help", description="Help requests (诉求)")
ASKERS = EVERYBODY - {Role.DEPOT}
HANDLERS = (Role.GRID_LEAD, Role.COORDINATOR, Role.VOLUNTEER)
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)


@blp.route("", methods=["POST"])
@blp.arguments(schemas.HelpIn)
@blp.response(201, schemas.HelpOpenedOut)
@audience(ASKERS)
def open_one(payload: dict[str, Any]) -> dict[str, str]:
    """Open a request and return its code; the same key again returns the same code. A household asks for itself (web)."""
    return {"code": commands.open_request(asker(), **payload, vault=_vault())}


@blp.route("")
@blp.arguments(schemas.HelpQuery, location="query")
@blp.response(200, schemas.HelpOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(EVERYBODY)
def list_all(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List the requests that the asker sees, the open ones by when they are due, then the ended ones, the last first."""
    which, page = Which(**query), pagination_parameters
    page.item_count = count_requests_for(asker(), which)
    return requests_for(asker(), which, limit=page.page_size, offset=page.first_item)


@blp.route("/<code>")
@blp.response(200, schemas.HelpOut)
@audience(EVERYBODY)
def one(code: str) -> Any:
    """Return a request, without what it says."""
    return request_for(asker(), code)


@blp.route("/<code>/read", methods=["POST"])
@blp.response(200, schemas.HelpWordsOut)
@audience(ASKERS)
def read(code: str) -> dict[str, Any]:
    """Open what a request says and what was done; of a restricted kind that is written down as a step of it."""
    opened = commands.read_request(asker(), code, vault=_vault())
    steps = steps_of(request_for(asker(), code))
    return {
        "text": opened.content.text,
        "said": opened.content.said,
        "destroyed": opened.destroyed,
        "steps": [as_dict(step) | {"note": opened.notes.get(step.id, "")} for step in steps],
    }


@blp.route("/<code>/take", methods=["POST"])
@blp.response(204)
@audience(*HANDLERS)
def take(code: str) -> None:
    """Take a request that nobody has; 409 `taken` when somebody else was quicker."""
    commands.take_request(asker(), code)


@blp.route("/<code>/give", methods=["POST"])
@blp.arguments(schemas.HelpGiveIn)
@blp.response(204)
@audience(*HANDLERS)
def give(payload: dict[str, Any], code: str) -> None:
    """Give a request to somebody: a lead or volunteer of its grid, a coordinator."""
    commands.assign_request(asker(), code, **payload)


@blp.route("/<code>/note", methods=["POST"])
@blp.arguments(schemas.HelpCallIn)
@blp.response(204)
@audience(*HANDLERS)
def note(payload: dict[str, Any], code: str) -> None:
    """Write down what was done, or what came of a call."""
    commands.note_step(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/wait", methods=["POST"])
@blp.arguments(schemas.HelpNeededNoteIn)
@blp.response(204)
@audience(*HANDLERS)
def wait(payload: dict[str, Any], code: str) -> None:
    """Write that it waits for somebody outside; the household reads for whom."""
    commands.let_wait(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/go-on", methods=["POST"])
@blp.arguments(schemas.HelpNoteIn)
@blp.response(204)
@audience(*HANDLERS)
def go_on(payload: dict[str, Any], code: str) -> None:
    """Write that it goes on."""
    commands.go_on(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/hand-on", methods=["POST"])
@blp.arguments(schemas.HelpHandOnIn)
@blp.response(204)
@audience(*LEADS)
def hand_on(payload: dict[str, Any], code: str) -> None:
    """Hand it on to another grid, where it is new."""
    commands.hand_on(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/solve", methods=["POST"])
@blp.arguments(schemas.HelpNoteIn)
@blp.response(204)
@audience(*HANDLERS)
def solve(payload: dict[str, Any], code: str) -> None:
    """Write that it is done; again changes nothing. The household reads the note."""
    commands.solve(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/give-up", methods=["POST"])
@blp.arguments(schemas.HelpNeededNoteIn)
@blp.response(204)
@audience(*HANDLERS)
def give_up(payload: dict[str, Any], code: str) -> None:
    """Write that it couldn't be solved, and why."""
    commands.give_up(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/withdraw", methods=["POST"])
@blp.arguments(schemas.HelpNoteIn)
@blp.response(204)
@audience(ASKERS)
def withdraw(payload: dict[str, Any], code: str) -> None:
    """Take a request back."""
    commands.withdraw(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/reopen", methods=["POST"])
@blp.arguments(schemas.HelpNoteIn)
@blp.response(204)
@audience(ASKERS)
def reopen(payload: dict[str, Any], code: str) -> None:
    """Open a request again that counts as solved or given up; a household within three days."""
    commands.reopen(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/seen", methods=["POST"])
@blp.response(204)
@audience(*LEADS)
def seen(code: str) -> None:
    """Mark a request that is past due as seen."""
    commands.see_overdue(asker(), code)


@blp.route("/<code>/merge", methods=["POST"])
@blp.arguments(schemas.HelpMergeIn)
@blp.response(204)
@audience(*HANDLERS)
def merge(payload: dict[str, Any], code: str) -> None:
    """Merge it into another open request of the same household and kind."""
    commands.merge_requests(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/name", methods=["POST"])
@blp.arguments(schemas.HelpPersonIn)
@blp.response(204)
@audience(*HANDLERS)
def name(payload: dict[str, Any], code: str) -> None:
    """Let somebody open a restricted request."""
    commands.name_person(asker(), code, **payload)


@blp.route("/<code>/unname", methods=["POST"])
@blp.arguments(schemas.HelpPersonIn)
@blp.response(204)
@audience(*HANDLERS)
def unname(payload: dict[str, Any], code: str) -> None:
    """Let somebody open a restricted request no longer."""
    commands.unname_person(asker(), code, **payload)


@blp.route("/<code>/pass", methods=["POST"])
@blp.arguments(schemas.HelpPassIn)
@blp.response(204)
@audience(*HANDLERS)
def pass_on(payload: dict[str, Any], code: str) -> None:
    """Write who has the medicine now."""
    commands.pass_medicine(asker(), code, **payload, vault=_vault())


@blp.route("/<code>/post", methods=["POST"])
@blp.arguments(schemas.HelpPostIn)
@blp.response(204)
@audience(*LEADS)
def post(payload: dict[str, Any], code: str) -> None:
    """Put a wish on its grid's wall, in words that say nothing of whose it is; again changes nothing."""
    commands.post_wish(asker(), code, **payload)


@blp.route("/<code>/credit", methods=["POST"])
@blp.arguments(schemas.HelpCreditIn)
@blp.response(201, CreditStateOut)
@audience(*LEADS)
def credit(payload: dict[str, Any], code: str) -> dict[str, Any]:
    """Make the order cheaper that a complaint is about, once; much waits for a second person."""
    return {"state": commands.credit_complaint(asker(), code, **payload, vault=_vault())}


@blp.route("/<code>/explain", methods=["POST"])
@blp.arguments(schemas.HelpNeededNoteIn)
@blp.response(204)
@audience(*LEADS)
def explain(payload: dict[str, Any], code: str) -> None:
    """End a complaint with an explanation, which its household reads."""
    commands.explain_complaint(asker(), code, **payload, vault=_vault())


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
