"""What a volunteer's phone page fetches and sends by script: the day, what was done without signal, photos of problems."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, request
from flask_wtf.csrf import generate_csrf
from marshmallow import ValidationError

from supplyhub.delivery.commands import attach_photo, sync
from supplyhub.delivery.day import day_for
from supplyhub.delivery.schemas_phone import DayOut, SyncIn, SyncOut
from supplyhub.errors import InvalidError
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import look

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

pages = Blueprint("phone_data", __name__, url_prefix="/tickets")


def my_day() -> dict[str, Any]:
    """Return what goes along, goods named in the reader's language."""
    extensions = current_app.extensions
    day = day_for(asker(), vault=extensions["vault"], key=extensions["ticket_key"], english=look().lang == "en")
    told: dict[str, Any] = DayOut().dump(day)
    # As templates have it; a phone without signal has nothing to draw it with.
    drawn = current_app.jinja_env.globals["qr_uri"]
    for ticket in told["tickets"]:
        ticket["qr"] = drawn(ticket["token"]) if ticket["token"] else None  # type: ignore[operator]
    return told


@pages.get("/day")
@audience(Role.VOLUNTEER)
def day() -> Response:
    """Return the own live tickets with their doors, for a phone that will have no signal."""
    answer = jsonify(my_day() | {"csrf": generate_csrf()})
    # What a browser keeps outlives the shift; the page keeps it sealed.
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post("/sync")
@audience(Role.VOLUNTEER)
def send() -> Response:
    """Record what the phone did without signal; each entry and each taking is answered."""
    try:
        given = SyncIn().load(request.get_json())
    except ValidationError as error:
        raise InvalidError("this is not what a phone sends", errors=error.messages) from error
    done = sync(asker(), **given)
    return jsonify(SyncOut().dump({"server_now": datetime.now(UTC), "entries": done.entries, "takings": done.takings}))


@pages.post("/photos")
@audience(Role.VOLUNTEER)
def photo() -> tuple[str, int]:
    """Keep a photo with an entry that has come."""
    file = request.files.get("photo")
    try:
        entry = uuid.UUID(request.form.get("entry", ""))
    except ValueError as error:
        raise InvalidError("the form names no entry") from error
    if file is None:
        raise InvalidError("there is no photo in the form")
    attach_photo(asker(), entry, file.stream.read())
    return "", HTTPStatus.NO_CONTENT
