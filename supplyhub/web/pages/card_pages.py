"""A household's card and phones, for its grid lead and the coordinator: end phones, print new cards."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for

from supplyhub.people.states import Role
from supplyhub.reports.cards import PublicUrlError, card_pdf, cards_pdf
from supplyhub.residents.devices import card_issued_at, devices_for, end_devices, household_for
from supplyhub.residents.needs import needs_of
from supplyhub.residents.queries import grids_for
from supplyhub.web.audience import asker, audience
from supplyhub.web.looks import counted, door

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("card_pages", __name__, url_prefix="/cards")


@pages.get("/<int:household_id>")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def card(household_id: int) -> str:
    """Show when a household's card was printed and which phones are signed in; no names, no numbers of telephones."""
    return _page(household_id)


@pages.post("/<int:household_id>/print")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def print_card(household_id: int) -> Response | tuple[str, int]:
    """Print a new card for a household; the one before ends, its phones only where that is ticked."""
    home = household_for(asker(), household_id)
    try:
        pdf = card_pdf(asker(), household_id, **_means())
    except PublicUrlError:
        return _page(household_id, refused=True), HTTPStatus.CONFLICT
    if "end" in request.form:
        end_devices(asker(), household_id)
    return _sheet(pdf, f"card-{door(home)}.pdf")


@pages.post("/<int:household_id>/end")
@audience(Role.GRID_LEAD, Role.COORDINATOR)
def end(household_id: int) -> Response:
    """Sign one phone of a household out, or all."""
    ended = end_devices(asker(), household_id, request.form.get("device", type=int))
    flash(counted("%(num)s 部手机退出了，马上生效。", ended), "done")
    return redirect(url_for("card_pages.card", household_id=household_id), HTTPStatus.SEE_OTHER)


@pages.route("/grid", methods=["GET", "POST"])
@audience(Role.GRID_LEAD)
def grid() -> str | Response | tuple[str, int]:
    """Print the cards of the lead's whole grid, after asking once more: the ones before end."""
    (own,) = grids_for(asker())
    if request.method == "POST":
        try:
            return _sheet(cards_pdf(asker(), own.id, **_means()), f"cards-{own.number}.pdf")
        except PublicUrlError:
            return render_template("grid/cards.html", grid=own, refused=True), HTTPStatus.CONFLICT
    return render_template("grid/cards.html", grid=own, refused=False)


def _page(household_id: int, *, refused: bool = False) -> str:
    return render_template(
        "grid/card.html",
        home=household_for(asker(), household_id),
        devices=devices_for(asker(), household_id),
        issued_at=card_issued_at(asker(), household_id),
        refused=refused,
        needs=needs_of(asker(), household_id),
        is_lead=asker().role == Role.GRID_LEAD,
    )


def _means() -> dict[str, Any]:
    return {
        "public_url": current_app.extensions["settings"].public_url,
        "vault": current_app.extensions["vault"],
    }


def _sheet(pdf: bytes, name: str) -> Response:
    return send_file(BytesIO(pdf), "application/pdf", as_attachment=True, download_name=name)
