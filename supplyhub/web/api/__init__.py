"""The API below /api/v1: one module an area, described by an OpenAPI 3.1 file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Api
from marshmallow import Schema, fields

from supplyhub.web.api import (
    applications,
    audit,
    calls,
    care,
    cycles,
    delivery,
    draw,
    following,
    me,
    menus,
    money,
    orders,
    packing,
    packs,
    payments,
    people,
    phone,
    purchasing,
    receiving,
    register,
    relay,
    scanning,
    settlements,
    shortages,
    stock,
    wishes,
)
from supplyhub.web.api import help as help_requests
from supplyhub.web.api.reference import reference
from supplyhub.web.errors import http_error

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.exceptions import HTTPException

AREAS = (
    me,
    register,
    people,
    applications,
    menus,
    orders,
    relay,
    draw,
    calls,
    care,
    payments,
    money,
    settlements,
    cycles,
    receiving,
    purchasing,
    shortages,
    packing,
    packs,
    stock,
    delivery,
    scanning,
    phone,
    following,
    help_requests,
    wishes,
    audit,
)


class ProblemOut(Schema):
    """Problem details (RFC 9457); an error adds the data that explains it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.Dict()


class ProblemApi(Api):
    """flask-smorest with problem details in place of its own error payload."""

    ERROR_SCHEMA = ProblemOut
    DEFAULT_ERROR_RESPONSE_NAME = "DEFAULT_ERROR"

    def handle_http_exception(self, error: HTTPException) -> Any:
        """Answer as the rest of the application does."""
        return http_error(error)


def init_app(app: Flask) -> None:
    """Register the areas and describe them."""
    app.config.from_mapping(
        API_TITLE="supplyhub",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
        },
    )
    api = ProblemApi(app)
    app.extensions["api"] = api
    for area in AREAS:
        api.register_blueprint(area.blp)
    app.register_blueprint(reference)
