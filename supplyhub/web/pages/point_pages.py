"""A delivery point's desk: who fetches what, checked off one by one, and what is left at the end of the day."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for

from supplyhub.codes import read_code
from supplyhub.delivery.commands import check_off, close_point_ticket
from supplyhub.delivery.point_queries import fetched_at_points
from supplyhub.errors import ConflictError, HubError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.pick_up import pick_up_pdf
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.cycles import cycle_or_404

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("point", __name__, url_prefix="/point")


@pages.get("")
@audience(Role.DEPOT)
def desk() -> str:
    """Show what is fetched here: found by door or code, what still waits first."""
    return _page()


@pages.post("")
@audience(Role.DEPOT)
def hand_out() -> Response | tuple[str, int]:
    """Check a parcel off, by its code as it was scanned or typed; a double tap is harmless."""
    code = request.form.get("code", "")
    try:
        is_new = check_off(asker(), code)
    except HubError as error:
        return _page(refusal=why_not(error), typed=code), HTTPStatus.CONFLICT
    found = next((each for each in _parcels() if each.parcel == read_code(code)), None)
    door = found.door if found else code
    bags = n_("%(num)s 袋", found.bags) if found else ""
    flash(
        _("%(door)s 领走了 %(bags)s", door=door, bags=bags) if is_new else _("%(door)s 早就领走了", door=door), "done"
    )
    return redirect(url_for("point.desk"), HTTPStatus.SEE_OTHER)


@pages.route("/<ticket>/close", methods=["GET", "POST"])
@audience(Role.DEPOT)
def close(ticket: str) -> str | Response | tuple[str, int]:
    """Take back what nobody fetched, every parcel counted."""
    left = [each for each in _parcels() if each.ticket == read_code(ticket) and each.outcome is None]
    refusal, brought = "", [read_code(typed) for typed in request.form.getlist("parcel")]
    if request.method == "POST":
        try:
            close_point_ticket(asker(), ticket, parcel_codes=brought)
            flash(n_("收摊了，退回 %(figure)s 个包裹。", len(brought)), "done")
            return redirect(url_for("point.desk"), HTTPStatus.SEE_OTHER)
        except InvalidError as error:
            refusal = _("没点齐，还差：%(codes)s", codes="、".join(map(str, error.data["missing"])))  # type: ignore[call-overload]
        except HubError as error:
            refusal = why_not(error)
    page = render_template(
        "depot/point_close.html", ticket=read_code(ticket), left=left, brought=brought, refusal=refusal
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


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
    if isinstance(error, ConflictError) and "unpacked" in error.data:
        return _("还没装好，请先装袋。")
    if isinstance(error, ConflictError) and "gone" in error.data:
        return _("已经不在这里了，可能退回中转站了。")
    if isinstance(error, ConflictError) and "ticket" in error.data:
        return _("这包由志愿者送上门，不在这里领。")
    return _("现在不行，请再试一次。")


def _parcels() -> list[Any]:
    return fetched_at_points(asker(), cycle_or_404().id)


def _page(*, refusal: str = "", typed: str = "") -> str:
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
        wanted=wanted,
        typed=typed,
        refusal=refusal,
    )


def _fits(parcel: Any, wanted: str) -> bool:
    text = wanted.upper()
    return text in parcel.door.upper() or text in parcel.parcel or text in parcel.order_number.upper()
