"""A volunteer and the badge, for coordinators: training, photo, issue, print, suspend, revoke, replace, move to a grid."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for

from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people import commands as people
from supplyhub.people.applications import phones_of
from supplyhub.people.states import Role
from supplyhub.people.training import LONGEST_TOPIC, Trained
from supplyhub.people.volunteers import photo_of_badge, volunteer_for, volunteers_of
from supplyhub.photos.commands import keep_photo
from supplyhub.reports.badges import badges_pdf
from supplyhub.reports.cards import PublicUrlError
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.forms import Form
from supplyhub.web.pages.people_pages import show_link

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response as AnyResponse

pages = Blueprint("badge_pages", __name__)


@pages.get("/coordinator/volunteers/<int:account_id>")
@audience(Role.COORDINATOR)
def person(account_id: int) -> str:
    """Show a volunteer: the badge, trainings, shifts, and the badges before."""
    return _person(account_id)


@pages.post("/coordinator/volunteers/<int:account_id>/trainings")
@audience(Role.COORDINATOR)
def train(account_id: int) -> AnyResponse:
    """Record a training."""
    form = Form(request.form.to_dict())
    topic, day = form.text("topic", LONGEST_TOPIC, needed=True), form.day("day", needed=False)
    recorded = not form.wrong
    if recorded:
        try:
            people.record_training(asker(), account_id, Trained(topic, day))
        except InvalidError:
            recorded = False
    if recorded:
        flash(_("培训记下了。"), "done")
    else:
        flash(_("没有记：培训的内容要填，日子不能在以后。"), "problem")
    return _back(account_id)


@pages.post("/coordinator/volunteers/<int:account_id>/badge")
@audience(Role.COORDINATOR)
def issue(account_id: int) -> AnyResponse:
    """Give a trained volunteer without a badge one of a grid."""
    grid = Form(request.form.to_dict()).count("grid", least=1, most=9999)
    try:
        badge = people.issue_badge(asker(), account_id, grid=grid or 0)
        flash(_("发了新证 %(code)s。印出来就能用。", code=badge.code), "done")
    except NotFoundError:
        flash(_("没有发证：没有这个网格，或者没有这个人。"), "problem")
    except ConflictError as error:
        untrained = _("没有发证：先记一次培训，再发证。")
        flash(untrained if "untrained" in error.data else _("没有发证：他已经有证了。"), "problem")
    return _back(account_id)


@pages.post("/coordinator/volunteers/<int:account_id>/link")
@audience(Role.COORDINATOR)
def link(account_id: int) -> AnyResponse:
    """Make a one-time link for a volunteer who forgot the PIN or has no card yet."""
    return show_link(volunteer_for(asker(), account_id).name, people.link_for(asker(), account_id))


@pages.post("/coordinator/volunteers/<int:account_id>/photo")
@audience(Role.COORDINATOR)
def put_photo(account_id: int) -> AnyResponse | tuple[str, int]:
    """Put a photo on the volunteer's badge; what can't be drawn isn't kept."""
    badge, photo = volunteer_for(asker(), account_id).badge, request.files.get("photo")
    if badge is None or photo is None or not photo.filename:
        return _person(account_id, wrong=_("请先选一张照片。")), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        people.keep_badge_photo(asker(), badge.code, keep_photo(asker(), photo.stream.read()))
    except InvalidError as error:
        large = _("照片太大，最多 3 MB。")
        wrong = large if "most_bytes" in error.data else _("这不是照片，或者没传完整。请用 JPEG、PNG 或 WebP。")
        return _person(account_id, wrong=wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("照片换好了。再印一次证，新照片就在上面。"), "done")
    return _back(account_id)


@pages.get("/badges/<code>/photo")
@audience(Role.COORDINATOR, Role.DEPOT, Role.GRID_LEAD, Role.VOLUNTEER)
def photo(code: str) -> Response:
    """Show the photo on a badge."""
    found = photo_of_badge(asker(), code)
    return Response(found.content, mimetype=found.media_type, headers={"Content-Disposition": "inline"})


@pages.post("/coordinator/badges/<code>/suspend")
@audience(Role.COORDINATOR)
def suspend(code: str) -> AnyResponse:
    """Suspend a badge."""
    return _turn(code, people.suspend_badge, _("证 %(code)s 暂停了，马上不能领单、交接。", code=code))


@pages.post("/coordinator/badges/<code>/resume")
@audience(Role.COORDINATOR)
def resume(code: str) -> AnyResponse:
    """Let a suspended badge work again."""
    return _turn(code, people.resume_badge, _("证 %(code)s 又能用了。", code=code))


@pages.route("/coordinator/badges/<code>/revoke", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def revoke(code: str) -> str | AnyResponse:
    """Revoke a badge for good, after asking once more."""
    if request.method != "POST":
        return render_template("coordinator/revoke.html", badge=_worn(code))
    return _turn(code, people.revoke_badge, _("证 %(code)s 作废了，这个号不会再用。", code=code))


@pages.route("/coordinator/badges/<code>/replace", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def replace(code: str) -> str | AnyResponse:
    """Replace a lost card by one with another number, after asking once more."""
    if request.method != "POST":
        return render_template("coordinator/badge_replace.html", badge=_worn(code))
    return _follow(code, lambda: people.replace_badge(asker(), code).code)


@pages.route("/coordinator/badges/<code>/transfer", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def transfer(code: str) -> str | AnyResponse:
    """Move a volunteer to another grid: another badge."""
    if request.method != "POST":
        return render_template("coordinator/badge_transfer.html", badge=_worn(code), grids=grids_for(asker()))
    grid = Form(request.form.to_dict()).count("grid", least=1, most=9999) or 0
    return _follow(code, lambda: people.transfer_badge(asker(), code, grid=grid).code)


@pages.route("/coordinator/badges/print", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def sheet() -> str | AnyResponse | tuple[str, int]:
    """Choose badges and print them on sheets of A4; those printed before sign nobody in any more."""
    if request.method != "POST":
        return _choose()
    settings = current_app.extensions["settings"]
    try:
        pdf = badges_pdf(asker(), request.form.getlist("code"), public_url=settings.public_url)
    except PublicUrlError:
        return _choose(refused="address"), HTTPStatus.CONFLICT
    except NotFoundError:
        return _choose(refused="gone"), HTTPStatus.CONFLICT
    return send_file(BytesIO(pdf), "application/pdf", as_attachment=True, download_name="badges.pdf")


def _choose(refused: str = "") -> str:
    valid = [person for person in volunteers_of(asker()) if person.standing in {"live", "suspended"}]
    chosen = request.args.get("code", "")
    return render_template("coordinator/badges.html", people=valid, refused=refused, chosen=chosen)


def _person(account_id: int, wrong: str = "") -> str:
    person = volunteer_for(asker(), account_id)
    badges = [person.badge.code] if person.badge else []
    return render_template(
        "coordinator/badge.html",
        person=person,
        phone="".join(phones_of(asker(), badges, vault=current_app.extensions["vault"]).values()),
        grids=grids_for(asker()),
        wrong=wrong,
    )


def _worn(code: str) -> Row[Any]:
    badge = next((person for person in volunteers_of(asker()) if person.badge == code), None)
    if badge is None:
        raise NotFoundError("no such badge", badge=code)
    return badge


def _turn(code: str, turn: Callable[..., None], words: str) -> AnyResponse:
    """Change the state of a badge and go back to who wears it."""
    account_id = _worn(code).id
    try:
        turn(asker(), code)
        flash(words, "done")
    except ConflictError:
        flash(_("证 %(code)s 刚刚被别人改过，请看现在的样子。", code=code), "problem")
    return _back(account_id)


def _follow(code: str, follow: Callable[[], str]) -> AnyResponse:
    """Put another badge in the place of one, and go back to who wears it."""
    account_id = _worn(code).id
    try:
        flash(_("证 %(old)s 作废了，换成 %(new)s。印出来交给他。", old=code, new=follow()), "done")
    except ConflictError:
        flash(_("没有换：这个证现在不能换，或者本来就是这个网格的。"), "problem")
    return _back(account_id)


def _back(account_id: int) -> AnyResponse:
    return redirect(url_for("badge_pages.person", account_id=account_id), HTTPStatus.SEE_OTHER)
