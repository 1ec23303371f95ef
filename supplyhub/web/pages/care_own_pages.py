"""What the care register has of a household, for the household: since when, for what it agreed, who read it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for

from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.care_consents import give_consent, take_consent_back
from supplyhub.residents.care_queries import consents_of, own_case_for
from supplyhub.residents.care_reading import reads_of_own
from supplyhub.residents.states import ConsentPurpose
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("care_own", __name__, url_prefix="/household/care")


@pages.get("")
@audience(Role.RESIDENT)
def own() -> str:
    """Show the household its entry, without what it says: neighbours look at this phone, too."""
    entry = own_case_for(asker())
    return render_template(
        "care/own.html",
        entry=entry,
        consents=consents_of(asker(), entry.id) if entry else {},
        purposes=[purpose for purpose in ConsentPurpose if purpose != ConsentPurpose.REGISTER],
        reads=reads_of_own(asker()),
    )


@pages.post("/<any(register, check_calls, standing_volunteer, care_packs, medicine):purpose>")
@audience(Role.RESIDENT)
def agree(purpose: str) -> Response:
    """Agree to a purpose."""
    give_consent(asker(), _own_id(), ConsentPurpose(purpose))
    flash(_("同意记下了。"), "done")
    return _back()


@pages.post("/<any(register, check_calls, standing_volunteer, care_packs, medicine):purpose>/back")
@audience(Role.RESIDENT)
def disagree(purpose: str) -> Response:
    """Take a consent back; that to the register ends the entry."""
    take_consent_back(asker(), _own_id(), ConsentPurpose(purpose))
    if purpose == ConsentPurpose.REGISTER:
        flash(_("从台账上拿下来了，7 天后连钥匙一起销毁。"), "done")
    else:
        flash(_("不再同意，记下了；为它安排的也停了。"), "done")
    return _back()


def _own_id() -> int:
    entry = own_case_for(asker())
    if entry is None:
        raise NotFoundError("this household isn't in the care register")
    return int(entry.id)


def _back() -> Response:
    return redirect(url_for("care_own.own"), HTTPStatus.SEE_OTHER)
