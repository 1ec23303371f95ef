"""Tables for the coordinator's own programs: asked for, watched, fetched, gone after half a day."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, make_response, redirect, render_template, request, send_file, url_for

from supplyhub.catalog.queries import cycles_for
from supplyhub.errors import NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.exporting import KEPT_HOURS, ask_for_export, export_for, jobs_for
from supplyhub.reports.states import Exported
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import look

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.wrappers import Response

pages = Blueprint("exports", __name__, url_prefix="/coordinator/exports")

# When nothing has begun after so long, the worker or its queue is away.
PATIENCE_SECONDS = 15


@pages.get("")
@audience(Role.COORDINATOR)
def tables() -> str:
    """Offer tables, and show how far those are that were asked for."""
    found = jobs_for(asker())
    return render_template(
        "coordinator/exports.html", cycles=cycles_for(asker(), limit=12), tag=_tag(found), **_shown(found)
    )


@pages.get("/live")
@audience(Role.COORDINATOR)
def live() -> Response:
    """Return the part of the page that changes; 304 while it is as the screen has it."""
    found = jobs_for(asker())
    response = make_response(render_template("coordinator/exports_live.html", **_shown(found)))
    response.set_etag(_tag(found))
    return response.make_conditional(request)


@pages.post("")
@audience(Role.COORDINATOR)
def ask() -> Response:
    """Have a table written by the worker."""
    what = request.form.get("what", "")
    if what not in list(Exported):
        raise NotFoundError("no such table", given=what[:20])
    ask_for_export(asker(), Exported(what), cycle_id=request.form.get("cycle", type=int))
    return redirect(url_for("exports.tables"), HTTPStatus.SEE_OTHER)


@pages.get("/<int:job_id>.xlsx")
@audience(Role.COORDINATOR)
def fetch(job_id: int) -> Response:
    """Hand out a table that is written."""
    what, data = export_for(asker(), job_id, vault=current_app.extensions["vault"])
    return send_file(BytesIO(data), as_attachment=True, download_name=f"{what}.xlsx", max_age=0)


def _shown(found: list[Any]) -> dict[str, Any]:
    return {"jobs": found, "hours": KEPT_HOURS, "stuck": _stuck(found)}


def _stuck(found: list[Any]) -> bool:
    return any(not job.ready and not job.rows_written and job.seconds > PATIENCE_SECONDS for job in found)


def _tag(found: list[Any]) -> str:
    """Return the tag of what this reader sees."""
    stands = "-".join(f"{job.id}.{job.rows_written}.{int(job.ready)}{int(job.failed)}" for job in found)
    return f"{stands}-{int(_stuck(found))}-{look().lang}"
