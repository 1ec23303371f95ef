"""The coordinator's register pages: what is in it, loading it with a trial run, households, printed cards."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for

from supplyhub.errors import NotFoundError
from supplyhub.files import FileRefusedError
from supplyhub.people.states import Role
from supplyhub.reports.cards import PublicUrlError, cards_pdf
from supplyhub.residents.importing import NamedFile, RegisterFiles, import_register
from supplyhub.residents.queries import (
    buildings_for,
    count_households_for,
    grids_for,
    households_for,
    last_import,
)
from supplyhub.web.audience import asker, audience
from supplyhub.web.file_faults import faults_of
from supplyhub.web.language import gettext as _
from supplyhub.web.pages import uploads

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("register_pages", __name__, url_prefix="/coordinator/register")

FILES = ("households", "cadastre", "grids", "streets")
PAGE = 50
UNPLACED_SHOWN = 200


@pages.get("")
@audience(Role.COORDINATOR)
def register() -> str:
    """Show the grids of the register, what could not be placed, and where to load a new file."""
    return _page()


@pages.post("/try")
@audience(Role.COORDINATOR)
def try_files() -> str | tuple[str, int]:
    """Tell what files would change, and keep them until that is confirmed."""
    given = _given_files()
    if "households" not in given:
        return _page(_("请选住户名单文件（Excel 或 CSV）。")), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        report = _import(RegisterFiles(**given), dry_run=True)
    except FileRefusedError as refusal:
        page = render_template("coordinator/refused_file.html", refusal=refusal, problems=faults_of(refusal))
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    token = uploads.keep(_app(), asker(), given)
    return render_template("coordinator/trial.html", report=report, token=token, shown=UNPLACED_SHOWN)


@pages.post("/load")
@audience(Role.COORDINATOR)
def load() -> Response | tuple[str, int]:
    """Load the files of a trial run."""
    token = request.form.get("token", "")
    try:
        report = _import(uploads.kept(_app(), asker(), token), dry_run=False)
    except NotFoundError:
        return _page(_("文件放得太久，已经删了。请再选一次。")), HTTPStatus.UNPROCESSABLE_ENTITY
    uploads.drop(_app(), asker(), token)
    flash(
        _(
            "导入好了：新增 %(added)s 户，改了 %(changed)s 户，停用 %(gone)s 户。",
            added=report.counts["added"],
            changed=report.counts["changed"],
            gone=report.counts["deactivated"],
        ),
        "done",
    )
    return redirect(url_for("register_pages.register"), HTTPStatus.SEE_OTHER)


@pages.get("/grid/<int:number>")
@audience(Role.COORDINATOR)
def grid(number: int) -> str:
    """List a grid's households in walking order."""
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    homes = households_for(asker(), vault=_app().extensions["vault"], grid=number, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "coordinator/grid.html",
        grid=_grid(number),
        homes=homes,
        all=count_households_for(asker(), grid=number),
        page=page,
        page_size=PAGE,
    )


@pages.route("/grid/<int:number>/cards", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def cards(number: int) -> str | Response | tuple[str, int]:
    """Print a grid's household cards, after asking once more: the ones before end."""
    found, refused = _grid(number), False
    if request.method == "POST":
        try:
            pdf = cards_pdf(
                asker(),
                found.id,
                public_url=_app().extensions["settings"].public_url,
                vault=_app().extensions["vault"],
            )
        except PublicUrlError:
            refused = True
        else:
            return send_file(BytesIO(pdf), "application/pdf", as_attachment=True, download_name=f"cards-{number}.pdf")
    page = render_template("coordinator/cards.html", grid=found, refused=refused)
    return page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK


def _page(fault: str = "") -> str:
    return render_template(
        "coordinator/register.html",
        grids=grids_for(asker()),
        unplaced=buildings_for(asker(), unplaced=True, limit=UNPLACED_SHOWN, offset=0),
        unplaced_homes=count_households_for(asker(), unplaced=True),
        last=last_import(asker().community_id),
        fault=fault,
    )


def _grid(number: int) -> Any:
    found = next((grid for grid in grids_for(asker()) if grid.number == number), None)
    if found is None:
        raise NotFoundError("no such grid", grid=number)
    return found


def _given_files() -> dict[str, NamedFile]:
    sent = {name: request.files.get(name) for name in FILES}
    return {
        name: NamedFile((file.filename or name)[:60], file.stream.read())
        for name, file in sent.items()
        if file is not None and file.filename
    }


def _import(files: RegisterFiles, *, dry_run: bool) -> Any:
    return import_register(
        asker().community_id,
        files,
        vault=_app().extensions["vault"],
        account_id=asker().account_id,
        dry_run=dry_run,
    )


def _app() -> Any:
    return current_app
