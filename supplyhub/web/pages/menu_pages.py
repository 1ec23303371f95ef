"""A grid lead's menu pages: make it, look at the draft, publish it, close it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.catalog.queries import menus_for
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages import menu_making

if TYPE_CHECKING:
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
        return render_template("grid/publish.html", cycle=cycle, draft=draft), HTTPStatus.UNPROCESSABLE_ENTITY
    draft = menu_making.draft(asker(), cycle, copy="copy" in request.args)
    return render_template("grid/publish.html", cycle=cycle, draft=draft)


@pages.route("/preview", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def preview() -> str | Response:
    """Show the draft as households will see it; publish it."""
    found = menu_making.newest_menu(asker())
    if found is None or found.state != "draft":
        return redirect(url_for("menu_pages.published"))
    if request.method == "POST":
        try:
            menu_making.publish(asker(), found.id)
            flash(_("发布了。把下面的接龙发到群里。"), "done")
        except (ConflictError, InvalidError):
            flash(_("没有发布：菜单刚刚改过，请再看一遍。"), "problem")
        return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)
    return render_template("grid/preview.html", menu=found, items=menu_making.shown_items(found.id))


@pages.get("/menu")
@audience(Role.GRID_LEAD)
def published() -> str | Response:
    """Show the published menu: what is left of what, the text for the group."""
    found = next((menu for menu in menus_for(asker(), limit=5) if menu.state != "draft"), None)
    if found is None:
        return redirect(url_for("menu_pages.publish"))
    return render_template(
        "grid/published.html",
        menu=found,
        items=menu_making.shown_items(found.id),
        relay=menu_making.relay(found),
    )


@pages.route("/menu/<int:menu_id>/close", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def close(menu_id: int) -> str | Response:
    """Bring the cut-off forward to now, after asking once more."""
    found = menu_making.menu_for(asker(), menu_id)
    if request.method != "POST" and found.taking_orders:
        return render_template("grid/close.html", menu=found)
    if request.method == "POST":
        menu_making.close_menu(asker(), menu_id)
        flash(_("截单了。订单正在编号，采购单马上就出。"), "done")
    return redirect(url_for("menu_pages.published"), HTTPStatus.SEE_OTHER)
