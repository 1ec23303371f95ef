"""The depot's pages: the board, buying and receiving, shortages, packing."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from supplyhub.catalog.states import CycleState
from supplyhub.delivery.board import board_for
from supplyhub.delivery.queries import refusals_for
from supplyhub.depot import commands
from supplyhub.depot.queries import (
    batch_for,
    batches_for,
    parcels_of,
    pick_list_of,
    purchase_lines_of,
    purchase_order_for,
    purchase_orders_for,
    shortages_for,
)
from supplyhub.depot.states import ParcelState
from supplyhub.errors import ConflictError, HubError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages import receiving
from supplyhub.web.pages.cycles import chosen_cycle
from supplyhub.web.pages.depot_words import why_not_packed

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("staging", __name__, url_prefix="/depot")

UNDER_WAY = (CycleState.STAGING, CycleState.PROCURING, CycleState.ORDERING)
CODES_AT_ONCE = 1000
WALL_SECONDS = "30"


def cycle_or_404() -> Any:
    """Return the cycle that the depot works on. Raises NotFoundError before the first."""
    found = chosen_cycle(asker(), *UNDER_WAY)
    if found is None:
        raise NotFoundError("there is no cycle yet")
    return found


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


@pages.get("/purchase")
@audience(Role.DEPOT, Role.COORDINATOR)
def purchase() -> str:
    """List the cycle's purchase orders."""
    cycle = cycle_or_404()
    orders = purchase_orders_for(asker(), cycle.id)
    lines = purchase_lines_of([order.id for order in orders])
    return render_template(
        "depot/purchase.html",
        cycle=cycle,
        orders=orders,
        behind=[line for line in lines if line.received < line.quantity],
    )


@pages.post("/purchase/<int:order_id>/send")
@audience(Role.DEPOT, Role.COORDINATOR)
def send(order_id: int) -> Response:
    """Note that a purchase order went out."""
    order = purchase_order_for(asker(), order_id).order
    try:
        commands.send_purchase_order(asker(), order_id)
        flash(_("%(platform)s平台的采购单记为已发出。", platform=order.platform), "done")
    except ConflictError:
        flash(_("这张采购单已经发出过了。"), "problem")
    return redirect(url_for("staging.purchase", cycle=order.cycle_id), HTTPStatus.SEE_OTHER)


@pages.route("/purchase/<int:order_id>", methods=["GET", "POST"])
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
    return redirect(url_for("staging.purchase", cycle=view.order.cycle_id), HTTPStatus.SEE_OTHER)


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


@pages.get("/shortages")
@audience(Role.DEPOT, Role.COORDINATOR)
def shortages() -> str:
    """Show what is short and how it was shared out."""
    cycle = cycle_or_404()
    return render_template("depot/shortages.html", cycle=cycle, shortages=shortages_for(asker(), cycle.id))


@pages.get("/pack")
@audience(Role.DEPOT)
def pack_grids() -> str:
    """List the batches, one a grid."""
    cycle = cycle_or_404()
    return render_template("depot/pack_grids.html", cycle=cycle, batches=batches_for(asker(), cycle.id))


@pages.route("/pack/<int:batch_id>", methods=["GET", "POST"])
@audience(Role.DEPOT)
def pack(batch_id: int) -> str | Response | tuple[str, int]:
    """Pack a grid's parcels in walking order: scan a code, or take the next."""
    refusal = ""
    if request.method == "POST":
        try:
            packed = commands.pack(asker(), batch_id, request.form.get("code", "").split()[:CODES_AT_ONCE])
        except HubError as error:
            refusal = why_not_packed(error)
        else:
            words = _("这个网格全装好了") if packed.sealed else _("装好了，还剩 %(left)s 个", left=packed.left)
            flash(words, "done")
            return redirect(url_for("staging.pack", batch_id=batch_id), HTTPStatus.SEE_OTHER)
    parcels = parcels_of(asker(), batch_id, limit=1000)
    page = render_template(
        "depot/pack.html",
        batch=batch_for(asker(), batch_id),
        todo=[parcel for parcel in parcels if parcel.state == ParcelState.PLANNED],
        refusal=refusal,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


@pages.route("/pack/<int:batch_id>/list", methods=["GET", "POST"])
@audience(Role.DEPOT)
def pick_list(batch_id: int) -> str | Response:
    """Show what to bring for a grid; when everything was packed from the list, note it at once."""
    batch = batch_for(asker(), batch_id)
    if request.method == "POST":
        parcels = parcels_of(asker(), batch_id, limit=CODES_AT_ONCE)
        todo = [parcel.code for parcel in parcels if parcel.state == ParcelState.PLANNED]
        try:
            commands.pack(asker(), batch_id, todo)
            flash(_("%(count)s 个包裹都记为装好了。", count=len(todo)), "done")
        except HubError as error:
            flash(why_not_packed(error), "problem")
        return redirect(url_for("staging.pack", batch_id=batch_id), HTTPStatus.SEE_OTHER)
    return render_template("depot/pick_list.html", batch=batch, lines=pick_list_of(asker(), batch_id))
