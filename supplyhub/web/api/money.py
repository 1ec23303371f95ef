"""A cycle's money, for coordinators: sums, covers, credits, refunds by hand, and our books beside the gateway's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import as_dict
from supplyhub.depot.commands import crediting
from supplyhub.payments.commands import cash_refunds, covers, reconciling
from supplyhub.payments.money_queries import refunds_for
from supplyhub.payments.reconciling import comparison_for
from supplyhub.payments.schemas_money import (
    CoverIn,
    CreditIn,
    CreditStateOut,
    CycleMoneyOut,
    CycleRefundOut,
    ReconciliationIdOut,
    ReconciliationOut,
    SpanIn,
)
from supplyhub.payments.sums import sums_for, total, waiting_in
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

if TYPE_CHECKING:
    from supplyhub.payments.reconciling import Comparison

blp = Blueprint("cycle_money", __name__, url_prefix="/api/v1", description="The money of a cycle")


@blp.route("/cycles/<int:cycle_id>/money")
@blp.response(200, CycleMoneyOut)
@audience(Role.COORDINATOR)
def money(cycle_id: int) -> dict[str, Any]:
    """Return what the books of a cycle come to, and what of it waits for somebody."""
    return total(sums_for(asker(), cycle_id)) | as_dict(waiting_in(asker(), cycle_id))


@blp.route("/cycles/<int:cycle_id>/refunds")
@blp.response(200, CycleRefundOut(many=True))
@audience(Role.COORDINATOR)
def refunds(cycle_id: int) -> list[Any]:
    """List the refunds of a cycle: those to be handed out first, then those on their way, then the rest."""
    return refunds_for(asker(), cycle_for(asker(), cycle_id).id)


@blp.route("/refunds/<int:refund_id>/agree", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def agree(refund_id: int) -> None:
    """Agree, as the second person, that much cash is handed out."""
    cash_refunds.agree_to_cash(asker(), refund_id)


@blp.route("/refunds/<int:refund_id>/hand-out", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def hand_out(refund_id: int) -> None:
    """Write that the cash of a refund was handed out."""
    cash_refunds.hand_out_cash(asker(), refund_id)


@blp.route("/orders/<int:order_id>/cover", methods=["PUT"])
@blp.arguments(CoverIn)
@blp.response(204)
@audience(Role.COORDINATOR)
def cover(payload: dict[str, Any], order_id: int) -> None:
    """Let hardship help or donations pay what an order owes; again changes nothing."""
    covers.cover_order(asker(), order_id, payload["source"])


@blp.route("/orders/<int:order_id>/cover", methods=["DELETE"])
@blp.response(204)
@audience(Role.COORDINATOR)
def end_cover(order_id: int) -> None:
    """End an order's cover: its household owes again what was covered."""
    covers.end_cover(asker(), order_id)


@blp.route("/orders/<int:order_id>/credits", methods=["POST"])
@blp.arguments(CreditIn)
@blp.response(201, CreditStateOut)
@audience(Role.COORDINATOR)
def credit(payload: dict[str, Any], order_id: int) -> dict[str, Any]:
    """Make an order cheaper; much waits for a second person."""
    return {"state": crediting.ask_credit(asker(), order_id, **payload)}


@blp.route("/credits/<int:credit_id>/give", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def give_credit(credit_id: int) -> None:
    """Give a credit that another one asked for."""
    crediting.give_credit(asker(), credit_id)


@blp.route("/credits/<int:credit_id>/refuse", methods=["POST"])
@blp.response(204)
@audience(Role.COORDINATOR)
def refuse_credit(credit_id: int) -> None:
    """Turn a credit down."""
    crediting.refuse_credit(asker(), credit_id)


@blp.route("/reconciliations", methods=["POST"])
@blp.arguments(SpanIn)
@blp.response(202, ReconciliationIdOut)
@audience(Role.COORDINATOR)
def ask(payload: dict[str, Any]) -> dict[str, int]:
    """Have our books laid beside the gateway's; a worker reads them."""
    return {"id": reconciling.ask_reconciliation(asker(), payload["from_at"], payload["to_at"])}


@blp.route("/reconciliations/<int:reconciliation_id>")
@blp.response(200, ReconciliationOut)
@audience(Role.COORDINATOR)
def reconciliation(reconciliation_id: int) -> Comparison:
    """Return both books over the span that was asked for, and every row that doesn't match."""
    return comparison_for(asker(), reconciliation_id)
