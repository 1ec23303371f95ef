"""Who am I, and the API's own description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint
from marshmallow import fields

from supplyhub.schemas import OutSchema
from supplyhub.web.audience import EVERYBODY, PUBLIC, asker, audience

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

blp = Blueprint("me", __name__, url_prefix="/api/v1", description="Who asks, and what can be asked")


class MeOut(OutSchema):
    """The account behind the token."""

    role = fields.String()
    display_name = fields.String()
    grid = fields.Integer(attribute="grid_id", allow_none=True)
    household = fields.Integer(attribute="household_id", allow_none=True)
    badge = fields.Integer(attribute="badge_id", allow_none=True)


@blp.route("/me")
@blp.response(200, MeOut)
@audience(EVERYBODY)
def me() -> Asker:
    """Say which account, role, grid, household or badge the token stands for."""
    return asker()


@blp.route("/openapi.json")
@blp.doc(security=[])
@audience(PUBLIC)
def openapi() -> Response:
    """Return the OpenAPI 3.1 description of this API."""
    spec: dict[str, Any] = current_app.extensions["api"].spec.to_dict()
    return jsonify(spec)
