"""The duty card of a grid (责任牌): for its residents to call, for its lead and the coordinator to write; the poster."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for

from supplyhub.errors import InvalidError, NotFoundError
from supplyhub.people.accounts import LONGEST_NAME
from supplyhub.people.duty import MOST_LINES, add_line, change_line, end_line, raise_line, written_cards
from supplyhub.people.states import DutyTitle, Role
from supplyhub.places.hours import point_with_hours
from supplyhub.places.levels import steps_of
from supplyhub.reports.duty_poster import duty_poster_pdf
from supplyhub.residents.duty_cards import duty_card_for
from supplyhub.web.audience import asker, audience, current_asker
from supplyhub.web.language import gettext as _
from supplyhub.web.looks import grid_name
from supplyhub.web.pages.forms import Form

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

    from supplyhub.crypto import Vault
    from supplyhub.places.hours import Point
    from supplyhub.places.levels import Step
    from supplyhub.residents.duty_cards import DutyCard

pages = Blueprint("duty", __name__, url_prefix="/duty")
WRITERS = (Role.GRID_LEAD, Role.COORDINATOR)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a resident's pages say of the grid: its card, the levels that hold and come, the delivery point's hours."""

    card: DutyCard
    steps: list[Step]
    point: Point | None


def init_app(app: Flask) -> None:
    """Give the templates what a resident reads of the grid."""
    app.jinja_env.globals.update(neighbourhood=neighbourhood)


def neighbourhood() -> Neighbourhood | None:
    """Return what the asker reads of the own grid; None for one without a grid, and for whoever has none of their own."""
    who = current_asker()
    if who is None or who.role in {Role.COORDINATOR, Role.DEPOT} or (who.role != Role.RESIDENT and not who.grid_id):
        return None
    try:
        card = duty_card_for(who, vault=_vault())
    except NotFoundError:
        return None
    point = point_with_hours(card.point_id) if card.point_id else None
    return Neighbourhood(card, steps_of(card.grid_id), point)


@pages.get("")
@audience(Role.RESIDENT, Role.VOLUNTEER, *WRITERS)
def card() -> str:
    """Show the card of one's grid; a coordinator chooses one."""
    if asker().role == Role.COORDINATOR:
        return render_template("duty/cards.html", cards=written_cards(asker()))
    return render_template("duty/card.html", here=neighbourhood())


@pages.get("/<int:grid>")
@audience(*WRITERS)
def edit(grid: int) -> str:
    """Show a grid's card to those who write it."""
    return _page(grid)


@pages.post("/<int:grid>")
@audience(*WRITERS)
def add(grid: int) -> Response | tuple[str, int]:
    """Put somebody on the card."""
    return _written(grid, None)


@pages.post("/<int:grid>/<int:line>")
@audience(*WRITERS)
def change(grid: int, line: int) -> Response | tuple[str, int]:
    """Write a line anew."""
    return _written(grid, line)


@pages.post("/<int:grid>/<int:line>/end")
@audience(*WRITERS)
def end(grid: int, line: int) -> Response:
    """Take a line off the card."""
    end_line(asker(), grid, line)
    flash(_("拿下来了。"), "done")
    return redirect(url_for("duty.edit", grid=grid), HTTPStatus.SEE_OTHER)


@pages.post("/<int:grid>/<int:line>/up")
@audience(*WRITERS)
def up(grid: int, line: int) -> Response:
    """Let a line stand before the one that is above it."""
    raise_line(asker(), grid, line)
    return redirect(url_for("duty.edit", grid=grid), HTTPStatus.SEE_OTHER)


@pages.get("/<int:grid>/poster.pdf")
@audience(*WRITERS)
def poster(grid: int) -> Response:
    """Return the card as a poster."""
    public_url = current_app.extensions["settings"].public_url
    pdf = duty_poster_pdf(asker(), grid=grid, public_url=public_url, vault=_vault())
    return send_file(BytesIO(pdf), "application/pdf", download_name=f"duty-card-{grid}.pdf")


def _written(grid: int, line: int | None) -> Response | tuple[str, int]:
    """Write what the form says as a new line, or as a standing one."""
    form = Form(request.form.to_dict())
    name, phone = form.text("name", LONGEST_NAME, needed=True), form.text("phone", needed=False)
    title = form.given.get("title", "")
    if title not in list(DutyTitle):
        form.wrong["title"] = _("请选身份。")
    if not form.wrong:
        said: dict[str, Any] = {"title": DutyTitle(title), "name": name, "phone": phone, "vault": _vault()}
        try:
            if line is None:
                add_line(asker(), grid, **said)
            else:
                change_line(asker(), grid, line, **said)
        except InvalidError as error:
            form.wrong[str(error.data.get("field", "name"))] = _why(error)
    if form.wrong:
        return _page(grid, form, line), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("写好了，%(grid)s 的住户现在看得到。", grid=grid_name(grid)), "done")
    return redirect(url_for("duty.edit", grid=grid), HTTPStatus.SEE_OTHER)


def _why(error: InvalidError) -> str:
    match error.data.get("field"):
        case "phone":
            return _("请填电话，例如 0591-8765 4321；没有就空着。")
        case "card":
            return _("一张牌最多 %(most)s 个人，先拿下一个。", most=MOST_LINES)
        case _field:
            return _("这里要填。")


def _page(grid: int, form: Form | None = None, line: int | None = None) -> str:
    return render_template(
        "duty/edit.html",
        card=duty_card_for(asker(), grid=grid, vault=_vault()),
        form=form,
        editing=line,
        longest_name=LONGEST_NAME,
        titles=list(DutyTitle),
    )


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
