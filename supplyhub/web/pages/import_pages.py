"""The coordinator's pages of an import: files are tried, looked at, loaded, and taken back while that is possible."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, send_file, url_for

from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.files import FileRefusedError
from supplyhub.people.states import Role
from supplyhub.reports.samples import sample_workbook
from supplyhub.residents.importing import NamedFile
from supplyhub.residents.register_file import COLUMNS
from supplyhub.residents.register_jobs import Job, ask_for_trial, confirm_load, job_for
from supplyhub.residents.undoing import undo_import, undoable_import
from supplyhub.web.audience import asker, audience
from supplyhub.web.file_faults import faults_of
from supplyhub.web.language import gettext as _
from supplyhub.web.language import look

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("imports", __name__, url_prefix="/coordinator/register/imports")

FILES = ("households", "cadastre", "grids", "streets")
LONGEST_NAME = 60
# When nothing has begun after so long, the worker or its queue is away.
PATIENCE_SECONDS = 10


@pages.post("")
@audience(Role.COORDINATOR)
def start() -> Response:
    """Have files tried by the worker."""
    given = _given_files()
    if "households" not in given:
        flash(_("请选住户名单文件（Excel 或 CSV）。"), "problem")
        return redirect(url_for("register_pages.register"), HTTPStatus.SEE_OTHER)
    job_id = ask_for_trial(asker(), given, vault=current_app.extensions["vault"])
    return redirect(url_for("imports.job", job_id=job_id), HTTPStatus.SEE_OTHER)


@pages.get("/<int:job_id>")
@audience(Role.COORDINATOR)
def job(job_id: int) -> str:
    """Show how far an import is, and what it would change; the page keeps itself fresh."""
    return _drawn("coordinator/import.html", job_for(asker(), job_id, vault=current_app.extensions["vault"]))


@pages.get("/<int:job_id>/live")
@audience(Role.COORDINATOR)
def live(job_id: int) -> Response:
    """Return the part of the page that changes; 304 while it is as the screen has it."""
    found = job_for(asker(), job_id, vault=current_app.extensions["vault"])
    response = make_response(_drawn("coordinator/import_live.html", found))
    response.set_etag(_tag(found))
    return response.make_conditional(request)


@pages.post("/<int:job_id>/load")
@audience(Role.COORDINATOR)
def load(job_id: int) -> Response:
    """Have the files loaded that were tried."""
    try:
        confirm_load(asker(), job_id)
    except ConflictError:
        flash(_("文件放得太久，已经删了。请再选一次。"), "problem")
        return redirect(url_for("register_pages.register"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("imports.job", job_id=job_id), HTTPStatus.SEE_OTHER)


@pages.route("/undo/<int:import_id>", methods=["GET", "POST"])
@audience(Role.COORDINATOR)
def undo(import_id: int) -> str | Response:
    """Ask once more, then take the last import back."""
    last = undoable_import(asker())
    if request.method == "GET":
        if last is None or last.id != import_id:
            raise NotFoundError("this import can't be taken back", **{"import": import_id})
        return render_template("coordinator/import_undo.html", last=last)
    try:
        undo_import(asker(), import_id, vault=current_app.extensions["vault"])
        flash(_("撤回了，底册和导入以前一样。"), "done")
    except ConflictError:
        flash(_("已经开了新的一期，或者又导入过，撤不回了。"), "problem")
    return redirect(url_for("register_pages.register"), HTTPStatus.SEE_OTHER)


@pages.get("/sample.xlsx")
@audience(Role.COORDINATOR)
def sample() -> Response:
    """Hand out an empty household list to be filled in."""
    titles = [column.headers[0] for column in COLUMNS]
    book = sample_workbook(_("住户名单"), titles, [["1号楼", "1单元", "101", 3, "", "", "", 1, ""]])
    return send_file(BytesIO(book), as_attachment=True, download_name=_("住户名单") + ".xlsx")


def _drawn(template: str, found: Job) -> str:
    return render_template(
        template,
        job=found,
        stuck=_stuck(found),
        tag=_tag(found),
        problems=_problems(found),
        last=undoable_import(asker()),
    )


def _problems(found: Job) -> list[str]:
    return faults_of(FileRefusedError("refused", **found.failed)) if found.failed else []


def _stuck(found: Job) -> bool:
    return found.goes_on and not found.doing and found.seconds > PATIENCE_SECONDS


def _tag(found: Job) -> str:
    """Return the tag of what this reader sees."""
    marks = (found.confirmed, found.done, bool(found.found), bool(found.failed), _stuck(found))
    return f"{found.step}-{found.doing}-{''.join(str(int(mark)) for mark in marks)}-{look().lang}"


def _given_files() -> dict[str, NamedFile]:
    sent: dict[str, Any] = {name: request.files.get(name) for name in FILES}
    return {
        name: NamedFile((file.filename or name)[:LONGEST_NAME], file.stream.read())
        for name, file in sent.items()
        if file is not None and file.filename
    }
