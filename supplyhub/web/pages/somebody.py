"""Ordering for somebody: a lead for a household of the grid, an anchor for a neighbour. Asked first, then the same pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, redirect, render_template, request

from supplyhub.catalog.queries import current_menu_for
from supplyhub.errors import NotFoundError
from supplyhub.ordering.calls import record_call
from supplyhub.ordering.doors import contacts_for
from supplyhub.ordering.queries import order_of
from supplyhub.ordering.states import CallOutcome, Channel, OrderState
from supplyhub.people.states import Role
from supplyhub.reports.slip import slip_of, slip_pdf, slip_text
from supplyhub.web import limits
from supplyhub.web.audience import asker, audience
from supplyhub.web.pages import choosing, consent, paying

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from supplyhub.ordering.doors import Contact

pages = Blueprint("somebody", __name__, url_prefix="/for/<int:household_id>")
HELPERS = (Role.GRID_LEAD, Role.RESIDENT)


@pages.route("/consent", methods=["GET", "POST"])
@audience(*HELPERS)
def agree(household_id: int) -> str | AnyResponse | tuple[str, int]:
    """Ask whether the household agreed, and how; nothing is ordered for somebody without."""
    counter = counter_of(household_id)
    menu = current_menu_for(asker())
    how, page = request.form.get("how", ""), "cancel" if request.values.get("then") == "cancel" else "menu"
    if request.method == "POST" and how in set(consent.HOW):
        consent.keep(household_id, Channel(how))
        return redirect(counter.to(page), HTTPStatus.SEE_OTHER)
    order = order_of(asker(), menu.id, household_id) if menu else None
    shown = render_template(
        "somebody/consent.html",
        counter=counter,
        menu=menu,
        order=order if order and order["state"] == OrderState.PLACED else None,
        contact=contact_of(household_id),
        then=page,
        unsaid=request.method == "POST",
    )
    return shown if request.method != "POST" else (shown, HTTPStatus.UNPROCESSABLE_ENTITY)


@pages.route("/menu", methods=["GET", "POST"])
@limits.orders
@audience(*HELPERS)
def menu(household_id: int) -> str | AnyResponse | tuple[str, int]:
    """Choose for somebody: the same menu page."""
    counter = counter_of(household_id)
    if request.method == "POST":
        return choosing.change_basket(counter)
    return choosing.menu_page(counter) if counter.consented else redirect(counter.to("agree"))


@pages.get("/review")
@audience(*HELPERS)
def review(household_id: int) -> str | AnyResponse:
    """Show what will be ordered for somebody."""
    counter = counter_of(household_id)
    return choosing.review_page(counter) if counter.consented else redirect(counter.to("agree"))


@pages.route("/order", methods=["GET", "POST"])
@limits.orders
@audience(*HELPERS)
def order(household_id: int) -> str | AnyResponse | tuple[str, int]:
    """Show a household's order; place one for it, as it agreed to."""
    counter = counter_of(household_id)
    if request.method != "POST":
        return choosing.order_page(counter)
    answer = choosing.place(counter)
    if counter.channel == Channel.PHONE and counter.consented and consent.given(household_id) is None:
        _note_the_call(household_id)
    return answer


@pages.route("/cancel", methods=["GET", "POST"])
@audience(*HELPERS)
def cancel(household_id: int) -> str | AnyResponse:
    """Cancel a household's order, after asking it and asking once more."""
    counter = counter_of(household_id)
    if request.method == "POST":
        return choosing.cancel(counter)
    return choosing.cancel_page(counter) if counter.consented else redirect(counter.to("agree", then="cancel"))


@pages.post("/order/pay")
@limits.orders
@audience(*HELPERS)
def pay(household_id: int) -> AnyResponse:
    """Pay for somebody, with the helper's own phone."""
    return paying.pay(counter_of(household_id))


@pages.get("/order/paying", endpoint="paying")
@audience(*HELPERS)
def to_pay(household_id: int) -> str | AnyResponse:
    """Lead to the payment page; wait for news of the payment on the way back."""
    return paying.paying_page(counter_of(household_id))


@pages.get("/order/news")
@audience(*HELPERS)
def news(household_id: int) -> AnyResponse:
    """Tell whether an order changed since its page was made."""
    return paying.news(counter_of(household_id))


@pages.post("/order/again", endpoint="again")
@audience(*HELPERS)
def order_again(household_id: int) -> AnyResponse:
    """Put into the basket again what wasn't paid in time."""
    return paying.order_again(counter_of(household_id))


@pages.get("/slip/<int:menu_id>")
@audience(*HELPERS)
def slip(household_id: int, menu_id: int) -> str:
    """Show what was entered, to read back, send or print."""
    counter = counter_of(household_id)
    found = slip_of(asker(), menu_id, household_id)
    return render_template(
        "somebody/slip.html", counter=counter, slip=found, text=slip_text(found), contact=contact_of(household_id)
    )


@pages.get("/slip/<int:menu_id>.pdf")
@audience(*HELPERS)
def slip_print(household_id: int, menu_id: int) -> Response:
    """Return the slip on A6, to print."""
    found = slip_of(asker(), menu_id, household_id)
    name = {"Content-Disposition": f'inline; filename="slip-{menu_id}-{household_id}.pdf"'}
    return Response(slip_pdf(found), content_type="application/pdf", headers=name)


def counter_of(household_id: int) -> choosing.Counter:
    """Return the counter for a door of the helper's reach. The own door has its own pages: NotFoundError."""
    if asker().household_id == household_id:
        raise NotFoundError("the own household orders on its own pages", household=household_id)
    how = consent.given(household_id)
    return choosing.at(
        asker(),
        household_id,
        room="somebody",
        channel=how or Channel.DOORSTEP,
        values={"household_id": household_id},
        consented=how is not None,
    )


def contact_of(household_id: int) -> Contact | None:
    """Return whom a lead calls there; an anchor learns no name and no phone from us."""
    if asker().role != Role.GRID_LEAD:
        return None
    return contacts_for(asker(), [household_id], vault=current_app.extensions["vault"]).get(household_id)


def _note_the_call(household_id: int) -> None:
    menu = current_menu_for(asker())
    if menu is not None and asker().role == Role.GRID_LEAD:
        record_call(asker(), cycle_id=menu.cycle_id, household_id=household_id, outcome=CallOutcome.ORDERED)
