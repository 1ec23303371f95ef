"""The door of the house: signing in and out, and how pages look."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for

from supplyhub.errors import NotFoundError
from supplyhub.people import commands as people
from supplyhub.people.passwords import LONGEST, SHORTEST
from supplyhub.people.staff import login_of
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_of
from supplyhub.web import auth, language
from supplyhub.web.audience import EVERYBODY, PUBLIC, STAFF, asker, audience, current_asker
from supplyhub.web.language import gettext as _
from supplyhub.web.limits import SIGN_IN, limiter
from supplyhub.web.pages import card_entry

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("entry", __name__)

# A card asks twice: whose it is, and the button; a housing estate may stand behind one address. Against noise only: what
# wrong typed codes cost stands in the database.
CARD = "240 per minute"

HOMES = {
    Role.RESIDENT: "resident.menu",
    Role.GRID_LEAD: "grid.today",
    Role.DEPOT: "staging.board",
    Role.VOLUNTEER: "volunteer.tickets",
    Role.COORDINATOR: "coordinator.home",
}


# Whose 30 days are over while one of these was open is a household, which has a card and no password.
HOUSEHOLD_PAGES = {"/menu", "/review", "/order", "/order/cancel", "/household", "/ask"}


@pages.get("/")
@audience(PUBLIC)
def home() -> Response:
    """Send everybody to their own first page; strangers to the household card, which most of them have."""
    asker = current_asker()
    if asker is None and auth.device_of_session() is not None:
        return redirect(url_for("entry.ended"))
    return redirect(url_for(HOMES[asker.role] if asker else "entry.card"))


@pages.get("/look")
@audience(PUBLIC)
def change_look() -> Response:
    """Remember language and type size on this device and go back; a link, so that it works without script."""
    lang, size = request.args.get("lang"), request.args.get("type")
    wanted = language.look()
    if lang in language.LANGUAGES:
        wanted = replace(wanted, lang=lang)
    if size in {"large", "normal"}:
        wanted = replace(wanted, large=size == "large")
    response = redirect(local_address(request.args.get("back")))
    language.remember(response, wanted, secure=current_app.config["SESSION_COOKIE_SECURE"])
    return response


def local_address(given: str | None) -> str:
    """Return an address of this site to go on to; anything that could lead elsewhere becomes the first page."""
    path = given or "/"
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


@pages.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@audience(PUBLIC)
def sign_in() -> str | Response | tuple[str, int]:
    """Sign staff in with login and password."""
    if request.method != "POST":
        if current_asker() is None and auth.device_of_session() is not None:
            return redirect(url_for("entry.ended"))
        after = request.args.get("next", "")
        if after.partition("?")[0] in HOUSEHOLD_PAGES:
            return redirect(url_for("entry.card"))
        return render_template("entry/sign_in.html", login="", next=after, failed=False)
    login, wanted = request.form.get("login", ""), request.form.get("next")
    try:
        account_id = people.sign_in(login, request.form.get("password", ""))
    except people.SignInError:
        page = render_template("entry/sign_in.html", login=login[:80], next=wanted, failed=True)
        return page, HTTPStatus.UNAUTHORIZED
    return enter(account_id, local_address(wanted))


@pages.route("/link", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@audience(PUBLIC)
def link() -> str | Response | tuple[str, int]:
    """Sign staff in with a one-time link: its secret stands behind the #, where no server or log sees it."""
    if request.method != "POST":
        return render_template("entry/link.html", failed=False)
    try:
        account_id = people.use_sign_in_link(request.form.get("secret", ""))
    except people.SignInError:
        return render_template("entry/link.html", failed=True), HTTPStatus.UNAUTHORIZED
    return enter(account_id, "/", to_password=True)


@pages.route("/card", methods=["GET", "POST"])
@limiter.limit(CARD, methods=["POST"])
@audience(PUBLIC)
def card() -> str | Response | tuple[str, int]:
    """Sign a household in with its card: first whose card it is, then one button; a number for a further device."""
    return card_entry.page() if request.method != "POST" else card_entry.given()


@pages.get("/signed-out")
@audience(PUBLIC)
def ended() -> str | Response:
    """Tell somebody whose device was ended, or whose 30 days are over, why and what to do."""
    if current_asker() is not None:
        return redirect("/")
    auth.sign_out()
    return render_template("entry/ended.html")


@pages.route("/password", methods=["GET", "POST"])
@audience(STAFF)
def password() -> str | Response | tuple[str, int]:
    """Let staff set a password; it signs out every other device."""
    wrong = ""
    if request.method == "POST":
        wanted = request.form.get("password", "")
        wrong = _password_fault(wanted, request.form.get("again", ""))
        if not wrong:
            people.set_password(asker().account_id, wanted)
            flash(_("密码设好了"), "done")
            return enter(asker().account_id, "/")
    page = render_template("entry/password.html", wrong=wrong, shortest=SHORTEST, login=login_of(asker().account_id))
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK


@pages.post("/sign-out")
@audience(EVERYBODY)
def sign_out() -> Response:
    """End the session of this device."""
    household = asker().role == Role.RESIDENT
    card_entry.leave_household()
    auth.sign_out()
    return redirect(url_for("entry.card" if household else "entry.sign_in"), HTTPStatus.SEE_OTHER)


def enter(account_id: int, address: str, *, to_password: bool = False) -> Response:
    """Open a session for an account and go on; with `to_password` those who can have a password choose one first."""
    asker = asker_of(account_id)
    if asker is None:
        raise NotFoundError("this account is closed")
    greeting = session.get("_flashes")
    card_entry.leave_household()
    auth.sign_in(asker)
    if greeting:
        session["_flashes"] = greeting
    if to_password and asker.role != Role.VOLUNTEER and login_of(account_id):
        # A volunteer stands in the street with a phone; the badge is what counts there.
        address = url_for("entry.password")
    return redirect(address, HTTPStatus.SEE_OTHER)


def _password_fault(wanted: str, again: str) -> str:
    if not SHORTEST <= len(wanted) <= LONGEST:
        return _("密码要 %(shortest)s 到 %(longest)s 个字。", shortest=SHORTEST, longest=LONGEST)
    return "" if wanted == again else _("两次输的不一样，请再输一次。")
