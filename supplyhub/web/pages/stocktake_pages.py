"""Stocktakes (盘点): a sheet without the book to count on, then the differences for a second person."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from supplyhub.depot import commands
from supplyhub.depot.commands import Counted, Why
from supplyhub.depot.errors import AlreadyBookedError, SecondPersonError
from supplyhub.depot.schemas import MOST_UNITS
from supplyhub.depot.states import COUNTED_PLACES, LESS_REASONS, MORE_REASONS, MoveReason, Place
from supplyhub.depot.stock_queries import units_by_place
from supplyhub.depot.stocktake_queries import StocktakeView, stocktake_for, stocktakes_for
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import counted as n_
from supplyhub.web.looks import moment
from supplyhub.web.pages.folding import folds_of
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.engine import Row
    from werkzeug.wrappers import Response

    from supplyhub.errors import HubError
    from supplyhub.web.pages.folding import Fold

pages = Blueprint("stocktake", __name__, url_prefix="/depot/stocktakes")

LONGEST_NOTE = 200
LONGEST_WORDS = 40


@pages.get("")
@audience(Role.DEPOT, Role.COORDINATOR)
def stocktakes() -> str:
    """List stocktakes, and the places that can be counted."""
    found = stocktakes_for(asker())
    return render_template(
        "depot/stocktakes.html",
        stocktakes=found,
        free=[place for place in COUNTED_PLACES if place not in {one.place for one in found if one.ended_at is None}],
        units=units_by_place(asker()),
    )


@pages.post("")
@audience(Role.DEPOT)
def start() -> Response:
    """Start counting a place, or go on where somebody did."""
    place = request.form.get("place", "")
    if place not in set(COUNTED_PLACES):
        raise NotFoundError("this place isn't counted", place=place)
    stocktake = commands.start_stocktake(asker(), Place(place))
    return redirect(url_for("stocktake.stocktake", stocktake_id=stocktake), HTTPStatus.SEE_OTHER)


@pages.get("/<int:stocktake_id>")
@audience(Role.DEPOT, Role.COORDINATOR)
def stocktake(stocktake_id: int) -> str:
    """Show the sheet while it is counted, all of it or what a word finds; the differences afterwards."""
    return _page(stocktake_for(asker(), stocktake_id))


@pages.post("/<int:stocktake_id>/count")
@audience(Role.DEPOT)
def count(stocktake_id: int) -> str | Response | tuple[str, int]:
    """Note what was counted, and end the counting when `finish` says so."""
    view = stocktake_for(asker(), stocktake_id)
    form = Form(request.form.to_dict())
    counts = _counts(view, form)
    if form.wrong:
        return _page(view, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        moved = commands.count_lots(asker(), stocktake_id, counts) if counts else []
        # What was noted stands on the sheet; sent once more it would be compared with the book of that moment.
        form.given = {f"count_{lot}": form.given[f"count_{lot}"] for lot in moved}
        if moved:
            view = stocktake_for(asker(), stocktake_id)
            form.wrong |= {f"count_{lot}": _("数的时候动过，请再数一遍。") for lot in moved}
            return _page(view, form), HTTPStatus.CONFLICT
        if "finish" in request.form:
            commands.finish_count(asker(), stocktake_id)
            flash(_("数完了。请另一位同事看差异、记账。"), "done")
        elif "find" not in request.form:
            flash(_("数好的先记下了。"), "done")
    except ConflictError as error:
        form.wrong |= {f"count_{lot}": _("还没数，没有就填 0。") for lot in error.data.get("uncounted", [])}  # type: ignore[attr-defined]
        return _page(stocktake_for(asker(), stocktake_id), form, refusal=_why_not(error)), HTTPStatus.CONFLICT
    # Without script a search sends the sheet, so that what was typed is kept.
    words = "" if "finish" in request.form or request.form.get("find") == "all" else request.form.get("q", "")
    address = url_for("stocktake.stocktake", stocktake_id=stocktake_id, q=words[:LONGEST_WORDS] or None)
    return redirect(address, HTTPStatus.SEE_OTHER)


@pages.post("/<int:stocktake_id>/book")
@audience(Role.DEPOT, Role.COORDINATOR)
def book(stocktake_id: int) -> str | Response | tuple[str, int]:
    """Book the differences, each with its reason."""
    view = stocktake_for(asker(), stocktake_id)
    form = Form(request.form.to_dict())
    reasons = _reasons(view, form)
    if form.wrong:
        return _page(view, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        commands.book_stocktake(asker(), stocktake_id, reasons)
    except (ConflictError, InvalidError) as error:
        return _page(stocktake_for(asker(), stocktake_id), form, refusal=_why_not(error)), HTTPStatus.CONFLICT
    flash(n_("盘点记了账：%(figure)s 批有差异。", len(reasons)), "done")
    return redirect(url_for("stocktake.stocktake", stocktake_id=stocktake_id), HTTPStatus.SEE_OTHER)


@pages.post("/<int:stocktake_id>/recount")
@audience(Role.DEPOT, Role.COORDINATOR)
def recount(stocktake_id: int) -> Response:
    """Open the counting again."""
    commands.recount(asker(), stocktake_id)
    return redirect(url_for("stocktake.stocktake", stocktake_id=stocktake_id), HTTPStatus.SEE_OTHER)


@pages.post("/<int:stocktake_id>/drop")
@audience(Role.DEPOT, Role.COORDINATOR)
def drop(stocktake_id: int) -> Response:
    """Give it up; nothing is booked."""
    commands.drop_stocktake(asker(), stocktake_id)
    flash(_("这次盘点作废，账没有动。"), "done")
    return redirect(url_for("stocktake.stocktakes"), HTTPStatus.SEE_OTHER)


def _page(view: StocktakeView, form: Form | None = None, *, refusal: str = "") -> str:
    form = form or Form({})
    find = request.args.get("q", "")[:LONGEST_WORDS]
    return render_template(
        "depot/stocktake.html",
        view=view,
        folds=_folds(view, form, find),
        find=find,
        form=form,
        refusal=refusal,
        less=[reason for reason in MoveReason if reason in LESS_REASONS],
        more=[reason for reason in MoveReason if reason in MORE_REASONS],
        counters={view.head.started_by, *(line.counted_by for line in view.lines)},
    )


def _folds(view: StocktakeView, form: Form, find: str) -> list[Fold]:
    """Return the sheet by kind while it is counted, afterwards what differs before what agrees."""
    if view.head.state != "counting":
        return folds_of(view.lines, key=lambda line: "differs" if line.difference else "agrees", first=("differs",))
    lines = [line for line in view.lines if _is_meant(find, line)]
    wrong = {name.rpartition("_")[2] for name in form.wrong}
    folds = folds_of(lines, wanted=lambda line: str(line.lot_id) in wrong, searched=bool(find))
    # Who has counted one kind goes on with the next.
    goes_on = next((fold for fold in folds if fold.count("counted") < len(fold.lines)), None)
    return [replace(fold, open=fold.open or fold is goes_on) for fold in folds]


def _is_meant(find: str, line: Row[Any]) -> bool:
    names = (line.name_zh, line.name_en, line.sku, line.barcode, line.lot_number)
    return any(find.strip().lower() in (name or "").lower() for name in names)


def _counts(view: StocktakeView, form: Form) -> list[Counted]:
    """Return what was counted of the lots of the sheet; a field left empty wasn't."""
    counts = []
    for line in view.lines:
        units = form.count(f"count_{line.lot_id}", most=MOST_UNITS, needed=False)
        moves = form.count(f"moves_{line.lot_id}", most=MOST_UNITS, needed=False)
        if units is not None:
            counts.append(Counted(line.lot_id, units, moves))
    return counts


def _reasons(view: StocktakeView, form: Form) -> dict[int, Why]:
    reasons = {}
    for line in view.lines:
        if not line.difference:
            continue
        given = form.text(f"reason_{line.lot_id}", 20, needed=True)
        note = form.text(f"note_{line.lot_id}", LONGEST_NOTE)
        if given and given not in (LESS_REASONS if line.difference < 0 else MORE_REASONS):
            raise NotFoundError("no such reason", given=given)
        if given == MoveReason.OTHER and not note:
            form.wrong.setdefault(f"note_{line.lot_id}", _("别的原因，请写一句。"))
        elif given:
            reasons[line.lot_id] = Why(MoveReason(given), note)
    return reasons


def _why_not(error: HubError) -> str:
    if isinstance(error, AlreadyBookedError):
        return _(
            "%(who)s 已经记过账了：%(when)s。",
            who=error.data["by"],
            when=moment(error.data["at"]),  # type: ignore[arg-type]
        )
    if isinstance(error, SecondPersonError):
        return _("数货的人不能自己记账，请另一位同事来。")
    if "uncounted" in error.data:
        return n_("还有 %(figure)s 批没数。没有的填 0。", len(error.data["uncounted"]))  # type: ignore[arg-type]
    if "missing" in error.data:
        return _("有的批次现在剩的比少的还少，请重数。")
    return _("这次盘点已经到下一步了，请看现在的样子。")
