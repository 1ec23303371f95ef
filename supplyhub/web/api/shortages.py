"""What is short, what each policy would make of it, and the decision."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.depot import commands, queries
from supplyhub.depot.schemas_shortage import (
    AnswerIn,
    CallsQuery,
    OutcomeOut,
    PolicyIn,
    ShortageAheadOut,
    ShortageOut,
    ShortCallOut,
)
from supplyhub.depot.shortage import outcomes_of, shortages_ahead
from supplyhub.depot.shortage_doors import calls_for
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

blp = Blueprint("shortages", __name__, url_prefix="/api/v1", description="Sharing out what came too little")
CALLS_A_PAGE = 100


@blp.route("/cycles/<int:cycle_id>/shortages")
@blp.response(200, ShortageOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def shortages(cycle_id: int) -> list[Any]:
    """List what was short, the largest gap first; empty until it was shared out."""
    return queries.shortages_for(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/cycles/<int:cycle_id>/shortages-ahead")
@blp.response(200, ShortageAheadOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def ahead(cycle_id: int) -> list[Any]:
    """List what is short and not shared out yet, the largest gap first; empty before receiving is finished."""
    return shortages_ahead(asker(), cycle_id)


@blp.route("/cycles/<int:cycle_id>/shortages/<int:product_id>/outcomes")
@blp.response(200, OutcomeOut(many=True))
@audience(Role.DEPOT, Role.COORDINATOR)
def outcomes(cycle_id: int, product_id: int) -> list[Any]:
    """Return what each policy would make of a short product; nothing is changed."""
    return list(outcomes_of(cycle_for(asker(), cycle_id).id, product_id).values())


@blp.route("/cycles/<int:cycle_id>/shortages/<int:product_id>/policy", methods=["PUT"])
@blp.arguments(PolicyIn)
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def choose(payload: dict[str, Any], cycle_id: int, product_id: int) -> None:
    """Say how a short product will be shared out."""
    commands.choose_policy(asker(), cycle_id, product_id, payload["policy"])


@blp.route("/cycles/<int:cycle_id>/share", methods=["POST"])
@blp.response(204)
@audience(Role.DEPOT, Role.COORDINATOR)
def share(cycle_id: int) -> None:
    """Have the goods shared out, each short product by its policy; a second call changes nothing."""
    commands.decide_shares(asker(), cycle_id)


@blp.route("/cycles/<int:cycle_id>/short-calls")
@blp.arguments(CallsQuery, location="query")
@blp.response(200, ShortCallOut(many=True))
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def short_calls(query: dict[str, int], cycle_id: int) -> list[Any]:
    """List the lines that wanted a call and would be short, those without an answer first; a lead gets the own grid's."""
    return calls_for(asker(), cycle_id, limit=CALLS_A_PAGE, offset=(query["page"] - 1) * CALLS_A_PAGE)


@blp.route("/orders/<int:order_id>/lines/<int:item_id>/answer", methods=["PUT"])
@blp.arguments(AnswerIn)
@blp.response(204)
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def answer(payload: dict[str, Any], order_id: int, item_id: int) -> None:
    """Note what a household said about a line that asked for a call."""
    commands.answer_call(asker(), order_id=order_id, item_id=item_id, answer=payload["answer"])
