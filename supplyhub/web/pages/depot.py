"""The depot's board."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, make_response, render_template, request

from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import look
from supplyhub.web.pages.board_rows import rows_of
from supplyhub.web.pages.board_watch import look_at
from supplyhub.web.pages.cycles import UNDER_WAY, chosen_cycle

if TYPE_CHECKING:
    from flask import Response

    from supplyhub.web.pages.board_watch import Sight

pages = Blueprint("staging", __name__, url_prefix="/depot")


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def board() -> str:
    """Show the board of the cycle: five stages, a row a grid; with `?wall=1` for a wall screen. It keeps itself fresh.

    Many grids are in pages, those with one word (`?only=packing`) or one by its number; on a wall tiles.
    """
    cycle = chosen_cycle(asker(), *UNDER_WAY)
    if cycle is None:
        return render_template("depot/no_cycle.html")
    return _drawn("depot/board.html", look_at(asker(), cycle.id))


@pages.get("/live/<int:cycle_id>")
@audience(Role.DEPOT, Role.COORDINATOR)
def live(cycle_id: int) -> Response:
    """Return the parts of the board that change; 304 while they are as the screen has them."""
    sight = look_at(asker(), cycle_id)
    tag = _tag(sight)
    if tag in request.if_none_match:
        response = make_response("", HTTPStatus.NOT_MODIFIED)
    else:
        response = make_response(_drawn("depot/board_live.html", sight))
    response.set_etag(tag)
    return response


def _drawn(template: str, sight: Sight) -> str:
    return render_template(
        template,
        board=sight.board,
        view=rows_of(sight.board, only=request.args.get("only", "")[:20], page=request.args.get("page", 1, type=int)),
        refusal=sight.refusal,
        tag=_tag(sight),
        wall="wall" in request.args,
    )


def _tag(sight: Sight) -> str:
    """Return the tag of what this reader sees: words and links are others for others."""
    return f"{sight.tag}-{look().lang}-{asker().role}"
