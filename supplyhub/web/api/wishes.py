"""The wall of wishes for neighbours and volunteers: what is on it, claimed, given back, done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.help import commands
from supplyhub.help.schemas import HelpNoteIn, WishOut
from supplyhub.help.wishes import wishes_for
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

blp = Blueprint(
    "wishes_api", __name__, url_prefix="/api/v1/wishes", description="The wall of wishes of a grid (微心愿墙)"
)
CLAIMERS = (Role.RESIDENT, Role.VOLUNTEER)


@blp.route("")
@blp.response(200, WishOut(many=True))
@audience(*CLAIMERS)
def wall() -> list[Row[Any]]:
    """List the open wishes of the asker's grid: the asker's own claims first, then the free ones."""
    return wishes_for(asker())


@blp.route("/<code>/claim", methods=["POST"])
@blp.response(204)
@audience(*CLAIMERS)
def claim(code: str) -> None:
    """Take a wish upon oneself; 409 `claimed` when somebody else was quicker."""
    commands.claim_wish(asker(), code)


@blp.route("/<code>/give-back", methods=["POST"])
@blp.response(204)
@audience(*CLAIMERS)
def give_back(code: str) -> None:
    """Let somebody else claim it."""
    commands.give_wish_back(asker(), code)


@blp.route("/<code>/fulfil", methods=["POST"])
@blp.arguments(HelpNoteIn)
@blp.response(204)
@audience(*CLAIMERS)
def fulfil(payload: dict[str, Any], code: str) -> None:
    """Say that a claimed wish is done; its household reads the note."""
    commands.fulfil_wish(asker(), code, **payload, vault=current_app.extensions["vault"])
