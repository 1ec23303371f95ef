"""A lead's list of the households that have still to pay: whom to call before their goods go to others."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from supplyhub.payments.owing import owing_counts, owing_homes
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.pages import menu_making
from supplyhub.web.pages.grid import contacts

pages = Blueprint("unpaid", __name__, url_prefix="/grid")
PAGE = 50


@pages.get("/unpaid")
@audience(Role.GRID_LEAD)
def homes() -> str:
    """List the households whose order isn't paid, those whose time runs out first."""
    menu, page = menu_making.newest_menu(asker()), max(request.args.get("page", 1, type=int), 1)
    if menu is None or page > 10_000:
        return render_template("grid/no_cycle.html")
    found = owing_homes(asker(), menu.cycle_id, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "grid/unpaid.html",
        menu=menu,
        homes=found,
        counts=owing_counts(asker(), menu.cycle_id),
        contacts=contacts([home.household_id for home in found]),
        page=page,
        page_size=PAGE,
    )
