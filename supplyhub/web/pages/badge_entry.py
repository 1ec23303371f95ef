"""A volunteer's way in: the badge's QR and a PIN of six digits, which is chosen at the first time."""

from __future__ import annotations

import re
import unicodedata
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.errors import ConflictError, HubError, InvalidError, NotFoundError
from supplyhub.people import commands as people
from supplyhub.people.commands import DeadBadgeError, PinLockedError, SignInError, WrongPinError
from supplyhub.people.pins import LOCKED_MINUTES, PIN_LENGTH
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_of
from supplyhub.web import auth
from supplyhub.web.audience import PUBLIC, asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.limits import limiter
from supplyhub.web.looks import counted
from supplyhub.web.pages import card_entry

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.people.commands import BadgeEntry, BadgeSession

pages = Blueprint("badge_entry", __name__)

# Against noise only: a secret has 130 bits, and what wrong PINs cost stands in the database.
BADGE = "60 per minute"

Answer = tuple[str, HTTPStatus]


@pages.route("/badge", methods=["GET", "POST"])
@limiter.limit(BADGE, methods=["POST"])
@audience(PUBLIC)
def badge() -> str | Response | Answer:
    """Sign a volunteer in: first whose badge it is, then the PIN. The secret stands behind the #, which no log sees."""
    if request.method != "POST":
        return _scan()
    given = request.form.get("secret", "").rpartition("#")[2]
    try:
        entry = people.badge_in_hand(given)
        if "pin" not in request.form:
            return _ask(entry, given)
        came = _entered(entry, given) if entry.has_pin else _chosen(entry, given)
    except DeadBadgeError as error:
        return _scan(dead=str(error.data["state"])), HTTPStatus.UNAUTHORIZED
    except SignInError:
        return _scan(refused=True), HTTPStatus.UNAUTHORIZED
    return _come_in(came) if not isinstance(came, tuple) else came


@pages.route("/badge/pin", methods=["GET", "POST"])
@audience(Role.VOLUNTEER)
def pin() -> str | Response | Answer:
    """Let a volunteer choose a new PIN: who forgot it came in by a one-time link."""
    if request.method != "POST":
        return render_template("entry/badge_pin.html", entry=None, secret="", wrong="")
    wanted, wrong = _wanted()
    if not wrong:
        try:
            people.set_own_pin(asker(), wanted)
        except InvalidError:
            wrong = _easy()
    if wrong:
        return render_template(
            "entry/badge_pin.html", entry=None, secret="", wrong=wrong
        ), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("密码数字换好了，下次扫证就用它。"), "done")
    return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)


def _entered(entry: BadgeEntry, given: str) -> BadgeSession | Answer:
    typed = _digits("pin")
    if len(typed) != PIN_LENGTH:
        return _ask(entry, given, _("要 6 位数字。")), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        return people.sign_in_with_badge(given, typed)
    except WrongPinError as error:
        return _ask(entry, given, _wrong_words(error)), HTTPStatus.UNAUTHORIZED
    except PinLockedError:
        return _ask(entry, given, _locked()), HTTPStatus.TOO_MANY_REQUESTS


def _chosen(entry: BadgeEntry, given: str) -> BadgeSession | Answer:
    wanted, wrong = _wanted()
    if not wrong:
        try:
            return people.choose_pin(given, wanted)
        except InvalidError:
            wrong = _easy()
        except ConflictError:
            # Another phone was first: now there is one to be entered.
            return _ask(
                people.badge_in_hand(given), given, _("这个证刚刚设过了。请输那 6 位数字。")
            ), HTTPStatus.CONFLICT
    return _ask(entry, given, wrong), HTTPStatus.UNPROCESSABLE_ENTITY


def _come_in(came: BadgeSession) -> Response:
    found = asker_of(came.account_id)
    if found is None:
        raise NotFoundError("this account is closed")
    card_entry.leave_household()
    auth.sign_in(found, badge=came)
    return redirect(url_for("volunteer.tickets"), HTTPStatus.SEE_OTHER)


def _scan(*, dead: str = "", refused: bool = False) -> str:
    return render_template("entry/badge.html", dead=dead, refused=refused)


def _ask(entry: BadgeEntry, given: str, wrong: str = "") -> str:
    template = "entry/badge_enter.html" if entry.has_pin else "entry/badge_pin.html"
    return render_template(template, entry=entry, secret=given, wrong=wrong)


def _wanted() -> tuple[str, str]:
    """Return the PIN that was chosen, and what is wrong with it."""
    wanted = _digits("pin")
    if len(wanted) != PIN_LENGTH:
        return wanted, _("要 6 位数字。")
    return wanted, "" if wanted == _digits("again") else _("两次输的不一样，请再输一次。")


def _digits(field: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", request.form.get(field, "")[:40]))


def _easy() -> str:
    return _("这个太好猜了：不要 6 个一样的，也不要 123456 这样连着的。")


def _locked() -> str:
    return _(
        "输错太多次，这个证 %(minutes)s 分钟里不能登录。忘了的话，找专班要一次性链接，进去换一个。",
        minutes=LOCKED_MINUTES,
    )


def _wrong_words(error: HubError) -> str:
    left = error.data.get("tries_left", 0)
    return counted("数字不对，还能再试 %(num)s 次。", left) if isinstance(left, int) and left else _locked()
