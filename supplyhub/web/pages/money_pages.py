"""The coordinator's money pages: what a cycle comes to, an order's money, credits that wait for a second person."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.catalog.queries import cycles_for
from supplyhub.depot.commands.crediting import ask_credit, give_credit, refuse_credit
from supplyhub.errors import ConflictError
from supplyhub.payments.commands.covers import cover_order, end_cover
from supplyhub.payments.models import ONE_PERSON_UP_TO_FEN
from supplyhub.payments.money_queries import FOUND, WHICH, credits_asked, order_money, orders_with_money
from supplyhub.payments.refusals import MoreThanWorthError, SecondPersonError
from supplyhub.payments.states import CoverSource, CreditReason, CreditState
from supplyhub.payments.sums import cash_of_cycle, sums_for, total, waiting_in
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import money
from supplyhub.web.money_words import money_word
from supplyhub.web.pages.cycles import chosen_cycle, cycle_or_404
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("money", __name__, url_prefix="/coordinator/money")
pages.add_app_template_global(money_word)

LONGEST_FIND = 40
LONGEST_NOTE = 200


@pages.get("")
@audience(Role.COORDINATOR)
def home() -> str:
    """Show what a cycle's money comes to, one number each, and what waits for somebody."""
    cycle = chosen_cycle(asker())
    if cycle is None:
        return render_template("coordinator/money_none.html")
    sums, tickets = sums_for(asker(), cycle.id), cash_of_cycle(asker(), cycle.id)
    return render_template(
        "coordinator/money.html",
        cycle=cycle,
        cycles=cycles_for(asker(), limit=8),
        sums=sums,
        total=total(sums),
        waiting=waiting_in(asker(), cycle.id),
        uncounted=[ticket for ticket in tickets if ticket.left_fen],
        difference_fen=sum(ticket.counted_fen - ticket.expected_fen for ticket in tickets),
    )


@pages.get("/orders")
@audience(Role.COORDINATOR)
def orders() -> str:
    """Find orders by their number or door, and list those that owe, are covered or were made cheaper."""
    cycle, which = cycle_or_404(), request.args.get("which", "")
    find = request.args.get("q", "").strip()[:LONGEST_FIND]
    if which not in WHICH:
        which = "all" if find else "owing"
    found = orders_with_money(asker(), cycle.id, which=which, find=find)
    return render_template(
        "coordinator/money_orders.html",
        cycle=cycle,
        which=which,
        find=find,
        orders=found[:FOUND],
        more=len(found) > FOUND,
    )


@pages.get("/orders/<int:order_id>")
@audience(Role.COORDINATOR)
def order(order_id: int) -> str:
    """Show an order's money, entry by entry, and what can be done about it."""
    return _order_page(order_id, Form({}))


@pages.post("/orders/<int:order_id>/cover")
@audience(Role.COORDINATOR)
def cover(order_id: int) -> Response:
    """Let hardship help or donations pay for an order, or end that."""
    source = request.form.get("source", "")
    try:
        if source in list(CoverSource):
            cover_order(asker(), order_id, CoverSource(source))
            flash(_("记下了。志愿者和邻居只看到不用收钱。"), "done")
        else:
            end_cover(asker(), order_id)
            flash(_("减免停了，这一单由住户自己付。"), "done")
    except ConflictError:
        flash(_("没有改：这一单撤了、这一期关了，或者已经有别的减免。"), "problem")
    return redirect(url_for("money.order", order_id=order_id), HTTPStatus.SEE_OTHER)


@pages.post("/orders/<int:order_id>/credits")
@audience(Role.COORDINATOR)
def credit(order_id: int) -> str | Response | tuple[str, int]:
    """Make an order cheaper; above what one person gives, ask another one."""
    form = Form(request.form.to_dict())
    fen, note, reason = form.fen("amount"), form.text("note", LONGEST_NOTE), form.given.get("reason", "")
    if reason not in list(CreditReason):
        form.wrong["reason"] = _("请选一个。")
    if fen == 0:
        form.wrong["amount"] = _("请填钱数，例如 4.80。")
    if fen and not form.wrong:
        try:
            state = ask_credit(asker(), order_id, amount_fen=fen, reason=CreditReason(reason), note=note)
        except MoreThanWorthError as error:
            worth = money(int(str(error.data["worth_fen"])))
            form.wrong["amount"] = _("这一单现在只值 %(worth)s，不能减得更多。", worth=worth)
        except ConflictError:
            flash(_("没有记：菜还没分，或者这一期关了。"), "problem")
            return redirect(url_for("money.order", order_id=order_id), HTTPStatus.SEE_OTHER)
        else:
            given = _("减了 %(sum)s，付多的会退。", sum=money(fen))
            asked = _("减 %(sum)s 要第二个人同意，已经请了。", sum=money(fen))
            flash(given if state == CreditState.GIVEN else asked, "done")
            return redirect(url_for("money.order", order_id=order_id), HTTPStatus.SEE_OTHER)
    return _order_page(order_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@pages.get("/credits")
@audience(Role.COORDINATOR)
def credits_to_decide() -> str:
    """List the credits that wait for a second person."""
    cycle = cycle_or_404()
    return render_template("coordinator/money_credits.html", cycle=cycle, credits=credits_asked(asker(), cycle.id))


@pages.post("/credits/<int:credit_id>")
@audience(Role.COORDINATOR)
def decide_credit(credit_id: int) -> Response:
    """Agree to a credit that another one asked for, or turn it down."""
    try:
        if "give" in request.form:
            give_credit(asker(), credit_id)
            flash(_("同意了，付多的会退。"), "done")
        else:
            refuse_credit(asker(), credit_id)
            flash(_("没同意，什么都没减。"), "done")
    except SecondPersonError:
        flash(_("自己提的不能自己同意，请另一位专班来点。"), "problem")
    except MoreThanWorthError as error:
        flash(_("没有减：这一单现在只值 %(worth)s。", worth=money(int(str(error.data["worth_fen"])))), "problem")
    except ConflictError:
        flash(_("别人刚刚决定过了。"), "problem")
    return redirect(_back_to_credits(), HTTPStatus.SEE_OTHER)


def _back_to_credits() -> str:
    return url_for("money.credits_to_decide", cycle=request.form.get("cycle", type=int))


def _order_page(order_id: int, form: Form) -> str:
    view: Any = order_money(asker(), order_id)
    return render_template(
        "coordinator/money_order.html",
        view=view,
        form=form,
        reasons=list(CreditReason),
        sources=list(CoverSource),
        alone_fen=ONE_PERSON_UP_TO_FEN,
    )
