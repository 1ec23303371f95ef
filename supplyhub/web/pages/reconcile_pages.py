"""Our books beside the gateway's (对账): asked for, watched, read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for

from supplyhub.catalog.queries import menus_for
from supplyhub.payments.commands.reconciling import ask_reconciliation
from supplyhub.payments.reconciling import LISTED, comparison_for, reconciliations_for
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.language import look
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.payments.reconciling import Comparison

pages = Blueprint("reconcile", __name__, url_prefix="/coordinator/money/reconciliations")

A_WEEK = timedelta(days=7)


@pages.get("")
@audience(Role.COORDINATOR)
def comparisons() -> str:
    """List the comparisons, and ask for the next: by default over the cycle."""
    return _list_page(Form({}))


@pages.post("")
@audience(Role.COORDINATOR)
def ask() -> str | Response | tuple[str, int]:
    """Ask for a comparison over a span."""
    form = Form(request.form.to_dict())
    from_at, to_at = form.moment("from_at"), form.moment("to_at")
    if from_at and to_at and to_at <= from_at:
        form.wrong["to_at"] = _("要比开始晚。")
    if form.wrong or from_at is None or to_at is None:
        return _list_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    made = ask_reconciliation(asker(), from_at, to_at)
    return redirect(url_for("reconcile.comparison", number=made), HTTPStatus.SEE_OTHER)


@pages.get("/<int:number>")
@audience(Role.COORDINATOR)
def comparison(number: int) -> str:
    """Show both books over a span, to the fen, and every row without a partner; the page keeps itself fresh."""
    return _drawn("coordinator/reconciliation.html", comparison_for(asker(), number))


@pages.get("/<int:number>/live")
@audience(Role.COORDINATOR)
def live(number: int) -> Response:
    """Return the part of the page that changes; 304 while it is as the screen has it."""
    found = comparison_for(asker(), number)
    response = make_response(_drawn("coordinator/reconciliation_live.html", found))
    response.set_etag(_tag(found))
    return response.make_conditional(request)


def _list_page(form: Form) -> str:
    cycle = cycle_or_404()
    menus: list[Any] = menus_for(asker(), cycle_id=cycle.id)
    now = datetime.now(UTC)
    return render_template(
        "coordinator/reconciliations.html",
        cycle=cycle,
        form=form,
        begin=min((menu.opens_at for menu in menus), default=now - A_WEEK),
        end=max(cycle.closed_at or now, now),
        found=reconciliations_for(asker()),
        connected=current_app.extensions["gateway"] is not None,
    )


def _drawn(template: str, found: Comparison) -> str:
    return render_template(template, found=found, tag=_tag(found), listed=LISTED)


def _tag(found: Comparison) -> str:
    """Return the tag of what this reader sees."""
    head = found.head
    return f"{head.rows}-{int(head.done_at is not None)}{int(bool(head.trouble))}-{look().lang}"
