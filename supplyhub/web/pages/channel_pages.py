"""Chat groups: their robots, what each group is told, whether it arrives; and changing any channel of one's own."""

from __future__ import annotations

from datetime import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError, InvalidError
from supplyhub.notifications.addresses import AddressError
from supplyhub.notifications.channels import (
    LONGEST_LABEL,
    Wishes,
    add_robot,
    change_channel,
    end_channel,
    robots_for,
    send_test,
)
from supplyhub.notifications.rules import GROUP_MATTERS
from supplyhub.notifications.states import Matter
from supplyhub.people.states import Role
from supplyhub.places.queries import grids_numbered
from supplyhub.web.audience import EVERYBODY, asker, audience
from supplyhub.web.channel_words import ADDRESS_FAULTS, SERVICES
from supplyhub.web.language import gettext as _
from supplyhub.web.limits import limiter
from supplyhub.web.pages.entry import local_address
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("channels", __name__, url_prefix="/channels")
KEEPERS = (Role.COORDINATOR, Role.GRID_LEAD)
# Who tries a channel reads what comes before trying again.
TRIALS = "6 per minute"


@pages.get("")
@audience(*KEEPERS)
def robots() -> str:
    """List the groups' robots, and whether what they are told arrives."""
    return _page({}, {})


@pages.post("")
@audience(*KEEPERS)
def add() -> Response | tuple[str, int]:
    """Keep one more robot."""
    form = Form(request.form.to_dict())
    label, grid = form.text("label", LONGEST_LABEL, needed=True), form.count("grid", least=1, needed=False)
    if not form.wrong:
        try:
            add_robot(
                asker(),
                form.given.get("address", ""),
                label=label,
                grid=grid,
                language=form.given.get("language", "zh"),
                vault=current_app.extensions["vault"],
                hosts=current_app.extensions["settings"].robot_hosts,
            )
        except AddressError as error:
            form.wrong["address"] = _(ADDRESS_FAULTS[error.reason])
        except ConflictError:
            form.wrong["address"] = _("这个群的机器人太多了，先停掉不用的。")
    if form.wrong:
        return _page(form.given, form.wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("加好了。试发一条，看群里收不收得到。"), "done")
    return redirect(url_for("channels.robots"), HTTPStatus.SEE_OTHER)


@pages.post("/<int:channel>")
@audience(EVERYBODY)
def change(channel: int) -> Response:
    """Change what a channel is told of, and when not."""
    try:
        change_channel(asker(), channel, _wishes())
        flash(_("记下了。"), "done")
    except (InvalidError, ValueError):
        flash(_("没有改：安静的时间要填从几点到几点，两头不一样。"), "problem")
    return _back()


@pages.post("/<int:channel>/test")
@limiter.limit(TRIALS)
@audience(EVERYBODY)
def test(channel: int) -> Response:
    """Send a message to try a channel."""
    try:
        send_test(asker(), channel)
        flash(_("试发了一条，几秒钟就到；没收到的话，这里会写为什么。"), "done")
    except ConflictError:
        flash(_("这个邮箱还没确认，先填确认码。"), "problem")
    return _back()


@pages.post("/<int:channel>/end")
@audience(EVERYBODY)
def end(channel: int) -> Response:
    """Tell a channel nothing more."""
    end_channel(asker(), channel)
    flash(_("停了，地址也删掉了。"), "done")
    return _back()


def _wishes() -> Wishes:
    """Return what a channel's form says. Raises ValueError."""
    given = request.form
    since, until = (given.get(name, "").strip() for name in ("quiet_from", "quiet_until"))
    return Wishes(
        tuple(Matter(code) for code in given.getlist("matter")),
        given.get("language", "zh"),
        time.fromisoformat(since) if since else None,
        time.fromisoformat(until) if until else None,
    )


def _back() -> Response:
    return redirect(local_address(request.form.get("back") or url_for("messages.settings")), HTTPStatus.SEE_OTHER)


def _page(typed: dict[str, str], wrong: dict[str, str]) -> str:
    return render_template(
        "channels/robots.html",
        robots=robots_for(asker(), vault=current_app.extensions["vault"]),
        matters=GROUP_MATTERS,
        services={code: _(word) for code, word in SERVICES.items()},
        grids=grids_numbered(asker().community_id) if asker().role == Role.COORDINATOR else [],
        typed=typed,
        wrong=wrong,
        back=url_for("channels.robots"),
    )
