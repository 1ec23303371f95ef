"""The pages of buying: what is bought on each platform, and what became of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for

from supplyhub.depot import commands
from supplyhub.depot.purchase_queries import purchase_lines_of, purchase_order_for, purchase_orders_for
from supplyhub.errors import ConflictError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import cycle_or_404

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("purchase", __name__, url_prefix="/depot/purchase")


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def orders() -> str:
    """List the cycle's purchase orders."""
    cycle = cycle_or_404()
    found = purchase_orders_for(asker(), cycle.id)
    lines = purchase_lines_of([order.id for order in found])
    return render_template(
        "depot/purchase.html",
        cycle=cycle,
        orders=found,
        behind=[line for line in lines if line.received < line.quantity],
    )


@pages.post("/<int:order_id>/send")
@audience(Role.DEPOT, Role.COORDINATOR)
def send(order_id: int) -> Response:
    """Note that a purchase order went out."""
    order = purchase_order_for(asker(), order_id).order
    try:
        commands.send_purchase_order(asker(), order_id)
        flash(_("%(platform)s平台的采购单记为已发出。", platform=order.platform), "done")
    except ConflictError:
        flash(_("这张采购单已经发出过了。"), "problem")
    return redirect(url_for("purchase.orders", cycle=order.cycle_id), HTTPStatus.SEE_OTHER)
