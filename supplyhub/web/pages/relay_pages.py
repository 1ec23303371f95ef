"""A lead's relay pages: paste the chain, look at what was understood, mend it in place, apply; the other names of products.

The chain holds names and phones: it travels in the form from page to page and is kept nowhere here.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.catalog.alias_commands import LONGEST_ALIAS, AliasRefusedError, add_alias, remove_alias
from supplyhub.catalog.aliases import aliases_for
from supplyhub.catalog.queries import current_menu_for, menu_for
from supplyhub.errors import InvalidError
from supplyhub.ordering.relay.applying import apply_relay, preview_relay
from supplyhub.ordering.relay.books import last_applied
from supplyhub.ordering.relay.sheets import LONGEST_RELAY
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.limits import ORDERING, limiter
from supplyhub.web.looks import figure
from supplyhub.web.pages.relay_view import Paste, SheetView, door_names, pasted
from supplyhub.web.pages.relay_words import FATES
from supplyhub.web.words import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

pages = Blueprint("relay_pages", __name__, url_prefix="/grid")

REVIEW = "relay_pages.review"
Page = str | tuple[str, int]
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)
NOT_TAKEN = {
    "empty": N_("这里要填。"),
    "long": N_("太长了，别名最多 12 个字。"),
    "signs": N_("只写名字，不带数字、空格和标点。"),
    "own": N_("它本来就叫这个。"),
    "taken": N_("已经有这个叫法了。"),
}


@pages.get("/relay")
@audience(Role.GRID_LEAD)
def relay() -> str:
    """Show the field to paste the group's chain into."""
    found = current_menu_for(asker())
    return _empty(found, Paste(found.id if found else 0, ""))


@pages.post("/relay")
@limiter.limit(ORDERING)
@audience(Role.GRID_LEAD)
def review() -> Page:
    """Show what was understood of a chain, and apply it when that is what was asked for."""
    paste, act = pasted(request.form), request.form.get("act", "")
    found = menu_for(asker(), paste.menu)
    if act == "again":
        return _empty(found, paste)
    if not paste.text.strip():
        return _empty(found, paste, _("还没有贴上来。")), HTTPStatus.UNPROCESSABLE_ENTITY
    command = apply_relay if act == "apply" else preview_relay
    try:
        sheet = command(
            asker(),
            paste.menu,
            paste.text,
            fixes=paste.fixes(),
            taken=paste.taken,
            vault=current_app.extensions["vault"],
        )
    except InvalidError as error:
        return _empty(found, paste, _unreadable(error)), HTTPStatus.UNPROCESSABLE_ENTITY
    if not sheet.rows:
        return _empty(found, paste, _("里面没有认出接龙。每条要有门牌和要什么。")), HTTPStatus.UNPROCESSABLE_ENTITY
    view = SheetView(sheet, paste)
    page = "grid/relay_done.html" if act == "apply" else "grid/relay_review.html"
    return render_template(page, menu=sheet.menu, view=view, paste=paste, doors=door_names(view.homes), fates=FATES)


@pages.get("/aliases")
@audience(*LEADS)
def aliases() -> str:
    """Show the other names of products, those of two products first."""
    return _aliases()


@pages.post("/aliases")
@audience(*LEADS)
def change_alias() -> Page | Response:
    """Add another name, or take one away."""
    sku, name = request.form.get("sku", ""), request.form.get("alias", "")
    if "remove" in request.form:
        remove_alias(asker(), sku=sku, alias=name)
        flash(_("拿掉了：%(name)s。", name=name[:LONGEST_ALIAS]), "done")
        return redirect(url_for("relay_pages.aliases", sku=sku[:40], _anchor=sku[:40]), HTTPStatus.SEE_OTHER)
    try:
        kept = add_alias(asker(), sku=sku, alias=name)
    except AliasRefusedError as error:
        return _aliases(sku, name, _(NOT_TAKEN[str(error.data["why"])])), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("记下了：%(name)s。", name=kept), "done")
    return redirect(url_for("relay_pages.aliases", sku=sku[:40], _anchor=sku[:40]), HTTPStatus.SEE_OTHER)


def _empty(found: Row[Any] | None, paste: Paste, error: str = "") -> str:
    last = last_applied(found.id) if found else None
    return render_template("grid/relay.html", menu=found, paste=paste, error=error, longest=LONGEST_RELAY, last=last)


def _unreadable(error: InvalidError) -> str:
    facts = error.data
    if "longest" in facts:
        longest, length = figure(int(str(facts["longest"]))), figure(int(str(facts.get("length", 0))))
        return _(
            "太长了：有 %(length)s 个字，最多 %(longest)s 个。请分几次贴，多贴不会重复下单。",
            length=length,
            longest=longest,
        )
    if "most" in facts:
        return _("一次最多 %(most)s 条。请分几次贴，多贴不会重复下单。", most=figure(int(str(facts["most"]))))
    return _("改过的那一条对不上了，请再核对一遍。")


def _aliases(sku: str = "", typed: str = "", error: str = "") -> str:
    products = aliases_for(asker())
    return render_template(
        "grid/aliases.html",
        products=products,
        shared=_shared(products),
        sku=sku,
        typed=typed,
        error=error,
        open=request.args.get("sku", ""),
    )


def _shared(products: Iterable[Any]) -> dict[str, list[str]]:
    """Return the names that mean more than one product, with these products' own names."""
    meant: dict[str, list[str]] = {}
    for product in products:
        for name in {product.name_zh, *product.aliases}:
            meant.setdefault(name, []).append(product.name_zh)
    return {name: own for name, own in sorted(meant.items()) if len(own) > 1}
