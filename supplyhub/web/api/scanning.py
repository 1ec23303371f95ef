"""Devices that scan tickets: their list for when there is no signal, and what they did without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.delivery.bundle import Bundle, bundle_for
from supplyhub.delivery.commands import hand_over_all, keep_refusals
from supplyhub.delivery.schemas_scanning import BundleOut, ScansIn, ScansOut
from supplyhub.people.states import Role
from supplyhub.web.audience import asker, audience

blp = Blueprint(
    "scanning", __name__, url_prefix="/api/v1/scans", description="Tickets and badges scanned without signal"
)


@blp.route("/list")
@blp.response(200, BundleOut)
@audience(Role.DEPOT)
def bundle() -> Bundle:
    """Return what a device needs to judge tickets and badges without signal: of the own delivery point, else of all."""
    return bundle_for(asker(), current_app.extensions["ticket_key"])


@blp.route("", methods=["POST"])
@blp.arguments(ScansIn)
@blp.response(200, ScansOut)
@audience(Role.DEPOT)
def send(payload: dict[str, Any]) -> dict[str, object]:
    """Send what was handed over, and who was turned away, without signal; each is answered, and again is harmless."""
    return take_in(payload)


def take_in(payload: dict[str, Any]) -> dict[str, object]:
    """Book what a device sends, and return what became of it."""
    sent_at, key = payload["sent_at"], current_app.extensions["ticket_key"]
    keep_refusals(asker(), payload["refusals"], sent_at=sent_at)
    answers = hand_over_all(asker(), payload["handovers"], sent_at=sent_at, key=key)
    return {"server_now": datetime.now(UTC), "handovers": answers}
