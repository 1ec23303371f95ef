"""The pages of receiving: what a truck brought is counted in, and one day that is all."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from supplyhub.catalog.states import CycleState
from supplyhub.depot import commands
from supplyhub.depot.delivery_note import read_delivery_note
from supplyhub.depot.purchase_queries import purchase_lines_of, purchase_order_for, purchase_orders_for
from supplyhub.depot.receipt_queries import damaged_of, photo_of_fault, products_for, receipt_for, receipts_for
from supplyhub.depot.states import LotPurpose, ReceiptKind
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.files import FileRefusedError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.file_faults import faults_of
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages import extra_goods, faults, receiving
from supplyhub.web.pages.cycles import cycle_or_404

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from supplyhub.depot.purchase_queries import PurchaseOrderView
    from supplyhub.web.pages.extra_goods import Extra
    from supplyhub.web.pages.receiving import Count

pages = Blueprint("receiving", __name__, url_prefix="/depot/receive")

SHEET_NAME = 60


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def home() -> str:
    """Show what is still to come, and what has come by which note."""
    cycle = cycle_or_404()
    return render_template(
        "depot/receiving.html",
        cycle=cycle,
        orders=purchase_orders_for(asker(), cycle.id),
        receipts=receipts_for(asker(), cycle.id),
    )


@pages.route("/<int:order_id>", methods=["GET", "POST"])
@audience(Role.DEPOT)
def receive(order_id: int) -> str | AnyResponse | tuple[str, int]:
    """Count what a truck brought: scan or choose a product, type how many; Enter goes on."""
    view = purchase_order_for(asker(), order_id)
    if request.method != "POST":
        return _counting(view, receiving.empty(view))
    if "receive" not in request.form and (moved := receiving.go_on(view, request.form)):
        return _counting(view, moved)
    count = receiving.read(view, request.form)
    receipt = receiving.enter(asker(), view, count) if "receive" in request.form and not count.wrong else None
    if receipt is None:
        return _counting(view, count)
    kinds = len({line.line_id for line in count.lines})
    flash(_taken_in(kinds, count.units), "done")
    return redirect(url_for("receiving.receipt", receipt_id=receipt), HTTPStatus.SEE_OTHER)


@pages.post("/<int:order_id>/sheet")
@audience(Role.DEPOT)
def sheet(order_id: int) -> str | tuple[str, int]:
    """Fill the counting form from a delivery note (Excel, CSV); nothing is entered yet."""
    view = purchase_order_for(asker(), order_id)
    file = request.files.get("sheet")
    if file is None or not file.filename:
        return _counting(view, receiving.empty(view), problems=[_("请先选一个文件。")])
    name = file.filename[:SHEET_NAME]
    try:
        rows = read_delivery_note(file.stream.read(), file=name)
    except FileRefusedError as error:
        return _counting(view, receiving.empty(view), problems=faults_of(error))
    return _counting(view, receiving.from_note(view, rows, request.form.get("note", "").strip()))


@pages.route("/extra/<kind>", methods=["GET", "POST"])
@audience(Role.DEPOT)
def extra(kind: str) -> str | AnyResponse | tuple[str, int]:
    """Take in goods that nobody ordered, or a donation."""
    if kind not in {ReceiptKind.UNEXPECTED, ReceiptKind.DONATION}:
        raise NotFoundError("no such kind of receipt", kind=kind)
    cycle, of = cycle_or_404(), ReceiptKind(kind)
    if request.method != "POST":
        return _accepting(cycle, extra_goods.fresh(of))
    if "another" in request.form:
        return _accepting(cycle, extra_goods.another(of, request.form))
    given = extra_goods.read(asker(), of, request.form)
    entered = extra_goods.enter(asker(), cycle.id, given) if "accept" in request.form and not given.wrong else None
    if entered is None:
        return _accepting(cycle, given)
    flash(_taken_in(len(given.goods), given.units), "done")
    if given.sender.purpose == LotPurpose.CARE:
        flash(
            _("专班会在截单前发给要照顾的户。")
            if cycle.state == CycleState.ORDERING
            else _("这一期已经截单：给要照顾的户的，留给下一期。"),
            "note",
        )
    return redirect(url_for("receiving.receipt", receipt_id=entered), HTTPStatus.SEE_OTHER)


@pages.get("/receipts/<int:receipt_id>")
@audience(Role.DEPOT, Role.COORDINATOR)
def receipt(receipt_id: int) -> str:
    """Show what came by a note, and what was wrong with it."""
    view = receipt_for(asker(), receipt_id)
    return render_template("depot/receipt.html", view=view, form=faults.empty(view))


@pages.post("/receipts/<int:receipt_id>/faults")
@audience(Role.DEPOT)
def note_fault(receipt_id: int) -> AnyResponse | tuple[str, int]:
    """Note what was damaged, wrong or sent back, with a photo."""
    view = receipt_for(asker(), receipt_id)
    form = faults.read(view, request.form)
    faults.enter(asker(), view, form, request.files.get("photo"))
    if form.wrong:
        return render_template("depot/receipt.html", view=view, form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("记下了。"), "done")
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id), HTTPStatus.SEE_OTHER)


@pages.get("/faults/<int:fault_id>/photo")
@audience(Role.DEPOT, Role.COORDINATOR)
def photo(fault_id: int) -> Response:
    """Show the photo of a fault."""
    found = photo_of_fault(asker(), fault_id)
    return Response(found.content, mimetype=found.media_type, headers={"Content-Disposition": "inline"})


@pages.route("/finish", methods=["GET", "POST"])
@audience(Role.DEPOT)
def finish() -> str | AnyResponse:
    """End receiving, after showing what is still behind; then the goods are shared out."""
    cycle = cycle_or_404()
    orders = purchase_orders_for(asker(), cycle.id)
    if request.method != "POST":
        lines = purchase_lines_of([order.id for order in orders])
        behind = [line for line in lines if line.received < line.expected]
        return render_template("depot/finish.html", cycle=cycle, orders=orders, behind=behind)
    try:
        if commands.finish_receiving(asker(), cycle.id):
            flash(_("收货结束。正在分货，马上就能装袋。"), "done")
        else:
            flash(_("收货结束。有的不够分：先定怎么分，再装袋。"), "attention")
            return redirect(url_for("shortage.shortages", cycle=cycle.id), HTTPStatus.SEE_OTHER)
    except ConflictError:
        flash(_("还不能结束：有采购单没发出。"), "problem")
    return redirect(url_for("staging.board", cycle=cycle.id), HTTPStatus.SEE_OTHER)


def _taken_in(kinds: int, units: int) -> str:
    return _("入库了：%(kinds)s，%(units)s。", kinds=n_("%(figure)s 种", kinds), units=n_("%(figure)s 件", units))


def _counting(view: PurchaseOrderView, count: Count, *, problems: Sequence[str] = ()) -> tuple[str, int]:
    # Where something is wrong, there the hands go on.
    count.aim = next((name for name in count.wrong if name != "lines"), count.aim)
    page = render_template(
        "depot/receive.html", view=view, count=count, damaged=damaged_of(view.order.id), problems=problems
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if count.wrong or problems else HTTPStatus.OK


def _accepting(cycle: object, given: Extra) -> tuple[str, int]:
    page = render_template("depot/extra.html", cycle=cycle, extra=given, products=products_for(asker()))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if given.wrong else HTTPStatus.OK
