"""The stand-in as an application of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from supplyhub.standin.api import api
from supplyhub.standin.control import control
from supplyhub.standin.core import broken
from supplyhub.standin.pages import pages
from supplyhub.standin.refusals import Refusal

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from supplyhub.standin.core import Core

LARGEST_REQUEST_BYTES = 256 * 1024


def create_standin(core: Core) -> Flask:
    """Return the application that serves a stand-in."""
    app = Flask("supplyhub.standin")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["standin"] = core
    for blueprint in (api, control, pages):
        app.register_blueprint(blueprint)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
    return app


def _refused(refusal: Refusal) -> Response:
    response = jsonify(refusal.body)
    response.status_code = refusal.status
    return response


def _http(error: HTTPException) -> Response | AnyResponse:
    if not request.path.startswith(("/v1/", "/standin/")):
        return error.get_response()
    return _refused(Refusal(error.description or error.name, status=error.code or 500))


def _unexpected(error: Exception) -> Response:
    current_app.logger.error("%s %s", request.method, request.path, exc_info=error)
    return _refused(broken())
