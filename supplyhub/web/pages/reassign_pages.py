"""A ticket goes to somebody else: choose who is at work, or nobody in particular, and confirm."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.delivery.commands import reassign_ticket
from supplyhub.delivery.inbox_queries import at_work
from supplyhub.delivery.queries import ticket_for
from supplyhub.delivery.states import FINISHED, WITH_VOLUNTEER, TicketState
from supplyhub.errors import ConflictError, HubError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import grid_name

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("reassign", __name__, url_prefix="/inbox/reassign")
FREE = "free"


@pages.get("/<code>")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def ticket(code: str) -> str:
    """Show who could take a ticket over; `?to=` is chosen already."""
    return _page(code, request.args.get("to", ""))


@pages.post("/<code>")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def reassign(code: str) -> Response | tuple[str, int]:
    """Give it to whom the form says."""
    to = request.form.get("to", "")
    if not to:
        return _page(code, "", _("请选一个人，或者放回。")), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        new = reassign_ticket(asker(), code, badge_code=None if to == FREE else to)
    except HubError as error:
        return _page(code, to, why_not(error)), HTTPStatus.CONFLICT
    flash(_("换好了，新的配送单是 %(code)s。", code=new), "done")
    return redirect(url_for("inbox.inbox"), HTTPStatus.SEE_OTHER)


def why_not(error: HubError) -> str:
    """Say why a ticket can't go to somebody else."""
    if error.code == "wrong_grid":
        return _("不能窜格：这张单是%(grid)s的。", grid=grid_name(error.data["ticket_grid"]))  # type: ignore[arg-type]
    if isinstance(error, ConflictError) and "nothing_left" in error.data:
        return _("每一户都记过了，不用换人。")
    if isinstance(error, ConflictError) and "badge" in error.data:
        return _("这个人现在不能接，请换一个。")
    return _("没有换：这张单刚刚变了，请回去看看。")


def _page(code: str, to: str, refusal: str = "") -> str:
    view = ticket_for(asker(), code)
    found = view.ticket
    return render_template(
        "grid/reassign.html",
        ticket=found,
        left=[stop for stop in view.stops if stop.outcome is None],
        others=[each for each in at_work([found.grid_id]) if each.badge != found.badge],
        is_over=found.state in {*FINISHED, TicketState.VOID},
        in_hand=found.state in WITH_VOLUNTEER,
        to=to,
        refusal=refusal,
    )
