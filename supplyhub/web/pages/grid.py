"""A grid lead's pages: today, the households, ordering for somebody, where the delivery stands."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.catalog.queries import cycles_for
from supplyhub.delivery.queries import ticket_for, tickets_for
from supplyhub.delivery.timeline import failed_doors_for
from supplyhub.errors import ConflictError
from supplyhub.ordering import commands as ordering
from supplyhub.ordering.doors import contacts_for, door_for, doors_matching
from supplyhub.ordering.queries import households_standing, standing_counts
from supplyhub.ordering.states import Channel
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.limits import ORDERING, limiter
from supplyhub.web.pages import choosing, menu_making
from supplyhub.web.pages.entry import local_address

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("grid", __name__, url_prefix="/grid")

FIRST_TO_CALL = 4
PAGE = 50
STANDINGS = ("silent", "declined", "ordered")


@pages.get("")
@audience(Role.GRID_LEAD)
def today() -> str:
    """Show where the grid stands: who ordered, whom to call, the text for the group."""
    menu = menu_making.newest_menu(asker())
    counts = standing_counts(asker(), cycle_id=menu.cycle_id) if menu else {}
    silent = households_standing(asker(), cycle_id=menu.cycle_id, limit=FIRST_TO_CALL) if menu else []
    tickets = newest_tickets()
    return render_template(
        "grid/today.html",
        menu=menu,
        cycle=next(iter(cycles_for(asker(), limit=1)), None),
        counts=counts,
        silent=silent,
        contacts=contacts([home.household_id for home in silent]),
        relay=menu_making.relay(menu) if menu else "",
        tickets=tickets,
        problems=problems(tickets),
    )


@pages.get("/households")
@audience(Role.GRID_LEAD)
def households() -> str:
    """List the households of a standing, those to be looked after first."""
    standing = request.args.get("standing", "silent")
    page = max(request.args.get("page", 1, type=int), 1)
    menu = menu_making.newest_menu(asker())
    if menu is None or standing not in STANDINGS or page > 10_000:
        return render_template("grid/no_cycle.html")
    homes = households_standing(
        asker(), cycle_id=menu.cycle_id, standing=standing, limit=PAGE, offset=(page - 1) * PAGE
    )
    return render_template(
        "grid/households.html",
        menu=menu,
        standing=standing,
        counts=standing_counts(asker(), cycle_id=menu.cycle_id),
        homes=homes,
        contacts=contacts([home.household_id for home in homes]),
        page=page,
        page_size=PAGE,
    )


@pages.get("/find")
@audience(Role.GRID_LEAD)
def find() -> str:
    """Find the door to order for."""
    text = request.args.get("door", "")[:40]
    return render_template("grid/find.html", text=text, doors=doors_matching(asker(), text) if text else None)


@pages.post("/declined")
@audience(Role.GRID_LEAD)
def declined() -> Response:
    """Note that a household needs nothing, or take that back."""
    home, menu = door_for(asker(), request.form.get("household", 0, type=int)), menu_making.newest_menu(asker())
    if menu is None:
        raise ConflictError("there is no cycle")
    try:
        if "undo" in request.form:
            ordering.undecline(asker(), cycle_id=menu.cycle_id, household_id=home.id)
            flash(_("改回来了，还在“没消息”里。"), "done")
        else:
            ordering.decline(asker(), cycle_id=menu.cycle_id, household_id=home.id)
            flash(_("记下了：这一期不需要。"), "done")
    except ConflictError:
        flash(_("这户已经有订单了，没有改动。"), "problem")
    return redirect(local_address(request.form.get("back") or url_for("grid.today")), HTTPStatus.SEE_OTHER)


@pages.route("/for/<int:household_id>/menu", methods=["GET", "POST"])
@limiter.limit(ORDERING, methods=["POST"])
@audience(Role.GRID_LEAD)
def menu(household_id: int) -> str | Response | tuple[str, int]:
    """Choose for somebody: the same menu page."""
    counter = counter_of(household_id)
    return choosing.menu_page(counter) if request.method != "POST" else choosing.change_basket(counter)


@pages.get("/for/<int:household_id>/review")
@audience(Role.GRID_LEAD)
def review(household_id: int) -> str | Response:
    """Show what will be ordered for somebody."""
    return choosing.review_page(counter_of(household_id))


@pages.route("/for/<int:household_id>/order", methods=["GET", "POST"])
@limiter.limit(ORDERING, methods=["POST"])
@audience(Role.GRID_LEAD)
def order(household_id: int) -> str | Response | tuple[str, int]:
    """Show a household's order; place one for it."""
    counter = counter_of(household_id)
    return choosing.order_page(counter) if request.method != "POST" else choosing.place(counter)


@pages.route("/for/<int:household_id>/cancel", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def cancel(household_id: int) -> str | Response:
    """Cancel a household's order, after asking once more."""
    counter = counter_of(household_id)
    return choosing.cancel_page(counter) if request.method != "POST" else choosing.cancel(counter)


@pages.get("/delivery")
@audience(Role.GRID_LEAD)
def delivery() -> str:
    """Show where today's tickets stand, problems first."""
    tickets = newest_tickets()
    return render_template("grid/delivery.html", tickets=tickets, problems=problems(tickets))


@pages.get("/delivery/<code>")
@audience(Role.GRID_LEAD)
def ticket(code: str) -> str:
    """Show a ticket's doors and what happened at each."""
    return render_template("grid/ticket.html", view=ticket_for(asker(), code))


def counter_of(household_id: int) -> choosing.Counter:
    """Return the counter for a household of the lead's grid."""
    values = {"household_id": household_id}
    return choosing.at(asker(), household_id, room="grid", channel=Channel.DOORSTEP, values=values)


def contacts(household_ids: list[int]) -> dict[int, Any]:
    """Return whom to call at these doors."""
    return dict(contacts_for(asker(), household_ids, vault=current_app.extensions["vault"]))


def newest_tickets() -> list[Any]:
    """Return the tickets of the newest cycle that has any."""
    tickets = tickets_for(asker(), limit=200)
    return [found for found in tickets if found.cycle_id == tickets[0].cycle_id]


def problems(tickets: list[Any]) -> list[Any]:
    """Return the doors of the tickets' cycle that could not be served."""
    return failed_doors_for(asker(), tickets[0].cycle_id) if tickets else []
