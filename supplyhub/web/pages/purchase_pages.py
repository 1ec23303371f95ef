"""The pages of buying: what is bought on each platform, sent to it, confirmed by it, and settled."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for

from supplyhub.catalog.platforms import platforms_for, set_minimum_order
from supplyhub.depot import commands
from supplyhub.depot.errors import BelowMinimumError
from supplyhub.depot.purchase_queries import purchase_order_for, purchase_orders_for
from supplyhub.depot.sheets import read_confirmation
from supplyhub.depot.states import PURCHASE_MOVES, PurchaseState
from supplyhub.errors import ConflictError
from supplyhub.files import FileRefusedError
from supplyhub.people.states import Role
from supplyhub.reports.purchase import purchase_csv, purchase_pdf, purchase_sheet, purchase_text, purchase_xlsx
from supplyhub.web.audience import asker, audience
from supplyhub.web.file_faults import faults_of
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import money
from supplyhub.web.pages import confirming
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from supplyhub.depot.purchase_queries import PurchaseOrderView
    from supplyhub.reports.purchase import PurchaseSheet
    from supplyhub.web.pages.confirming import Confirmation

pages = Blueprint("purchase", __name__, url_prefix="/depot/purchase")

FILES: dict[str, tuple[str, Callable[[PurchaseSheet], bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", purchase_xlsx),
    "csv": ("text/csv", purchase_csv),
    "pdf": ("application/pdf", purchase_pdf),
}
CONFIRMABLE = {state for state, action in PURCHASE_MOVES if action == "confirm"}
RECEIVABLE = {state for state, action in PURCHASE_MOVES if action == "receive"}


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def orders() -> str:
    """List the cycle's purchase orders."""
    cycle = cycle_or_404()
    found = purchase_orders_for(asker(), cycle.id)
    return render_template("depot/purchase.html", cycle=cycle, orders=found, receivable=RECEIVABLE)


@pages.get("/<int:order_id>")
@audience(Role.DEPOT, Role.COORDINATOR)
def order(order_id: int) -> str:
    """Show a purchase order: its lines, what to send, what the platform answered."""
    view = purchase_order_for(asker(), order_id)
    return _order_page(view, confirming.before(view))


@pages.post("/<int:order_id>/send")
@audience(Role.DEPOT, Role.COORDINATOR)
def send(order_id: int) -> Response:
    """Note that a purchase order went out; below the platform's least only when that is said."""
    found = purchase_order_for(asker(), order_id).order
    back = url_for("purchase.orders", cycle=found.cycle_id)
    try:
        commands.send_purchase_order(asker(), order_id, below_minimum="below_minimum" in request.form)
        flash(_("%(platform)s平台的采购单记为已发出。", platform=found.platform), "done")
    except BelowMinimumError as short:
        least = money(int(str(short.data["minimum_order_fen"])))
        flash(_("没有记：不到起订额 %(least)s。和平台说好了再发。", least=least), "attention")
        back = url_for("purchase.order", order_id=order_id)
    except ConflictError:
        flash(_("这张采购单已经发出过了。"), "problem")
    return redirect(back, HTTPStatus.SEE_OTHER)


@pages.post("/<int:order_id>/confirm")
@audience(Role.DEPOT, Role.COORDINATOR)
def confirm(order_id: int) -> str | Response | tuple[str, int]:
    """Note what the platform confirmed, line by line."""
    view = purchase_order_for(asker(), order_id)
    found = confirming.read(view, request.form)
    if found.wrong:
        return _order_page(view, found), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        commands.confirm_purchase_order(asker(), order_id, found.lines)
        flash(_("平台的答复记下了。"), "done")
    except ConflictError:
        flash(_("没有记：货已经开始到了，按数到的算。"), "problem")
    return redirect(url_for("purchase.order", order_id=order_id), HTTPStatus.SEE_OTHER)


@pages.post("/<int:order_id>/confirm-file")
@audience(Role.DEPOT, Role.COORDINATOR)
def confirm_file(order_id: int) -> str | Response | tuple[str, int]:
    """Note what the platform filled into the table."""
    view = purchase_order_for(asker(), order_id)
    given = request.files.get("answer")
    if given is None or not given.filename:
        return _order_page(view, confirming.before(view), _("请选平台发回来的表。")), HTTPStatus.UNPROCESSABLE_ENTITY
    name = given.filename[-100:]
    try:
        commands.confirm_from_sheet(asker(), order_id, read_confirmation(given.read(), file=name), file=name)
        flash(_("平台的答复记下了。"), "done")
    except FileRefusedError as refusal:
        page = _order_page(view, confirming.before(view), _("一行都没记。照下面改好，再选一次。"), refusal)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except ConflictError:
        flash(_("没有记：货已经开始到了，按数到的算。"), "problem")
    return redirect(url_for("purchase.order", order_id=order_id), HTTPStatus.SEE_OTHER)


@pages.post("/<int:order_id>/close")
@audience(Role.COORDINATOR)
def close(order_id: int) -> Response:
    """Note that a purchase order is settled."""
    try:
        commands.close_purchase_order(asker(), order_id)
        flash(_("这张采购单结清了。"), "done")
    except ConflictError:
        flash(_("还不能结清：要先收完货。"), "problem")
    return redirect(url_for("purchase.order", order_id=order_id), HTTPStatus.SEE_OTHER)


@pages.get("/<int:order_id>/file.<any(xlsx, csv, pdf):kind>")
@audience(Role.DEPOT, Role.COORDINATOR)
def file(order_id: int, kind: str) -> Response:
    """Return a purchase order as a file for its platform."""
    mimetype, write = FILES[kind]
    sheet = purchase_sheet(asker(), order_id)
    name = f"{sheet.file_name}.{kind}"
    return send_file(BytesIO(write(sheet)), mimetype, as_attachment=True, download_name=name)


@pages.route("/platforms", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def platforms() -> str | Response | tuple[str, int]:
    """Show and set what an order on each platform must come to."""
    found = platforms_for(asker())
    form = Form(request.form.to_dict())
    if request.method != "POST":
        return render_template("depot/platforms.html", platforms=found, form=form)
    least = {platform.id: form.fen(f"least_{platform.id}") for platform in found}
    if form.wrong:
        page = render_template("depot/platforms.html", platforms=found, form=form)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    for platform in found:
        fen = least[platform.id]
        if fen is not None and fen != platform.minimum_order_fen:
            set_minimum_order(asker(), platform.id, fen)
    flash(_("起订额存好了。"), "done")
    return redirect(url_for("purchase.orders"), HTTPStatus.SEE_OTHER)


def _order_page(
    view: PurchaseOrderView, confirmation: Confirmation, fault: str = "", refusal: FileRefusedError | None = None
) -> str:
    sheet = purchase_sheet(asker(), view.order.id)
    return render_template(
        "depot/purchase_order.html",
        view=view,
        confirmation=confirmation,
        confirmable=view.order.state in CONFIRMABLE,
        receivable=view.order.state in RECEIVABLE,
        answered=view.order.state not in {PurchaseState.DRAFT, PurchaseState.SENT},
        fault=fault,
        problems=faults_of(refusal) if refusal else [],
        text=purchase_text(sheet),
    )
