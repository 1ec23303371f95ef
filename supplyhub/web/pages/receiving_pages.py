"""The pages of receiving: what a truck brought is counted in, and one day that is all."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.depot import commands
from supplyhub.depot.purchase_queries import purchase_lines_of, purchase_order_for, purchase_orders_for
from supplyhub.errors import ConflictError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages import receiving
from supplyhub.web.pages.cycles import cycle_or_404

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("receiving", __name__, url_prefix="/depot/receive")


@pages.route("/<int:order_id>", methods=["GET", "POST"])
@audience(Role.DEPOT)
def receive(order_id: int) -> str | Response | tuple[str, int]:
    """Count what a truck brought, line by line."""
    view = purchase_order_for(asker(), order_id)
    if request.method != "POST":
        return render_template("depot/receive.html", view=view, count=receiving.empty(view))
    count = receiving.read(view, request.form)
    if "receive" in request.form and not count.wrong:
        receiving.enter(asker(), view, count)
    if count.wrong or "receive" not in request.form:
        page = render_template("depot/receive.html", view=view, count=count)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY if count.wrong else HTTPStatus.OK
    flash(_("入库了：%(lines)s 种，%(units)s 件。", lines=len(count.lines), units=count.units), "done")
    return redirect(url_for("purchase.orders", cycle=view.order.cycle_id), HTTPStatus.SEE_OTHER)


@pages.route("/finish", methods=["GET", "POST"])
@audience(Role.DEPOT)
def finish() -> str | Response:
    """End receiving, after showing what is still behind; then the goods are shared out."""
    cycle = cycle_or_404()
    orders = purchase_orders_for(asker(), cycle.id)
    if request.method != "POST":
        lines = purchase_lines_of([order.id for order in orders])
        behind = [line for line in lines if line.received < line.quantity]
        return render_template("depot/finish.html", cycle=cycle, orders=orders, behind=behind)
    try:
        commands.finish_receiving(asker(), cycle.id)
        flash(_("收货结束。正在分货，马上就能装袋。"), "done")
    except ConflictError:
        flash(_("还不能结束：有采购单没发出。"), "problem")
    return redirect(url_for("staging.board", cycle=cycle.id), HTTPStatus.SEE_OTHER)
