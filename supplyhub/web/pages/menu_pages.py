"""A grid lead's menu pages: make it, look at the draft, publish it, edit it in public, hang it up, close it."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for

from supplyhub.catalog.editing import withdraw_item
from supplyhub.catalog.errors import EditsOverError, ItemWithdrawnError
from supplyhub.catalog.queries import edits_of, items_of, menus_for
from supplyhub.catalog.states import MenuMode
from supplyhub.depot.cases import fillings_of
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.ordering.doors import contacts_for
from supplyhub.ordering.withdrawals import demand_for, doors_withdrawn_from, units_asked
from supplyhub.payments.errors import PaymentOffError
from supplyhub.people.states import Role
from supplyhub.reports.cards import PublicUrlError
from supplyhub.reports.poster import poster_pdf
from supplyhub.web import publishing
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted
from supplyhub.web.pages import menu_editing, menu_making
from supplyhub.web.pages.folding import folds_of
from supplyhub.web.pages.search import LONGEST, finds

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

pages = Blueprint("menu_pages", __name__, url_prefix="/grid")


@pages.route("/publish", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def publish() -> str | Response | tuple[str, int]:
    """Make the menu: choose from offers, set price, quantity and cap; a draft until it is published."""
    cycle = menu_making.open_cycle_of(asker())
    found = menu_making.newest_menu(asker())
    if cycle is None or (found is not None and found.cycle_id == cycle.id and found.state != "draft"):
        return redirect(url_for("menu_pages.published") if found and found.state != "draft" else url_for("grid.today"))
    if request.method == "POST":
        draft = menu_making.read(asker(), cycle, request.form)
        if not draft.wrong:
            menu_making.save(asker(), cycle, draft)
            return redirect(url_for("menu_pages.preview"), HTTPStatus.SEE_OTHER)
        return _form(cycle, draft), HTTPStatus.UNPROCESSABLE_ENTITY
    draft = menu_making.draft(asker(), cycle, copy="copy" in request.args)
    return _form(cycle, draft)


@pages.route("/preview", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def preview() -> str | Response:
    """Show the draft as households will see it; publish it."""
    found = menu_making.newest_menu(asker())
    if found is None or found.state != "draft":
        return redirect(url_for("menu_pages.published"))
    if request.method == "POST":
        try:
            publishing.publish(asker(), found.id)
            flash(_("发布了。把下面的接龙发到群里。"), "done")
        except PaymentOffError:
            flash(_("没有发布：网上付款现在关着。请换一种付钱的办法，再存一次。"), "problem")
            return redirect(url_for("menu_pages.publish"), HTTPStatus.SEE_OTHER)
        except (ConflictError, InvalidError):
            flash(_("没有发布：菜单刚刚改过，请再看一遍。"), "problem")
        return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)
    return render_template("grid/preview.html", menu=found, items=items_of(found.id))


@pages.get("/menu")
@audience(Role.GRID_LEAD)
def published() -> str | Response:
    """Show the published menu: what is left of what, what was changed, whom to call, the text for the group."""
    found = next((menu for menu in menus_for(asker(), limit=5) if menu.state != "draft"), None)
    if found is None:
        return redirect(url_for("menu_pages.publish"))
    doors, items, find = doors_withdrawn_from(found.id), items_of(found.id), request.args.get("q", "")[:LONGEST]
    return render_template(
        "grid/published.html",
        menu=found,
        editable=menu_editing.editable(found),
        items=items,
        find=find,
        folds=folds_of((item for item in items if _is_meant(find, item)), searched=bool(find)),
        asked=units_asked(found.id),
        fillings=fillings_of(found) if found.taking_orders else {},
        edits=edits_of(found.id),
        doors=doors,
        contacts=contacts_for(
            asker(), [lines[0].household_id for lines in doors], vault=current_app.extensions["vault"]
        ),
        relay=menu_making.relay(found),
    )


@pages.route("/menu/<int:menu_id>/items/<int:item_id>", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def edit(menu_id: int, item_id: int) -> str | Response | tuple[str, int]:
    """Change an item's price, quantity or cap after the publication, for everybody to see."""
    form = menu_editing.form_of(asker(), menu_id, item_id)
    if not menu_editing.editable(form.menu) or form.item.withdrawn:
        return _over()
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            changed = menu_editing.save(asker(), form, request.form)
        except (EditsOverError, ItemWithdrawnError):
            return _over()
        if not form.wrong:
            flash(_("改好了，写在菜单的改动里。") if changed else _("和原来一样，没有改动。"), "done")
            return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    edits = [edit for edit in edits_of(menu_id) if edit.item_id == item_id]
    return render_template(
        "grid/edit.html",
        form=form,
        demand=demand_for(item_id),
        edits=edits,
        filling=fillings_of(form.menu).get(item_id),
    ), status


@pages.route("/menu/<int:menu_id>/items/<int:item_id>/late", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def late(menu_id: int, item_id: int) -> str | Response | tuple[str, int]:
    """Let an item be ordered longer than the rest of the menu, so that its case gets full, for everybody to see."""
    form = menu_editing.late_form_of(asker(), menu_id, item_id)
    if not menu_editing.editable(form.menu) or form.item.withdrawn or form.menu.mode == MenuMode.DRAW:
        return _over()
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            changed = menu_editing.save_late(asker(), form, request.form)
        except (EditsOverError, ItemWithdrawnError):
            return _over()
        if not form.wrong:
            flash(_("改好了，写在菜单的改动里。") if changed else _("和原来一样，没有改动。"), "done")
            return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render_template("grid/late.html", form=form, filling=fillings_of(form.menu).get(item_id)), status


@pages.route("/menu/<int:menu_id>/items/<int:item_id>/withdraw", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def withdraw(menu_id: int, item_id: int) -> str | Response:
    """Take an item off the menu, after saying whom that concerns."""
    form = menu_editing.form_of(asker(), menu_id, item_id)
    if not menu_editing.editable(form.menu) or form.item.withdrawn:
        return _over()
    if request.method != "POST":
        return render_template("grid/withdraw.html", form=form, demand=demand_for(item_id))
    try:
        done = withdraw_item(asker(), menu_id, item_id)
    except EditsOverError:
        return _over()
    flash(
        _("下架了。订了的住户在自己的订单上会看到，要紧的打个电话。") if done.orders else _("下架了，没有人订过。"),
        "done",
    )
    return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)


@pages.get("/menu/<int:menu_id>/poster")
@audience(Role.GRID_LEAD)
def poster(menu_id: int) -> Response:
    """Print the poster with the QR code of the menu."""
    try:
        pdf = poster_pdf(asker(), menu_id, public_url=current_app.extensions["settings"].public_url)
    except PublicUrlError:
        flash(_("没有印：PUBLIC_URL 现在是本机地址，别人的手机扫了打不开。请管服务器的人设好，再来印。"), "problem")
        return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)
    return send_file(BytesIO(pdf), "application/pdf", as_attachment=True, download_name=f"menu-{menu_id}.pdf")


@pages.route("/menu/<int:menu_id>/close", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def close(menu_id: int) -> str | Response:
    """Bring the cut-off forward to now, after asking once more."""
    found = menu_making.menu_for(asker(), menu_id)
    if request.method != "POST" and found.taking_orders:
        return render_template("grid/close.html", menu=found)
    if request.method == "POST":
        _say_closed(menu_making.close_menu(asker(), menu_id))
    return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)


def _say_closed(waiting: int) -> None:
    """Say that a menu closed, or that it waits for orders that are being paid."""
    if waiting:
        flash(counted("不再接单了。还有 %(figure)s 户在付钱，付好了或者过了时间，就自动截单。", waiting), "attention")
    else:
        flash(_("截单了。订单正在编号，采购单马上就出。"), "done")


def _form(cycle: Row[Any], draft: menu_making.Draft) -> str:
    return render_template("grid/publish.html", cycle=cycle, draft=draft, pays_online=publishing.pays_online())


def _is_meant(find: str, item: Row[Any]) -> bool:
    return find == str(item.position) or finds(find, [item.name_zh, item.pinyin or "", item.name_en or ""])


def _over() -> Response:
    flash(_("没有改：已经截单，或者这样已经下架了。"), "problem")
    return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)
