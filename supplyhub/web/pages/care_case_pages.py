"""An entry of the care register for its lead, keeper and coordinator: how it stands, what it says, what changes it."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError, InvalidError
from supplyhub.people.states import Role
from supplyhub.residents import care
from supplyhub.residents.care_checks import NotWelcomeError, plan_check
from supplyhub.residents.care_consents import give_consent, take_consent_back
from supplyhub.residents.care_queries import calls_of, case_for, consents_of, keepers_for
from supplyhub.residents.care_reach import CaseEndedError, today_in
from supplyhub.residents.care_reading import read_case, reads_of
from supplyhub.residents.care_rules import LONGEST_NOTE
from supplyhub.residents.care_standing import (
    NoLiveBadgeError,
    VolunteerThereError,
    appoint_volunteer,
    end_volunteer,
    volunteers_for,
)
from supplyhub.residents.states import AccessPurpose, CareCategory, ConsentPurpose
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import day
from supplyhub.web.pages.care_pages import KEEPERS, read_arrangement, read_contents
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("care_case", __name__, url_prefix="/care/<int:case_id>")
# An export is written down by itself.
PURPOSES = [purpose for purpose in AccessPurpose if purpose != AccessPurpose.EXPORT]


@pages.get("")
@audience(*KEEPERS)
def case(case_id: int) -> str:
    """Show how an entry stands, without what it says."""
    entry = case_for(asker(), case_id)
    return render_template(
        "care/case.html",
        entry=entry,
        consents=consents_of(asker(), case_id),
        purposes=list(ConsentPurpose),
        calls=calls_of(asker(), case_id),
        reads=reads_of(asker(), case_id, limit=20),
        read_purposes=PURPOSES,
        volunteers=volunteers_for(asker(), case_id),
        keepers=[one for one in keepers_for(asker()) if one.grid_number in {None, entry.grid_number}],
        today=today_in(asker().community_id),
    )


@pages.post("/open")
@audience(*KEEPERS)
def read(case_id: int) -> str | Response:
    """Show what an entry says, this once, and write down who read it and what for."""
    purpose = request.form.get("purpose", "")
    if purpose not in set(PURPOSES):
        flash(_("请先选打开来做什么。"), "problem")
        return _back(case_id)
    said = read_case(asker(), case_id, purpose=AccessPurpose(purpose), vault=current_app.extensions["vault"])
    return _open_page(case_id, Form({"note": said.note}), list(said.categories), said.words)


@pages.post("/write")
@audience(*KEEPERS)
def write(case_id: int) -> Response | tuple[str, int]:
    """Write anew what an entry says."""
    form = Form(request.form.to_dict())
    categories, note = read_contents(form)
    if form.wrong:
        return _open_page(case_id, form, list(categories)), HTTPStatus.UNPROCESSABLE_ENTITY
    care.write_case(asker(), case_id, categories=categories, note=note, vault=current_app.extensions["vault"])
    flash(_("改好了，用新钥匙锁上了。"), "done")
    return _back(case_id)


@pages.post("/arrange")
@audience(*KEEPERS)
def arrange(case_id: int) -> Response:
    """Say how urgent it is and how often somebody calls."""
    form = Form(request.form.to_dict())
    priority, every = read_arrangement(form)
    if form.wrong:
        flash(_("没有改动：隔几天打一次，请填 1 到 %(most)s，不打就空着。", most=care.LONGEST_INTERVAL_DAYS), "problem")
    else:
        care.arrange_case(asker(), case_id, priority=priority, check_every_days=every)
        flash(_("记下了。"), "done")
    return _back(case_id)


@pages.post("/plan")
@audience(*KEEPERS)
def plan(case_id: int) -> Response:
    """Plan the next call for a day."""
    due_on = Form(request.form.to_dict()).day("due_on") or date.min
    try:
        plan_check(asker(), case_id, due_on)
        flash(_("下次 %(day)s 打。", day=day(due_on)), "done")
    except NotWelcomeError:
        flash(_("没有改动：这户还没同意打关心电话，先问一声。"), "problem")
    except InvalidError:
        flash(_("没有改动：请填今天起 60 天里的一天。"), "problem")
    return _back(case_id)


@pages.post("/consents/<any(register, check_calls, standing_volunteer, care_packs, medicine):purpose>")
@audience(*KEEPERS)
def agree(case_id: int, purpose: str) -> Response:
    """Note that the household agreed to a purpose on a day."""
    try:
        given_on = Form(request.form.to_dict()).day("given_on", needed=False)
        give_consent(asker(), case_id, ConsentPurpose(purpose), given_on=given_on)
        flash(_("同意记下了。"), "done")
    except InvalidError:
        flash(_("没有改动：同意的日子不能在以后。"), "problem")
    return _back(case_id)


@pages.post("/consents/<any(register, check_calls, standing_volunteer, care_packs, medicine):purpose>/back")
@audience(*KEEPERS)
def disagree(case_id: int, purpose: str) -> Response:
    """Note that the household took its consent back."""
    take_consent_back(asker(), case_id, ConsentPurpose(purpose))
    flash(_("不再同意，记下了；为它安排的也停了。"), "done")
    return _back(case_id)


@pages.post("/volunteer")
@audience(*KEEPERS)
def appoint(case_id: int) -> Response:
    """Let a volunteer of the grid look after the household."""
    try:
        appoint_volunteer(asker(), case_id, request.form.get("badge", ""))
        flash(_("定好了，志愿者的页面上有这一户。"), "done")
    except VolunteerThereError:
        flash(_("没有改动：已经有人照看这户，先请他交出来。"), "problem")
    except NoLiveBadgeError:
        flash(_("没有改动：请选本网格一张有效的证。"), "problem")
    return _back(case_id)


@pages.post("/volunteer/end")
@audience(*KEEPERS)
def end_appointment(case_id: int) -> Response:
    """End the task of who looks after the household."""
    end_volunteer(asker(), case_id)
    flash(_("不再由他照看。"), "done")
    return _back(case_id)


@pages.post("/keeper")
@audience(Role.COORDINATOR)
def keeper(case_id: int) -> Response:
    """Name who keeps the entry."""
    try:
        care.name_keeper(asker(), case_id, request.form.get("account", type=int) or None)
        flash(_("管台账的人换好了。"), "done")
    except care.NoKeeperError:
        flash(_("没有改动：请选这个网格的网格长，或者专班的人。"), "problem")
    return _back(case_id)


@pages.post("/renew")
@audience(*KEEPERS)
def renew(case_id: int) -> Response:
    """Let the entry hold on for as long as its categories say."""
    last = care.renew_case(asker(), case_id, vault=current_app.extensions["vault"])
    flash(_("续到 %(day)s。", day=day(last)), "done")
    return _back(case_id)


@pages.post("/end")
@audience(*KEEPERS)
def end(case_id: int) -> Response:
    """End the entry."""
    try:
        care.end_case(asker(), case_id)
        flash(_("从台账上拿下来了，7 天后连钥匙一起销毁。"), "done")
    except CaseEndedError:
        flash(_("这一页早就结束了。"), "problem")
    return redirect(url_for("care.register"), HTTPStatus.SEE_OTHER)


def _open_page(case_id: int, form: Form, chosen: list[CareCategory], words: tuple[str, ...] = ()) -> str:
    entry = case_for(asker(), case_id)
    if not entry.opens:
        raise ConflictError("this entry isn't the asker's to open", case=case_id)
    return render_template(
        "care/open.html",
        entry=entry,
        form=form,
        chosen=chosen,
        words=words,
        categories=list(CareCategory),
        longest_note=LONGEST_NOTE,
    )


def _back(case_id: int) -> Response:
    return redirect(url_for("care_case.case", case_id=case_id), HTTPStatus.SEE_OTHER)
