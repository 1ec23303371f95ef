"""Paying for an order online, and how its payment stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.payments.commands.charging import Visit
from supplyhub.payments.paying import pay_online
from supplyhub.payments.schemas_paying import CheckoutOut, PaymentOut
from supplyhub.payments.statement import payment_of
from supplyhub.people.states import Role
from supplyhub.web import limits
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import look

if TYPE_CHECKING:
    from supplyhub.payments.commands.charging import Begun
    from supplyhub.payments.statement import Statement

blp = Blueprint("payments", __name__, url_prefix="/api/v1", description="Paying for orders online")
PAYERS = (Role.RESIDENT, Role.GRID_LEAD, Role.COORDINATOR)


@blp.route("/orders/<int:order_id>/payment")
@blp.response(200, PaymentOut)
@audience(*PAYERS)
def payment(order_id: int) -> Statement:
    """Return what an order is worth, what was paid, what is owed, and what is on its way.

    Those who order for somebody read what is owed, not how the rest was paid.
    """
    return payment_of(asker(), order_id)


@blp.route("/orders/<int:order_id>/payment", methods=["POST"])
@blp.response(200, CheckoutOut)
@limits.limiter.limit(limits.ORDERING)
@audience(*PAYERS)
def pay(order_id: int) -> Begun:
    """Return the page of the payment gateway where what is owed now can be paid. Repeating it returns the same page.

    409 with `payment_off`, `not_paid_online`, `nothing_owed`, `too_little_online` or `hold_ended`; 503 while the
    gateway doesn't answer.
    """
    back_url = f"{current_app.extensions['settings'].public_url}/order"
    visit = Visit(back_url=back_url, cancel_url=back_url, lang=look().lang)
    return pay_online(asker(), order_id, visit, gateway=current_app.extensions["gateway"])
