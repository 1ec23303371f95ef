"""A grid lead's pages: today, the households and whom to call, finding a door, where the delivery stands."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for

from supplyhub.catalog.queries import cycle_for, cycles_for
from supplyhub.delivery.queries import ticket_for, tickets_for
from supplyhub.delivery.states import WITH_VOLUNTEER, TicketState
from supplyhub.delivery.timeline import failed_doors_for
from supplyhub.depot.shortage_doors import count_open_calls
from supplyhub.errors import ConflictError, InvalidError
from supplyhub.ordering import commands as ordering
from supplyhub.ordering.calls import PARTS, call_counts, call_list, record_call
from supplyhub.ordering.doors import contacts_for, door_for
from supplyhub.ordering.finding import find_doors
from supplyhub.ordering.proxies import entered_for
from supplyhub.ordering.states import CallOutcome
from supplyhub.payments.owing import owing_counts
from supplyhub.people.applications import phones_of
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import door
from supplyhub.web.pages import menu_making
from supplyhub.web.pages.entry import local_address
from supplyhub.web.words import word

if TYPE_CHECKING:
    from typing import Any

    from flask import Response as FlaskResponse
    from werkzeug.wrappers import Response

pages = Blueprint("grid", __name__, url_prefix="/grid")

FIRST_TO_CALL = 4
PAGE = 50
LONGEST_SEARCH = 40
STANDINGS = ("silent", "declined", "ordered")


@pages.get("")
@audience(Role.GRID_LEAD)
def today() -> str:
    """Show where the grid stands: who ordered, whom to call, the text for the group."""
    menu = menu_making.newest_menu(asker())
    counts = call_counts(asker(), cycle_id=menu.cycle_id) if menu else {}
    silent = call_list(asker(), cycle_id=menu.cycle_id, limit=FIRST_TO_CALL) if menu else []
    tickets = newest_tickets()
    cycle = next(iter(cycles_for(asker(), limit=1)), None)
    return render_template(
        "grid/today.html",
        menu=menu,
        cycle=cycle,
        short_calls=count_open_calls(asker(), cycle.id) if cycle else 0,
        counts=counts,
        owing=owing_counts(asker(), menu.cycle_id) if menu and menu.pays_online else None,
        silent=silent,
        contacts=contacts([home.household_id for home in silent]),
        relay=menu_making.relay(menu) if menu else "",
        tickets=tickets,
        problems=problems(tickets),
    )


@pages.get("/households")
@audience(Role.GRID_LEAD)
def households() -> str:
    """List the households of a standing with their last call; of the silent, those to call next come first."""
    standing, part = request.args.get("standing", "silent"), request.args.get("part", "all")
    page = max(request.args.get("page", 1, type=int), 1)
    menu = menu_making.newest_menu(asker())
    if menu is None or standing not in STANDINGS or part not in PARTS or page > 10_000:
        return render_template("grid/no_cycle.html")
    part = part if standing == "silent" else "all"
    homes = call_list(
        asker(), cycle_id=menu.cycle_id, standing=standing, part=part, limit=PAGE, offset=(page - 1) * PAGE
    )
    return render_template(
        "grid/households.html",
        menu=menu,
        standing=standing,
        part=part,
        counts=call_counts(asker(), cycle_id=menu.cycle_id),
        homes=homes,
        contacts=contacts([home.household_id for home in homes]),
        entered=entered_for(asker(), [home.order_id for home in homes if home.order_id]),
        page=page,
        page_size=PAGE,
    )


@pages.get("/cycles/<int:cycle_id>/counts")
@audience(Role.GRID_LEAD)
def counts(cycle_id: int) -> FlaskResponse:
    """Return the counts of the call list, for the pages that show them live."""
    return jsonify(call_counts(asker(), cycle_id=cycle_for(asker(), cycle_id).id))


@pages.route("/find", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def find() -> str:
    """Find the door to order for: by its numbers, a telephone, a name. What is typed is sent, not put in the address."""
    text = request.values.get("door", "")[:LONGEST_SEARCH]
    doors = find_doors(asker(), text, vault=current_app.extensions["vault"]) if text.strip() else None
    known = contacts([home.id for home in doors]) if doors else {}
    return render_template("grid/find.html", text=text, doors=doors, contacts=known)


@pages.post("/calls")
@audience(Role.GRID_LEAD)
def call() -> Response:
    """Note how a call ended."""
    home, outcome = door_for(asker(), request.form.get("household", 0, type=int)), request.form.get("outcome", "")
    if outcome not in set(CallOutcome):
        raise InvalidError("the form names no outcome")
    try:
        record_call(asker(), cycle_id=_cycle_id(), household_id=home.id, outcome=CallOutcome(outcome))
        flash(_("%(door)s 记下了：%(what)s。", door=door(home), what=word("call", outcome)), "done")
    except ConflictError:
        # It ordered meanwhile: the order stands, and the lead sees it.
        flash(_("%(door)s 刚刚已经下单，没有记“不需要”。订单还在。", door=door(home)), "problem")
    return _back()


@pages.post("/declined")
@audience(Role.GRID_LEAD)
def undecline() -> Response:
    """Take back that a household needs nothing."""
    home = door_for(asker(), request.form.get("household", 0, type=int))
    ordering.undecline(asker(), cycle_id=_cycle_id(), household_id=home.id)
    flash(_("改回来了，还在“没消息”里。"), "done")
    return _back()


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
    view = ticket_for(asker(), code)
    badges = (
        [view.ticket.badge] if view.ticket.badge and view.ticket.state in {TicketState.CLAIMED, *WITH_VOLUNTEER} else []
    )
    phones = phones_of(asker(), badges, vault=current_app.extensions["vault"])
    return render_template("grid/ticket.html", view=view, phone=phones.get(view.ticket.badge))


def _cycle_id() -> int:
    """Return the cycle that the lead's pages show."""
    menu = menu_making.newest_menu(asker())
    if menu is None:
        raise ConflictError("there is no cycle")
    return int(menu.cycle_id)


def _back() -> Response:
    return redirect(local_address(request.form.get("back") or url_for("grid.today")), HTTPStatus.SEE_OTHER)


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
