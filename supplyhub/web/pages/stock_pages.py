"""Stock (库存): lots by expiry, what happened to one, and what becomes of goods that are spoiled or came back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.depot import commands
from supplyhub.depot.errors import SecondPersonError
from supplyhub.depot.schemas import MOST_UNITS
from supplyhub.depot.states import WAYS, WRITE_OFF_REASONS, MoveReason, Place
from supplyhub.depot.stock_queries import HERE, count_stock_for, lot_for, movements_of, stock_for, units_by_place
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.pages.folding import folds_of
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from supplyhub.errors import HubError

pages = Blueprint("stock", __name__, url_prefix="/depot/stock")

PAGE_SIZE = 200
# Of what expires within so many days it is said first.
SOON_DAYS = 2
SOON = "soon"
STORY = 200
LONGEST_WORDS = 40
LONGEST_NOTE = 200
WRITTEN_OFF_FROM = [place for place in Place if (place, Place.WASTE) in WAYS]


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def lots() -> str:
    """List the lots that are here, expiring first: all, those at one place, those that a word finds."""
    place = request.args.get("place", "")
    places = [place] if place in HERE else HERE
    words = request.args.get("q", "")[:LONGEST_WORDS].replace("\0", "")
    page = max(1, request.args.get("page", 1, type=int))
    found = stock_for(asker(), places=places, words=words, limit=PAGE_SIZE, offset=PAGE_SIZE * (page - 1))
    return render_template(
        "depot/stock.html",
        folds=folds_of(
            found,
            key=lambda lot: SOON if lot.days_left <= SOON_DAYS else lot.category,
            first=(SOON,),
            searched=bool(words),
        ),
        all=count_stock_for(asker(), places=places, words=words),
        page=page,
        page_size=PAGE_SIZE,
        place=place if place in HERE else "",
        words=words,
        units=units_by_place(asker()),
    )


@pages.get("/<int:lot_id>")
@audience(Role.DEPOT, Role.COORDINATOR)
def lot(lot_id: int) -> str:
    """Show a lot: where its units are, what can be done with them, what happened to it."""
    return _lot_page(lot_id)


@pages.post("/<int:lot_id>/write-off")
@audience(Role.DEPOT)
def write_off(lot_id: int) -> Response | tuple[str, int]:
    """Write units off, with a reason."""
    form = Form(request.form.to_dict())
    place = _one_of(form, "place", WRITTEN_OFF_FROM)
    reason = _one_of(form, "reason", WRITE_OFF_REASONS)
    quantity, note = form.count("quantity", least=1, most=MOST_UNITS), form.text("note", LONGEST_NOTE)
    if reason == MoveReason.OTHER and not note:
        form.wrong.setdefault("note", _("别的原因，请写一句。"))
    if form.wrong or quantity is None:
        return _lot_page(lot_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _done(
        lot_id,
        form,
        lambda: commands.write_off(
            asker(),
            lot_id,
            place=Place(place),
            quantity=quantity,
            reason=MoveReason(reason),
            note=note,
            seen=_seen(form, place),
        ),
        n_("报损 %(figure)s 件，记下了。", quantity),
    )


@pages.post("/<int:lot_id>/put-back")
@audience(Role.DEPOT)
def put_back(lot_id: int) -> Response | tuple[str, int]:
    """Put what came back, and was looked at, on the shelf."""
    return _moved(lot_id, commands.put_back, "returned", _("查过了，回架上。"))


@pages.post("/<int:lot_id>/set-aside")
@audience(Role.DEPOT)
def set_aside(lot_id: int) -> Response | tuple[str, int]:
    """Set what came back aside."""
    return _moved(lot_id, commands.set_aside, "returned", _("放进隔离了。"))


@pages.post("/<int:lot_id>/release")
@audience(Role.DEPOT, Role.COORDINATOR)
def release(lot_id: int) -> Response | tuple[str, int]:
    """Release from quarantine, as the second person."""
    return _moved(lot_id, commands.release, "quarantine", _("解除隔离，回架上。"))


def _moved(lot_id: int, move: Callable[..., None], place: str, said: str) -> Response | tuple[str, int]:
    form = Form(request.form.to_dict())
    quantity, note = form.count("quantity", least=1, most=MOST_UNITS), form.text("note", LONGEST_NOTE)
    if form.wrong or quantity is None:
        return _lot_page(lot_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _done(
        lot_id, form, lambda: move(asker(), lot_id, quantity=quantity, note=note, seen=_seen(form, place)), said
    )


def _done(lot_id: int, form: Form, act: Callable[[], None], said: str) -> Response | tuple[str, int]:
    """Do something with a lot, and say so or why not."""
    try:
        act()
    except (ConflictError, InvalidError) as error:
        return _lot_page(lot_id, form, refusal=_why_not(error)), HTTPStatus.CONFLICT
    flash(said, "done")
    return redirect(url_for("stock.lot", lot_id=lot_id), HTTPStatus.SEE_OTHER)


def _lot_page(lot_id: int, form: Form | None = None, *, refusal: str = "") -> str:
    found = lot_for(asker(), lot_id)
    return render_template(
        "depot/lot.html",
        lot=found,
        story=movements_of(asker(), lot_id, limit=STORY),
        thrown_from=[place for place in WRITTEN_OFF_FROM if getattr(found, place)],
        reasons=[reason for reason in MoveReason if reason in WRITE_OFF_REASONS],
        form=form or Form({}),
        refusal=refusal,
    )


def _one_of(form: Form, name: str, values: object) -> str:
    given = form.text(name, 20, needed=True)
    if given and given not in {str(value) for value in values}:  # type: ignore[attr-defined]
        raise NotFoundError("no such choice", given=given)
    return given


def _seen(form: Form, place: str) -> int | None:
    """Return how many units the page showed at a place."""
    given = form.given.get(f"seen_{place}", "")
    return int(given) if given.isascii() and given.isdigit() and int(given) <= MOST_UNITS else None


def _why_not(error: HubError) -> str:
    if isinstance(error, SecondPersonError):
        return _("放进隔离的人不能自己解除，请另一位同事来。")
    if "expired" in error.data:
        return _("已经过期了，不能回架上，只能报损。")
    if "here" in error.data:
        return _("刚才有人动过：现在那里是 %(here)s 件。看一眼再来。", here=error.data["here"])
    return _("没有做：请刷新看看。")
