"""The board of help requests, and writing one down that came by phone, at a door, or in the chat."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.help.board import Which, board_counts, count_requests_for, kind_counts, requests_for
from supplyhub.help.commands import open_request, take_request
from supplyhub.help.overdue import unseen_for
from supplyhub.help.states import HelpChannel, HelpKind, HelpState
from supplyhub.ordering.doors import door_for
from supplyhub.ordering.finding import doors_matching, find_doors
from supplyhub.people.states import Role
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.pages.help_forms import empty_form, photos_in, read_help_form, refuse

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

    from supplyhub.web.pages.help_forms import HelpForm

pages = Blueprint("help_board", __name__, url_prefix="/help")
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)
HANDLERS = (Role.GRID_LEAD, Role.COORDINATOR, Role.VOLUNTEER)
LANES = (HelpState.NEW, HelpState.TAKEN, HelpState.WAITING)
# Of a wish its household speaks on its own pages; a complaint starts at its order.
WRITTEN_DOWN = (HelpKind.MEDICINE, HelpKind.TRANSPORT, HelpKind.ERRAND, HelpKind.OTHER, HelpKind.WISH)
HEARD = (HelpChannel.PHONE, HelpChannel.DOORSTEP, HelpChannel.CHAT)
IN_A_LANE = 40
PAGE = 50
LONGEST_SEARCH = 40
MOST_MEANT = 8
NUMERAL = "[0-9零一二两三四五六七八九十]"
# A door within a sentence: 58-2-301, 58栋2单元301, 58#301.
DOOR = re.compile(
    rf"{NUMERAL}{{1,3}}\s*(?:号楼|栋|幢|座|[#＃－-])\s*(?:{NUMERAL}{{1,2}}\s*(?:单元|梯|[－-])\s*)?[0-9]{{3,4}}"
)


def init_app(app: Flask) -> None:
    """Give the templates what stands on the homes of leads and coordinators: past due and seen by nobody, taken by nobody."""
    app.jinja_env.globals.update(help_unseen=lambda: unseen_for(asker()), help_new=help_new)


def help_new() -> int:
    """Return how many requests that the asker sees nobody has taken."""
    return count_requests_for(asker(), Which(state=HelpState.NEW))


@pages.get("")
@audience(*HANDLERS)
def board() -> str:
    """Show the requests by state, the longest due first; what is past due and unseen comes before all."""
    grid = _grid()
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    which = Which(kind=HelpKind(kind) if kind in set(HelpKind) else None, grid=grid, mine="mine" in request.args)
    chosen = HelpState(state) if state in set(LANES) else None
    if chosen or state == "ended":
        return _list(which, chosen)
    lanes = [(each, _lane(which, each), _count(which, each)) for each in LANES]
    return render_template(
        "help/board.html",
        lanes=lanes,
        counts=board_counts(asker(), grid=grid),
        kinds=kind_counts(asker(), grid=grid),
        which=which,
        unseen=unseen_for(asker()),
        grids=_grids(),
    )


def _lane(which: Which, state: HelpState) -> list[Any]:
    return requests_for(asker(), _of(which, state), limit=IN_A_LANE)


def _count(which: Which, state: HelpState) -> int:
    return count_requests_for(asker(), _of(which, state))


def _of(which: Which, state: HelpState | None) -> Which:
    is_open = None if state else False
    return Which(state=state, kind=which.kind, grid=which.grid, mine=which.mine, is_open=is_open)


def _list(which: Which, state: HelpState | None) -> str:
    """Show one state in full, or what has ended, a page at a time."""
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    found = _of(which, state)
    return render_template(
        "help/list.html",
        requests=requests_for(asker(), found, limit=PAGE, offset=(page - 1) * PAGE),
        all=count_requests_for(asker(), found),
        state=state,
        which=which,
        page=page,
        page_size=PAGE,
    )


def _grid() -> int | None:
    """Return the grid (a number) that a coordinator looks at; nobody else chooses."""
    number = request.args.get("grid", type=int)
    return number if asker().role == Role.COORDINATOR and number and number < 2**31 else None


def _grids() -> list[Any]:
    return grids_for(asker()) if asker().role == Role.COORDINATOR else []


@pages.get("/new")
@audience(*LEADS)
def new() -> str:
    """Show the form to write down what somebody asked for; first of all what kind it is."""
    kind = request.args.get("kind", "")
    home = request.args.get("home", type=int)
    if kind not in {each.value for each in WRITTEN_DOWN}:
        return render_template("help/kinds.html", kinds=WRITTEN_DOWN, home=home)
    return _form(empty_form(HelpKind(kind), channel=HelpChannel.PHONE), _home(home))


@pages.post("/new")
@audience(*LEADS)
def write_down() -> str | Response | tuple[str, int]:
    """Find the door that was meant, or open the request."""
    kind = request.form.get("kind", "")
    if kind not in {each.value for each in WRITTEN_DOWN}:
        return redirect(url_for("help_board.new"), HTTPStatus.SEE_OTHER)
    form = read_help_form(request.form, HelpKind(kind))
    home = _home(request.form.get("home", type=int))
    if request.form.get("act") != "open":
        form.wrong.clear()
        return _form(form, None if "change" in request.form else home, _meant(form))
    channel = request.form.get("channel", "")
    if channel not in {each.value for each in HEARD}:
        form.wrong["channel"] = _("请选是怎么来的。")
    if home is None and not request.form.get("stranger"):
        form.wrong["who"] = _("请先找到是哪一户；不在底册里的，勾下面一格。")
    if not form.wrong:
        try:
            return _open(form, home)
        except InvalidError as error:
            refuse(form, error)
    return _form(form, home, _meant(form) if home is None else None), HTTPStatus.UNPROCESSABLE_ENTITY


def _open(form: HelpForm, home: Any) -> Response:
    code = open_request(
        asker(),
        key=form.key,
        kind=form.kind,
        channel=HelpChannel(form.given["channel"]),
        text=form.text,
        facts=form.facts,
        household_id=home.id if home else None,
        grid_number=request.form.get("grid", type=int),
        photos=photos_in(request.files.getlist("photos")),
        vault=current_app.extensions["vault"],
    )
    if "take" in request.form:
        take_request(asker(), code)
    flash(_("登记好了：%(code)s。", code=code), "done")
    return redirect(url_for("help_request.show", code=code), HTTPStatus.SEE_OTHER)


def _home(household_id: int | None) -> Any:
    """Return the door of a household that the asker reaches; None for any other."""
    try:
        return door_for(asker(), household_id) if household_id else None
    except NotFoundError:
        return None


def _meant(form: HelpForm) -> list[Any]:
    """Return the doors that were typed, or are named in the text that was pasted."""
    typed = form.given.get("who", "")[:LONGEST_SEARCH].strip()
    if typed:
        return find_doors(asker(), typed, vault=current_app.extensions["vault"])
    found: dict[int, Any] = {}
    for said in DOOR.findall(form.text)[:MOST_MEANT]:
        found |= {home.id: home for home in doors_matching(asker(), said)[:MOST_MEANT]}
    return list(found.values())


def _form(form: HelpForm, home: Any, meant: list[Any] | None = None) -> str:
    return render_template(
        "help/new.html", form=form, home=home, meant=meant, channels=HEARD, grids=_grids(), take="take" in request.form
    )
