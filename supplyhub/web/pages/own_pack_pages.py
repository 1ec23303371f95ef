"""A household's own care packs: what is in them, who gave it, where they stand; and saying no to one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, url_for

from supplyhub.help.commands.packing_up import decline_pack
from supplyhub.help.pack_errors import TooLateError
from supplyhub.help.pack_queries import packs_of_household
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

pages = Blueprint("own_packs", __name__, url_prefix="/packs")


def init_app(app: Flask) -> None:
    """Let the pages beside an order show the packs that come with it."""
    app.jinja_env.globals.update(own_packs=own_packs)


def own_packs(cycle_id: int | None = None) -> list[Row[Any]]:
    """Return the packs of the household that is signed in; none for staff."""
    return packs_of_household(asker(), cycle_id=cycle_id) if asker().role == Role.RESIDENT else []


@pages.get("")
@audience(Role.RESIDENT)
def own() -> str:
    """List the packs of one's own household."""
    return render_template("packs/own.html", packs=own_packs())


@pages.post("/<int:pack_id>/decline")
@audience(Role.RESIDENT)
def decline(pack_id: int) -> Response:
    """Say no to a pack."""
    try:
        decline_pack(asker(), pack_id)
        flash(_("记下了，这一份不送来，给别家。"), "done")
    except TooLateError:
        flash(_("没有改：已经截单，东西在装了。送到门口时也可以不收。"), "problem")
    return redirect(url_for("own_packs.own"), HTTPStatus.SEE_OTHER)
