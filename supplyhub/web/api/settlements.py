"""Settlements grid by grid, volunteers' cash ticket by ticket, credits that wait for a second person."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.payments.money_queries import credits_asked
from supplyhub.payments.schemas_settlement import CreditOut, SettlementOut, TicketCashOut
from supplyhub.payments.sums import cash_of_cycle, sums_for
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

blp = Blueprint("settlements", __name__, url_prefix="/api/v1", description="Settlements and cash")


@blp.route("/cycles/<int:cycle_id>/settlements")
@blp.response(200, SettlementOut(many=True))
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def settlements(cycle_id: int) -> list[Any]:
    """List what each grid's cycle comes to; a lead's own grid only. Covers are a sum, never whose."""
    return sums_for(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/cycles/<int:cycle_id>/cash")
@blp.response(200, TicketCashOut(many=True))
@audience(Role.GRID_LEAD, Role.DEPOT, Role.COORDINATOR)
def cash(cycle_id: int) -> list[Any]:
    """List the tickets on which money was taken, and what of it was counted; a lead's own grid only."""
    return cash_of_cycle(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/cycles/<int:cycle_id>/credits")
@blp.response(200, CreditOut(many=True))
@audience(Role.COORDINATOR)
def credits_to_decide(cycle_id: int) -> list[Any]:
    """List the credits that wait for a second person, the oldest first."""
    return credits_asked(asker(), cycle_for(asker(), cycle_id).id)
