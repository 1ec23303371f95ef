"""A household asks for help: medicine, a ride, an errand, a wish, what is wrong with an order; and reads what became of it."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for

from supplyhub.depot.reasons import lines_with_reasons
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.help import commands
from supplyhub.help.asked import asked_for_others, told_steps
from supplyhub.help.board import Which, requests_for
from supplyhub.help.commands.photos import photos_of
from supplyhub.help.queries import request_for
from supplyhub.help.rules import MOST_PHOTOS
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.help.wishes import claim_of, count_free_wishes
from supplyhub.ordering.finding import neighbours_of
from supplyhub.ordering.queries import order_of
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import dated, enumerated, moment, named
from supplyhub.web.pages.anchor_pages import is_anchor
from supplyhub.web.pages.help_forms import empty_form, photos_in, read_help_form, refuse
from supplyhub.web.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask
    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.crypto import Vault
    from supplyhub.web.pages.help_forms import HelpForm

pages = Blueprint("asking", __name__, url_prefix="/ask")
# In the order in which they are looked for; a complaint begins at its order.
OFFERED = (HelpKind.MEDICINE, HelpKind.TRANSPORT, HelpKind.ERRAND, HelpKind.OTHER, HelpKind.WISH)
FOR_NEIGHBOURS = OFFERED[:4]


def init_app(app: Flask) -> None:
    """Give the templates a request's fields in words."""
    app.jinja_env.globals.update(fact_words=fact_words)


def fact_words(name: str, value: Any, names: Mapping[int, str]) -> str:
    """Return what a coded field of a request says; `names`: what the lines of its order are called."""
    if isinstance(value, bool):
        return _("是") if value else _("不是")
    if isinstance(value, list):
        return enumerated(names.get(item, "?") for item in value) or _("没写")
    if name == "when":
        return moment(datetime.fromisoformat(value))
    if name == "needed_by":
        return dated(date.fromisoformat(value))
    return word("help_answer", value)


@pages.get("")
@audience(Role.RESIDENT)
def home() -> str:
    """Offer what can be asked for, above it what was and isn't done yet."""
    mine = [each for each in requests_for(asker(), Which(), limit=30) if each.opens]
    return render_template(
        "asking/home.html",
        kinds=OFFERED,
        open_ones=[each for each in mine if each.ended_at is None],
        ended=[each for each in mine if each.ended_at is not None],
        for_others=asked_for_others(asker()),
        wishes=count_free_wishes(asker()),
    )


@pages.get("/neighbours")
@audience(Role.RESIDENT)
def neighbours() -> str:
    """Let an anchor household choose for which door of its building it asks."""
    if not is_anchor():
        return render_template("anchors/no_anchor.html")
    text = request.args.get("door", "")[:40]
    return render_template("asking/neighbours.html", homes=neighbours_of(asker(), text), text=text)


@pages.route("/new/<kind>", methods=["GET", "POST"])
@audience(Role.RESIDENT)
def new(kind: str) -> str | Response | tuple[str, int]:
    """Ask for something of a kind; an anchor household for the door that the address names."""
    wanted, door = _kind(kind), _neighbour()
    if door is not None and wanted not in FOR_NEIGHBOURS:
        raise NotFoundError("a neighbour makes their wishes themselves", kind=kind)
    if request.method != "POST":
        return _form_page(empty_form(wanted), door=door)
    form = read_help_form(request.form, wanted)
    code = _ask(form, household_id=door.id if door else None)
    if code is None:
        return _form_page(form, door=door), HTTPStatus.UNPROCESSABLE_ENTITY
    if door is not None:
        flash(_("替 %(door)s 说好了，编号 %(code)s。他家自己也看得到。", door=_said(door), code=code), "done")
        return redirect(url_for("asking.home"), HTTPStatus.SEE_OTHER)
    flash(_("说好了，网格长看到了就来办。"), "done")
    return redirect(url_for("asking.status", code=code), HTTPStatus.SEE_OTHER)


@pages.route("/order/<int:menu_id>", methods=["GET", "POST"])
@audience(Role.RESIDENT)
def complain(menu_id: int) -> str | Response | tuple[str, int]:
    """Say what is wrong with one's order of a menu."""
    order = order_of(asker(), menu_id, asker().household())
    if order is None:
        raise NotFoundError("no such order", menu=menu_id)
    lines = [(line.item_id, f"{named(line)} × {line.quantity}") for line in lines_with_reasons(asker(), order["id"])]
    form = empty_form(HelpKind.COMPLAINT)
    if request.method == "POST":
        form = read_help_form(request.form, HelpKind.COMPLAINT)
        code = _ask(form, order_id=order["id"])
        if code is not None:
            flash(_("说好了，网格长去查。查得怎样，会写在这里。"), "done")
            return redirect(url_for("asking.status", code=code), HTTPStatus.SEE_OTHER)
    page = _form_page(form, items=lines, order=order)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.wrong else HTTPStatus.OK


@pages.get("/of/<code>")
@audience(Role.RESIDENT)
def status(code: str) -> str:
    """Show what was asked for and what was done about it."""
    asked = _own(code)
    # Before it is opened: that ends the transaction.
    opened = commands.read_request(asker(), code, vault=_vault())
    return render_template(
        "asking/status.html",
        asked=asked,
        opened=opened,
        steps=told_steps(asked),
        photos=photos_of(asked),
        most_photos=MOST_PHOTOS,
        claim=claim_of(asked) if asked.kind == HelpKind.WISH else None,
        names=line_names(asked),
    )


@pages.get("/of/<code>/photos/<int:photo_id>")
@audience(Role.RESIDENT)
def photo(code: str, photo_id: int) -> Response:
    """Return a photo of one's own request; nothing between keeps it."""
    picture = commands.read_photo(asker(), _own(code).code, photo_id, vault=_vault())
    answer = send_file(BytesIO(picture.content), picture.media_type)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post("/of/<code>/photos")
@audience(Role.RESIDENT)
def add_photo(code: str) -> Response:
    """Add a photo."""
    try:
        for data in photos_in(request.files.getlist("photos"))[:1]:
            commands.add_photo(asker(), _own(code).code, data, vault=_vault())
            flash(_("照片加上了。"), "done")
    except (InvalidError, ConflictError):
        flash(_("没有加：照片要是 JPEG、PNG 或 WebP，最多 3 MB，一共最多 6 张。"), "problem")
    return redirect(url_for("asking.status", code=code), HTTPStatus.SEE_OTHER)


@pages.post("/of/<code>/photos/remove")
@audience(Role.RESIDENT)
def remove_photos(code: str) -> Response:
    """Take the photos away."""
    commands.take_photos_away(asker(), _own(code).code)
    flash(_("照片删掉了。"), "done")
    return redirect(url_for("asking.status", code=code), HTTPStatus.SEE_OTHER)


@pages.route("/of/<code>/withdraw", methods=["GET", "POST"])
@audience(Role.RESIDENT)
def withdraw(code: str) -> str | Response:
    """Ask once more, then take the request back."""
    asked = _own(code)
    if request.method != "POST":
        return render_template("asking/withdraw.html", asked=asked)
    try:
        commands.withdraw(asker(), asked.code, vault=_vault())
        flash(_("撤回了，没有人再来办这件事。"), "done")
    except ConflictError:
        flash(_("没有撤：这件事刚刚办完了。"), "problem")
    return redirect(url_for("asking.status", code=asked.code), HTTPStatus.SEE_OTHER)


@pages.post("/of/<code>/again")
@audience(Role.RESIDENT)
def again(code: str) -> Response:
    """Say that it isn't solved."""
    note = request.form.get("note", "")
    try:
        commands.reopen(asker(), _own(code).code, note=note, vault=_vault())
        flash(_("告诉他们了，会再来办。"), "done")
    except (ConflictError, InvalidError):
        flash(_("没有发出：办完三天以内才能在这里说，最多 500 个字。请重新说一件。"), "problem")
    return redirect(url_for("asking.status", code=code), HTTPStatus.SEE_OTHER)


def line_names(asked: Row[Any]) -> dict[int, str]:
    """Return what the lines of the order are called that a complaint is about; none of other requests."""
    if asked.order_id is None:
        return {}
    return {line.item_id: named(line) for line in lines_with_reasons(asker(), asked.order_id)}


def _own(code: str) -> Row[Any]:
    """Return a request of the household itself. Raises NotFoundError for a neighbour's wish that it has claimed, too."""
    asked = request_for(asker(), code)
    if not asked.opens:
        raise NotFoundError("no such request", request=code[:20])
    return asked


def _kind(text: str) -> HelpKind:
    if text not in OFFERED:
        raise NotFoundError("nothing of this kind is asked for here", kind=text[:20])
    return HelpKind(text)


def _neighbour() -> Row[Any] | None:
    """Return the neighbour's door that an anchor household asks for, None for its own. Raises NotFoundError for another's."""
    wanted = request.args.get("for", type=int)
    if wanted is None:
        return None
    found = next((home for home in neighbours_of(asker()) if home.id == wanted), None)
    if found is None:
        raise NotFoundError("no such household", household=wanted)
    return found


def _ask(form: HelpForm, **whose: int | None) -> str | None:
    """Open the request that a form asks for and return its code; None when something is wrong with the form."""
    if form.wrong:
        return None
    try:
        return commands.open_request(
            asker(),
            key=form.key,
            kind=form.kind,
            channel=HelpChannel.WEB,
            text=form.text,
            facts=form.facts,
            photos=photos_in(request.files.getlist("photos")),
            vault=_vault(),
            **whose,
        )
    except InvalidError as error:
        refuse(form, error)
    except ConflictError:
        form.wrong["text"] = _("没有发出：这栋楼还没划进网格。请打电话给网格长。")
    return None


def _form_page(form: HelpForm, **more: Any) -> str:
    return render_template("asking/form.html", **({"form": form, "door": None, "items": [], "order": None} | more))


def _said(door: Row[Any]) -> str:
    return f"{door.building_number or door.building_name}-{door.unit_number}-{door.door}"


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
