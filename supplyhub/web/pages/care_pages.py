"""The care register (特殊群体台账) for leads and coordinators: who is in it, putting a household in, all keepers of a grid."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.ordering.doors import door_for
from supplyhub.ordering.finding import find_doors
from supplyhub.people.states import Role
from supplyhub.places.queries import grid_numbered
from supplyhub.residents.care import (
    LONGEST_INTERVAL_DAYS,
    CaseThereError,
    NewCase,
    name_keeper_of_grid,
    open_case,
)
from supplyhub.residents.care_checks import count_due_checks
from supplyhub.residents.care_queries import PARTS, case_counts, cases_for, keepers_for, live_case_of
from supplyhub.residents.care_reach import today_in
from supplyhub.residents.care_rules import LONGEST_NOTE
from supplyhub.residents.queries import grids_for
from supplyhub.residents.states import CareCategory, ConsentPurpose
from supplyhub.web.audience import asker, audience, current_asker
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted, door
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

pages = Blueprint("care", __name__, url_prefix="/care")
KEEPERS = (Role.GRID_LEAD, Role.COORDINATOR)
PAGE = 50
LONGEST_SEARCH = 40


def init_app(app: Flask) -> None:
    """Give the templates how many check-in calls are due."""
    app.jinja_env.globals.update(care_calls_due=care_calls_due)


def care_calls_due() -> int:
    """Return how many check-in calls are due in the asker's reach; none for who makes none."""
    who = current_asker()
    return count_due_checks(who) if who is not None and who.role in KEEPERS else 0


@pages.get("")
@audience(*KEEPERS)
def register() -> str:
    """List the doors of the care register in walking order; why somebody is in it stands nowhere here."""
    part, page = request.args.get("part", "all"), min(max(request.args.get("page", 1, type=int), 1), 10_000)
    part = part if part in PARTS else "all"
    grid = request.args.get("grid", type=int) if asker().role == Role.COORDINATOR else None
    grid = grid if grid and 0 < grid < 10_000 else None
    return render_template(
        "care/register.html",
        entries=cases_for(asker(), part=part, grid=grid, limit=PAGE, offset=(page - 1) * PAGE),
        counts=case_counts(asker(), grid=grid),
        part=part,
        parts=list(PARTS),
        page=page,
        page_size=PAGE,
        grid=grid,
        grids=grids_for(asker()) if asker().role == Role.COORDINATOR else [],
        keepers=[one for one in keepers_for(asker()) if one.grid_number in {None, grid}] if grid else [],
        today=today_in(asker().community_id),
    )


@pages.post("/keepers")
@audience(Role.COORDINATOR)
def keepers() -> Response:
    """Name one keeper for every entry of a grid that has none."""
    grid, account = request.form.get("grid", 0, type=int), request.form.get("account", 0, type=int)
    try:
        named = name_keeper_of_grid(asker(), grid_numbered(asker().community_id, grid), account)
        flash(counted("%(num)s 户有了管台账的人。", named), "done")
    except NotFoundError:
        flash(_("没有改动：请选这个网格的网格长，或者专班的人。"), "problem")
    return redirect(url_for("care.register", grid=grid, part="no_keeper"), HTTPStatus.SEE_OTHER)


@pages.route("/new", methods=["GET", "POST"])
@audience(*KEEPERS)
def find() -> str:
    """Find the door to be put in. What is typed is sent, not put in the address."""
    text = request.form.get("door", "")[:LONGEST_SEARCH]
    doors = find_doors(asker(), text, vault=current_app.extensions["vault"]) if text.strip() else None
    return render_template("care/find.html", text=text, doors=doors)


@pages.get("/new/<int:household_id>")
@audience(*KEEPERS)
def new(household_id: int) -> str | Response:
    """Ask what the entry of a household is to say; go to the one that is there already."""
    there = live_case_of(asker(), household_id)
    if there is not None:
        return redirect(url_for("care_case.case", case_id=there), HTTPStatus.SEE_OTHER)
    return _new_page(household_id, Form({"given_on": today_in(asker().community_id).isoformat(), "priority": "2"}))


@pages.post("/new/<int:household_id>")
@audience(*KEEPERS)
def add(household_id: int) -> Response | tuple[str, int]:
    """Put a household into the register."""
    form = Form(request.form.to_dict())
    entry = _read_new(form)
    if not form.wrong:
        try:
            case = open_case(asker(), household_id, entry, vault=current_app.extensions["vault"])
        except CaseThereError as error:
            flash(_("这户已经在台账上了，没有再登一次。"), "problem")
            return redirect(url_for("care_case.case", case_id=error.data["case"]), HTTPStatus.SEE_OTHER)
        except InvalidError as error:
            form.wrong["ends_on" if "ends_on" in error.data else "given_on"] = _(
                "这一天不行：同意的日子不能在以后，台账最长一年。"
            )
        else:
            flash(_("登上台账了，这里写的只有管台账的人和专班打得开。"), "done")
            return redirect(url_for("care_case.case", case_id=case), HTTPStatus.SEE_OTHER)
    return _new_page(household_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


def read_contents(form: Form) -> tuple[frozenset[CareCategory], str]:
    """Return the ticked categories and the note of a form."""
    chosen = frozenset(CareCategory(each) for each in request.form.getlist("category") if each in set(CareCategory))
    if not chosen:
        form.wrong["category"] = _("请至少选一类。")
    form.given["note"] = form.given.get("note", "").replace("\r\n", "\n")
    return chosen, form.text("note", LONGEST_NOTE)


def read_arrangement(form: Form) -> tuple[int, int | None]:
    """Return the priority and how often somebody calls; None for never."""
    priority = form.count("priority", least=1, most=2) or 2
    return priority, form.count("every", least=1, most=LONGEST_INTERVAL_DAYS, needed=False)


def _read_new(form: Form) -> NewCase:
    categories, note = read_contents(form)
    priority, every = read_arrangement(form)
    agreed = [ConsentPurpose(each) for each in request.form.getlist("consent") if each in set(ConsentPurpose)]
    given_on = form.day("given_on", needed=bool(agreed))
    ends_on = form.day("ends_on", needed=False)
    consents = dict.fromkeys(agreed, given_on) if given_on else {}
    return NewCase(categories, note, priority, every, ends_on, consents)


def _new_page(household_id: int, form: Form) -> str:
    home = door_for(asker(), household_id)
    return render_template(
        "care/new.html",
        home=home,
        form=form,
        chosen=request.form.getlist("category"),
        agreed=request.form.getlist("consent"),
        categories=list(CareCategory),
        purposes=list(ConsentPurpose),
        longest_note=LONGEST_NOTE,
        title=door(home),
    )
