"""Refunds of a cycle: cash that a coordinator hands out, and what is on its way online."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError
from supplyhub.payments.commands.cash_refunds import agree_to_cash, hand_out_cash
from supplyhub.payments.models import ONE_PERSON_UP_TO_FEN
from supplyhub.payments.money_queries import refunds_for
from supplyhub.payments.refusals import SecondPersonError
from supplyhub.payments.states import RefundState, RefundWay
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.cycles import cycle_or_404

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("refund", __name__, url_prefix="/coordinator/money/refunds")

LISTED = 200


@pages.get("")
@audience(Role.COORDINATOR)
def refunds() -> str:
    """List a cycle's refunds: to be handed out, on their way, and those that are done."""
    cycle = cycle_or_404()
    found = refunds_for(asker(), cycle.id)
    by_hand = [each for each in found if each.way == RefundWay.CASH and each.state == RefundState.DUE]
    rest = [each for each in found if each not in by_hand]
    return render_template(
        "coordinator/money_refunds.html",
        cycle=cycle,
        by_hand=by_hand,
        rest=rest[:LISTED],
        more=max(0, len(rest) - LISTED),
        alone_fen=ONE_PERSON_UP_TO_FEN,
    )


@pages.post("/<int:refund_id>")
@audience(Role.COORDINATOR)
def hand_out(refund_id: int) -> Response:
    """Write that a household got its cash, or agree that much of it goes out."""
    try:
        if "agree" in request.form:
            agree_to_cash(asker(), refund_id)
            flash(_("同意了。请另一位专班把现金交给住户，再点“给了”。"), "done")
        else:
            hand_out_cash(asker(), refund_id)
            flash(_("现金给了，记下了。"), "done")
    except SecondPersonError:
        flash(_("超过 50 元要两个人：一位先同意，另一位交给住户。"), "problem")
    except ConflictError:
        flash(_("没有改：别人刚刚给过，或者已经有人同意了。"), "problem")
    return redirect(url_for("refund.refunds", cycle=request.form.get("cycle", type=int)), HTTPStatus.SEE_OTHER)
