"""Prints that take a while: asked for, watched, fetched file by file. Closing the page stops nothing."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, flash, make_response, redirect, render_template, request, send_file, url_for

from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports.labels import A4, LAYOUTS
from supplyhub.reports.printing import KEPT_HOURS, ask_to_print, file_for, job_for
from supplyhub.reports.states import Printed
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import gettext as _
from supplyhub.web.language import look
from supplyhub.web.pages.packing_prints import back, chosen_batches

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from supplyhub.reports.printing import Job

pages = Blueprint("printing", __name__, url_prefix="/depot/print/jobs")

# When nothing has begun after so long, the worker or its queue is away.
PATIENCE_SECONDS = 10


@pages.post("")
@audience(Role.DEPOT)
def start() -> Response:
    """Have labels or lists printed by the worker, for a grid or all of the cycle."""
    batches, batch = chosen_batches()
    printed = request.form.get("printed", "")
    if printed not in list(Printed):
        raise NotFoundError("no such print", given=printed[:20])
    layout = request.form.get("paper", A4)
    try:
        job_id = ask_to_print(
            asker(),
            batches[0].cycle_id if batches else 0,
            [each.id for each in batches],
            printed=Printed(printed),
            layout=layout if layout in LAYOUTS else A4,
        )
    except ConflictError:
        flash(_("还没有可以打的标签。"), "problem")
        return redirect(back(batch), HTTPStatus.SEE_OTHER)
    return redirect(url_for("printing.job", job_id=job_id), HTTPStatus.SEE_OTHER)


@pages.get("/<int:job_id>")
@audience(Role.DEPOT)
def job(job_id: int) -> str:
    """Show how far a print is, and its files; the page keeps itself fresh."""
    return _drawn("depot/print_job.html", job_for(asker(), job_id))


@pages.get("/<int:job_id>/live")
@audience(Role.DEPOT)
def live(job_id: int) -> Response:
    """Return the part of the page that changes; 304 while it is as the screen has it."""
    found = job_for(asker(), job_id)
    response = make_response(_drawn("depot/print_job_live.html", found))
    response.set_etag(_tag(found))
    return response.make_conditional(request)


@pages.get("/<int:job_id>/<int:number>.pdf")
@audience(Role.DEPOT)
def fetch(job_id: int, number: int) -> Response:
    """Hand out a file that is drawn."""
    found = job_for(asker(), job_id)
    name = f"{found.printed}-{number}.pdf" if len(found.files) > 1 else f"{found.printed}.pdf"
    return send_file(BytesIO(file_for(asker(), job_id, number)), "application/pdf", download_name=name)


def _drawn(template: str, found: Job) -> str:
    return render_template(template, job=found, stuck=_stuck(found), tag=_tag(found), hours=KEPT_HOURS)


def _stuck(found: Job) -> bool:
    return not found.begun and found.seconds > PATIENCE_SECONDS


def _tag(found: Job) -> str:
    """Return the tag of what this reader sees."""
    ready = "".join(str(int(file.ready)) for file in found.files)
    return f"{found.drawn}-{ready}-{int(found.begun)}{int(found.failed)}{int(_stuck(found))}-{look().lang}"
