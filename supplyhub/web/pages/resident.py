"""A household's pages: menu, review, order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from supplyhub.ordering.states import Channel
from supplyhub.people.states import Role
from supplyhub.web import limits
from supplyhub.web.audience import asker, audience
from supplyhub.web.pages import choosing, paying

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("resident", __name__)


def counter() -> choosing.Counter:
    """Return the counter of the household that is signed in."""
    return choosing.at(asker(), asker().household(), room="resident", channel=Channel.WEB)


@pages.route("/menu", methods=["GET", "POST"])
@limits.orders
@audience(Role.RESIDENT)
def menu() -> str | Response | tuple[str, int]:
    """Show today's menu; take over what was chosen."""
    return choosing.menu_page(counter()) if request.method != "POST" else choosing.change_basket(counter())


@pages.get("/review")
@audience(Role.RESIDENT)
def review() -> str | Response:
    """Show what will be ordered."""
    return choosing.review_page(counter())


@pages.route("/order", methods=["GET", "POST"])
@limits.orders
@audience(Role.RESIDENT)
def order() -> str | Response | tuple[str, int]:
    """Show an order, that of `?menu_id=` or the newest; place one."""
    return choosing.order_page(counter()) if request.method != "POST" else choosing.place(counter())


@pages.route("/order/cancel", methods=["GET", "POST"])
@audience(Role.RESIDENT)
def cancel() -> str | Response:
    """Ask once more, then cancel."""
    return choosing.cancel_page(counter()) if request.method != "POST" else choosing.cancel(counter())


@pages.post("/order/pay")
@limits.orders
@audience(Role.RESIDENT)
def pay() -> Response:
    """Open a payment page for what an order owes."""
    return paying.pay(counter())


@pages.get("/order/paying", endpoint="paying")
@audience(Role.RESIDENT)
def to_pay() -> str | Response:
    """Lead to the payment page; wait for news of the payment on the way back."""
    return paying.paying_page(counter())


@pages.get("/order/news")
@audience(Role.RESIDENT)
def news() -> Response:
    """Tell whether an order changed since its page was made."""
    return paying.news(counter())


@pages.post("/order/again", endpoint="again")
@audience(Role.RESIDENT)
def order_again() -> Response:
    """Put into the basket again what wasn't paid in time."""
    return paying.order_again(counter())
