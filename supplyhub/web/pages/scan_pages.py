"""Tickets and badges scanned at the depot or a delivery point, with signal or without; who was turned away."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, make_response, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from marshmallow import ValidationError

from supplyhub.delivery.bundle import bundle_for, refused_scans_for
from supplyhub.delivery.schemas_scanning import BundleOut, ScansIn, ScansOut
from supplyhub.errors import InvalidError
from supplyhub.people.states import Role
from supplyhub.web import vendored
from supplyhub.web.api.scanning import take_in
from supplyhub.web.audience import PUBLIC, asker, audience
from supplyhub.web.pages.custody_words import why_turned_away

if TYPE_CHECKING:
    from flask import Response

pages = Blueprint("scan", __name__, url_prefix="/depot/scan")

CODE = "js/scan"
MODULES = ("main.js", "eye.js", "judge.js", "keep.js", "verify.js")
CAMERA = "js/camera.js"
LOOKS = ("tokens.css", "components.css", "pages.css", "icons.svg", "mark.svg", "js/page.js")


@pages.get("")
@audience(Role.DEPOT)
def scanning() -> str:
    """Show the page of a device that scans; what it judges by comes with the list, so that it opens without signal."""
    return render_template("depot/scan.html", zone=current_app.extensions["settings"].timezone)


@pages.get("/list")
@audience(Role.DEPOT)
def known() -> Response:
    """Return the list that the device judges by."""
    told: dict[str, Any] = BundleOut().dump(bundle_for(asker(), current_app.extensions["ticket_key"]))
    return jsonify(told | {"csrf": generate_csrf()})


@pages.post("/sync")
@audience(Role.DEPOT)
def send() -> Response:
    """Book what the device handed over, and write down whom it turned away; each is answered."""
    try:
        given = ScansIn().load(request.get_json())
    except ValidationError as error:
        raise InvalidError("this is not what a device sends", errors=error.messages) from error
    return jsonify(ScansOut().dump(take_in(given)))


@pages.get("/worker.js")
@audience(PUBLIC)
def worker() -> Response:
    """Return the service worker, told which files it keeps."""
    asset = current_app.jinja_env.globals["asset"]
    modules = (*(f"{CODE}/{name}" for name in MODULES[1:]), CAMERA, *vendored.scripts())
    files = [*(asset(name) for name in (*LOOKS, f"{CODE}/main.js")), *map(_plain, modules)]  # type: ignore[operator]
    files += [url_for("scan.reader")] * vendored.has_camera()
    told = {
        "version": _version(current_app.static_folder or "", modules),
        "page": url_for("scan.scanning"),
        "files": files,
    }
    source = (Path(current_app.static_folder or "") / CODE / "worker.js").read_text(encoding="utf-8")
    answer = make_response(f"const KEPT = {json.dumps(told)};\n{source}")
    answer.mimetype = "text/javascript"
    answer.headers["Service-Worker-Allowed"] = url_for("scan.scanning")
    return answer


@pages.get("/reader.js")
@audience(PUBLIC)
def reader() -> Response:
    """Return what reads the camera's picture."""
    return vendored.reader()


@pages.get("/refused")
@audience(Role.DEPOT, Role.COORDINATOR)
def refused() -> str:
    """List who was turned away, why, and where."""
    scans = [(scan, why_turned_away(scan.reason)) for scan in refused_scans_for(asker())]
    return render_template("depot/scans_refused.html", scans=scans)


def _plain(name: str) -> str:
    """Return the address by which modules name each other."""
    return url_for("static", filename=name)


@cache
def _version(folder: str, modules: tuple[str, ...]) -> str:
    """Return what changes with any of the files, so that a device takes the new ones along."""
    digest = hashlib.sha256()
    for name in (*LOOKS, *(f"{CODE}/{own}" for own in ("main.js", "worker.js")), *modules):
        digest.update((Path(folder) / name).read_bytes())
    return digest.hexdigest()[:12]
