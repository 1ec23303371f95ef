"""A volunteer's phone: the day with its doors, and what was done without signal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.delivery.commands import sync
from supplyhub.delivery.day import Day, day_for
from supplyhub.delivery.schemas_phone import DayOut, SyncIn, SyncOut
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience
from supplyhub.web.language import look

blp = Blueprint("phone", __name__, url_prefix="/api/v1", description="A volunteer's phone, with signal or without")


@blp.route("/day")
@blp.response(200, DayOut)
@audience(Role.VOLUNTEER)
def day() -> Day:
    """Return the own live tickets with their doors, for a phone that will have no signal."""
    extensions = current_app.extensions
    return day_for(asker(), vault=extensions["vault"], key=extensions["ticket_key"], english=look().lang == "en")


@blp.route("/sync", methods=["POST"])
@blp.arguments(SyncIn)
@blp.response(200, SyncOut)
@audience(Role.VOLUNTEER)
def send(payload: dict[str, Any]) -> dict[str, Any]:
    """Record what the phone did without signal, in any order and as often as it likes; each thing is answered."""
    done = sync(asker(), **payload)
    return {"server_now": datetime.now(UTC), "entries": done.entries, "takings": done.takings}
