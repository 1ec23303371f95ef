"""Check-in calls (关心电话): those that are due, for leads and coordinators; a standing volunteer's people; how one ended."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for

from supplyhub.errors import InvalidError
from supplyhub.help.commands.checking import KINDS, open_from_check
from supplyhub.help.states import HelpKind
from supplyhub.ordering.doors import contacts_for
from supplyhub.people.states import Role
from supplyhub.residents.care_checks import (
    NEEDS_HELP,
    CallDoneError,
    check_for,
    count_due_checks,
    due_checks,
    finish_check,
)
from supplyhub.residents.care_standing import people_of
from supplyhub.residents.states import CheckOutcome
from supplyhub.web.audience import asker, audience, current_asker
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import door
from supplyhub.web.pages.care_pages import KEEPERS
from supplyhub.web.pages.help_forms import empty_form, read_help_form, refuse
from supplyhub.web.words import word

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

    from supplyhub.web.pages.help_forms import HelpForm

pages = Blueprint("care_calls", __name__, url_prefix="/care")
CALLERS = (*KEEPERS, Role.VOLUNTEER)
SHOWN = 60
DAYS_AHEAD = 7


def init_app(app: Flask) -> None:
    """Give the templates what tells a standing volunteer."""
    app.jinja_env.globals.update(looked_after=looked_after)


def looked_after() -> int:
    """Return how many households a volunteer looks after; asked of the database once a request."""
    who = current_asker()
    if who is None or who.role != Role.VOLUNTEER or who.badge_id is None:
        return 0
    if "looked_after" not in g:
        g.looked_after = len(people_of(who, vault=current_app.extensions["vault"]))
    return int(g.looked_after)


@pages.get("/calls")
@audience(*KEEPERS)
def calls() -> str:
    """List the calls that are due, urgent first; those of the next days are folded."""
    due = due_checks(asker(), limit=SHOWN)
    soon = [call for call in due_checks(asker(), ahead=DAYS_AHEAD, limit=2 * SHOWN) if call.days_late < 0]
    homes = [call.household_id for call in due]
    return render_template(
        "care/calls.html",
        due=due,
        soon=soon[:SHOWN],
        more=count_due_checks(asker()) - len(due),
        contacts=contacts_for(asker(), homes, vault=current_app.extensions["vault"]),
    )


@pages.get("/mine")
@audience(Role.VOLUNTEER)
def mine() -> str:
    """Show a volunteer the people looked after: door, needs, the call that is due; a phone where that was agreed."""
    if asker().badge_id is None:
        return render_template("care/mine.html", people=[])
    return render_template("care/mine.html", people=people_of(asker(), vault=current_app.extensions["vault"]))


@pages.post("/calls/<int:check_id>")
@audience(*CALLERS)
def finish(check_id: int) -> Response:
    """Note how a call ended, when nothing has to be done about it."""
    call, outcome = check_for(asker(), check_id), request.form.get("outcome", "")
    if outcome not in set(CheckOutcome):
        raise InvalidError("the form names no outcome")
    if outcome in NEEDS_HELP:
        return redirect(url_for("care_calls.ask", check_id=check_id, outcome=outcome), HTTPStatus.SEE_OTHER)
    try:
        finish_check(asker(), check_id, CheckOutcome(outcome))
        flash(_("%(door)s 记下了：%(what)s。", door=door(call), what=word("care_call", outcome)), "done")
    except CallDoneError:
        flash(_("%(door)s 别人刚刚打过，没有再记。", door=door(call)), "problem")
    return _back()


@pages.route("/calls/<int:check_id>/<any(needs_something, worrying):outcome>", methods=["GET", "POST"])
@audience(*CALLERS)
def ask(check_id: int, outcome: str) -> str | Response | tuple[str, int]:
    """Ask what is needed, and open a request with it."""
    call = check_for(asker(), check_id)
    chosen = request.values.get("kind", "other")
    kind = HelpKind(chosen) if chosen in KINDS else HelpKind.OTHER
    if request.method == "GET":
        return _ask_page(check_id, outcome, empty_form(kind))
    form = read_help_form(request.form, kind)
    if not form.wrong:
        try:
            code = open_from_check(
                asker(),
                check_id,
                CheckOutcome(outcome),
                key=form.key,
                kind=kind,
                text=form.text,
                facts=form.facts,
                vault=current_app.extensions["vault"],
            )
        except CallDoneError:
            flash(_("%(door)s 别人刚刚打过，没有再记。", door=door(call)), "problem")
            return _back()
        except InvalidError as error:
            refuse(form, error)
        else:
            flash(_("%(door)s 记下了，诉求 %(code)s 登记了。", door=door(call), code=code), "done")
            return _back()
    return _ask_page(check_id, outcome, form), HTTPStatus.UNPROCESSABLE_ENTITY


def _ask_page(check_id: int, outcome: str, form: HelpForm) -> str:
    return render_template(
        "care/ask.html",
        call=check_for(asker(), check_id),
        check_id=check_id,
        outcome=outcome,
        form=form,
        kinds=[kind for kind in HelpKind if kind in KINDS],
        back=_list(),
    )


def _list() -> str:
    return url_for("care_calls.mine" if asker().role == Role.VOLUNTEER else "care_calls.calls")


def _back() -> Response:
    return redirect(_list(), HTTPStatus.SEE_OTHER)
