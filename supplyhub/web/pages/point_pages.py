"""A delivery point's desk: who fetches what, checked off and paid for one by one, and what is left at the end of the day."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from io import BytesIO
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for

from supplyhub.codes import read_code
from supplyhub.delivery.commands import Paid, check_off, close_point_ticket, count_cash
from supplyhub.delivery.point_queries import fetched_at_points
from supplyhub.delivery.states import FINISHED
from supplyhub.errors import ConflictError, HubError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.payments.collecting import cash_left, cash_of_ticket
from supplyhub.payments.counting import holders_of
from supplyhub.payments.states import TakingWay
from supplyhub.people.states import Role
from supplyhub.reports.pick_up import pick_up_pdf
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.looks import money
from supplyhub.web.pages.cash_pages import read_counted, why_not_counted
from supplyhub.web.pages.cycles import cycle_or_404
from supplyhub.web.pages.forms import Form
from supplyhub.web.words import N_

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

    from supplyhub.payments.counting import Counted

pages = Blueprint("point", __name__, url_prefix="/point")
WHY_NOT = {
    "unpacked": N_("还没装好，请先装袋。"),
    "gone": N_("已经不在这里了，可能退回中转站了。"),
    "ticket": N_("这包由志愿者送上门，不在这里领。"),
}
# Who fetches takes the goods along and pays another time.
LATER = "later"


@pages.get("")
@audience(Role.DEPOT)
def desk() -> str:
    """Show what is fetched here: found by door or code, what still waits first."""
    return _page()


@pages.post("")
@audience(Role.DEPOT)
def hand_out() -> Response | str | tuple[str, int]:
    """Check a parcel off, by its code as it was scanned or typed; a double tap is harmless. What is owed is asked for first."""
    code = request.form.get("code", "")
    found = parcel_of(code)
    if found and found.outcome is None and found.collect_fen and "way" not in request.form:
        return _page(paying=found)
    try:
        paid = _paid()
        is_new = check_off(asker(), code, taken=paid)
    except HubError as error:
        return _page(refusal=why_not(error), typed=code, paying=found if owes_otherwise(error) else None), (
            HTTPStatus.CONFLICT
        )
    flash(
        _given_out(found, code, paid) if is_new else _("%(door)s 早就领走了", door=found.door if found else code),
        "done",
    )
    return redirect(url_for("point.desk"), HTTPStatus.SEE_OTHER)


def _paid() -> Paid | None:
    """Return what the one button says was paid: what is owed, in one way; None where it says nothing.

    Raises InvalidError for a form that isn't ours.
    """
    if request.form.get("way", LATER) == LATER:
        return None
    try:
        number, way = uuid.UUID(request.form.get("money", "")), TakingWay(request.form["way"])
    except ValueError as error:
        raise InvalidError("the form names no money or no known way") from error
    return Paid(number, way, request.form.get("fen", 0, type=int))


def _given_out(found: Any, code: str, paid: Paid | None) -> str:
    bags = n_("%(num)s 袋", found.bags) if found else ""
    said = _("%(door)s 领走了 %(bags)s", door=found.door if found else code, bags=bags)
    return said + (_("，收了 %(sum)s", sum=money(paid.amount_fen)) if paid else "")


@pages.route("/<ticket>/close", methods=["GET", "POST"])
@audience(Role.DEPOT)
def close(ticket: str) -> str | Response | tuple[str, int]:
    """Take back what nobody fetched, every parcel counted; and count the cash that was taken here."""
    group = [each for each in _parcels() if each.ticket == read_code(ticket)]
    if not group:
        raise NotFoundError("no such ticket", ticket=ticket)
    form, refusal = Form(request.form.to_dict()), ""
    brought = [read_code(typed) for typed in request.form.getlist("parcel")]
    if request.method == "POST":
        cash = read_counted(form)
        try:
            if not form.wrong:
                _close(group[0], brought, cash)
                return redirect(url_for("point.desk"), HTTPStatus.SEE_OTHER)
        except InvalidError as error:
            refusal = _("没点齐，还差：%(codes)s", codes="、".join(map(str, error.data["missing"])))  # type: ignore[call-overload]
        except HubError as error:
            refusal = why_not_counted(error) or why_not(error)
    page = render_template(
        "depot/point_close.html",
        ticket=group[0],
        left=[each for each in group if each.outcome is None],
        brought=brought,
        cash=cash_of_ticket(group[0].ticket_id),
        own=any(each.holder_id == asker().account_id for each in holders_of(group[0].ticket_id)),
        refusal=refusal,
        form=form,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


def _close(ticket: Any, brought: list[str], cash: Counted | None) -> None:
    if ticket.ticket_state not in FINISHED:
        close_point_ticket(asker(), ticket.ticket, parcel_codes=brought, cash=cash)
        flash(n_("收摊了，退回 %(figure)s 个包裹。", len(brought)), "done")
    elif cash:
        count_cash(asker(), ticket_code=ticket.ticket, cash=cash)
    if cash:
        flash(_("现金点清了：%(sum)s。", sum=money(cash.counted_fen)), "done")


@pages.get("/list.pdf")
@audience(Role.DEPOT)
def pick_list() -> Response:
    """Return the pick-up list on paper."""
    cycle = cycle_or_404()
    pdf = pick_up_pdf(asker(), cycle, _parcels())
    return send_file(BytesIO(pdf), "application/pdf", download_name=f"pick-up-{cycle.number}.pdf")


def why_not(error: HubError) -> str:
    """Say why a parcel can't be given out here, and where to go."""
    if isinstance(error, NotFoundError):
        return _("没有这个码，请看看标签。")
    if isinstance(error, NotAllowedError):
        return _("这包在%(point)s领，请他去那边。", point=error.data.get("delivery_point") or _("中转站"))
    if owes_otherwise(error):
        return _("要收的数变了，钱没有记，包裹还没给。请再看一遍。")
    why = next((words for fact, words in WHY_NOT.items() if fact in error.data), N_("现在不行，请再试一次。"))
    return _(why)


def owes_otherwise(error: HubError) -> bool:
    """Tell whether something else was owed than was to be taken."""
    return isinstance(error, ConflictError) and "owed_fen" in error.data


def parcel_of(code: str) -> Any:
    """Return a parcel that is fetched here, by its code; None for any other."""
    return next((each for each in _parcels() if each.parcel == read_code(code)), None)


def _parcels() -> list[Any]:
    return fetched_at_points(asker(), cycle_or_404().id)


def _page(*, refusal: str = "", typed: str = "", paying: Any = None) -> str:
    parcels = _parcels()
    wanted = request.args.get("q", "").strip()
    shown = [each for each in parcels if not wanted or _fits(each, wanted)]
    waiting = [each for each in shown if each.outcome is None]
    return render_template(
        "depot/point.html",
        cycle=cycle_or_404(),
        parcels=parcels,
        waiting=waiting,
        buildings=[(name, list(group)) for name, group in groupby(waiting, key=attrgetter("building"))],
        gone=[each for each in shown if each.outcome is not None],
        tickets=[(code, list(group)) for code, group in groupby(parcels, key=attrgetter("ticket"))],
        cash=cash_left(sorted({each.ticket_id for each in parcels})),
        wanted=wanted,
        typed=typed,
        refusal=refusal,
        paying=paying,
        number=uuid.uuid4(),
    )


def _fits(parcel: Any, wanted: str) -> bool:
    text = wanted.upper()
    return text in parcel.door.upper() or text in parcel.parcel or text in parcel.order_number.upper()
