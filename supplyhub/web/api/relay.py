"""Pasted relays: read against the menu and the doors, and applied."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_smorest import Blueprint

from supplyhub.ordering.relay.applying import apply_relay, preview_relay
from supplyhub.ordering.relay.schemas import RelayIn, RelayOut, fixes_of, shown
from supplyhub.people.states import Role
from supplyhub.web import limits
from supplyhub.web.audience import asker, audience
from supplyhub.web.limits import limiter

blp = Blueprint("relay", __name__, url_prefix="/api/v1", description="Chat relays: orders out of a pasted chain")
LEADS = (Role.GRID_LEAD, Role.COORDINATOR)


@blp.route("/menus/<int:menu_id>/relay/read", methods=["POST"])
@blp.arguments(RelayIn)
@blp.response(200, RelayOut)
@limiter.limit(limits.ORDERING)
@audience(*LEADS)
def read(payload: dict[str, Any], menu_id: int) -> dict[str, Any]:
    """Read a pasted chain and say what applying it would do; writes nothing."""
    sheet = preview_relay(asker(), menu_id, **_given(payload))
    return shown(sheet)


@blp.route("/menus/<int:menu_id>/relay", methods=["POST"])
@blp.arguments(RelayIn)
@blp.response(200, RelayOut)
@limiter.limit(limits.ORDERING)
@audience(*LEADS)
def apply(payload: dict[str, Any], menu_id: int) -> dict[str, Any]:
    """Apply a pasted chain: the same or a longer one again applies only the difference.

    What isn't certain waits (`since`: waits) until a fix says what it means. An order that was changed on the web since
    stays (`fate`: web) unless its household is `taken`.
    """
    sheet = apply_relay(asker(), menu_id, **_given(payload))
    return shown(sheet)


def _given(payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": payload["text"],
        "fixes": fixes_of(payload["fixes"]),
        "taken": frozenset(payload["taken"]),
        "vault": current_app.extensions["vault"],
    }
