"""The depot's pages: the board, shortages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, make_response, render_template, request

from supplyhub.delivery.board import board_for
from supplyhub.delivery.queries import refusals_for
from supplyhub.depot.purchase_queries import purchase_orders_for
from supplyhub.depot.queries import shortages_for
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.pages.cycles import UNDER_WAY, chosen_cycle, cycle_or_404

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("staging", __name__, url_prefix="/depot")

WALL_SECONDS = "30"


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def board() -> str | Response:
    """Show the board of the cycle: five stages, a row a grid; with `?wall=1` for a wall screen, renewed by itself."""
    cycle = chosen_cycle(asker(), *UNDER_WAY)
    if cycle is None:
        return render_template("depot/no_cycle.html")
    wall = "wall" in request.args
    page = render_template(
        "depot/board.html",
        board=board_for(asker(), cycle.id),
        orders=purchase_orders_for(asker(), cycle.id),
        shortages=shortages_for(asker(), cycle.id),
        refusals=refusals_for(asker(), cycle.id, limit=3),
        wall=wall,
    )
    response = make_response(page)
    if wall:
        response.headers["Refresh"] = WALL_SECONDS
    return response


@pages.get("/shortages")
@audience(Role.DEPOT, Role.COORDINATOR)
def shortages() -> str:
    """Show what is short and how it was shared out."""
    cycle = cycle_or_404()
    return render_template("depot/shortages.html", cycle=cycle, shortages=shortages_for(asker(), cycle.id))
