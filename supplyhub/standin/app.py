"""The stand-in as an application of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify

from supplyhub.standin.api import api
from supplyhub.standin.control import control
from supplyhub.standin.pages import pages
from supplyhub.standin.refusals import Refusal

if TYPE_CHECKING:
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
    return app


def _refused(refusal: Refusal) -> Response:
    response = jsonify(refusal.body)
    response.status_code = refusal.status
    return response
