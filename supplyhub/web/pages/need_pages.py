"""What a door needs, ticked: by the household on its own page, by the lead on the household's."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, request, url_for

from supplyhub.errors import InvalidError
from supplyhub.people.states import Role
from supplyhub.residents.needs import say_needs
from supplyhub.residents.states import DoorNeed
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("need_pages", __name__)


@pages.post("/household/needs")
@audience(Role.RESIDENT)
def mine() -> Response:
    """Take what the household says of its own door."""
    _take(asker().household())
    return redirect(url_for("home_pages.household"), HTTPStatus.SEE_OTHER)


@pages.post("/cards/<int:household_id>/needs")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def theirs(household_id: int) -> Response:
    """Take what a household said to its lead."""
    _take(household_id)
    return redirect(url_for("card_pages.card", household_id=household_id), HTTPStatus.SEE_OTHER)


def _take(household_id: int) -> None:
    try:
        needs = {DoorNeed(need) for need in request.form.getlist("need")}
    except ValueError as error:
        raise InvalidError("the form names no known need") from error
    say_needs(asker(), household_id, needs)
    flash(_("记好了，下次送货的志愿者看得到。"), "done")
