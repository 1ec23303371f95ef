"""A volunteer's phone: the page that opens without signal, its worker and its manifest. What they hold is nobody's.

The shell is the same for everybody who reads the same language; doors come with `/tickets/day`, straight to the page. The
worker keeps the shell and the files that it names, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, make_response, render_template, request, send_from_directory, url_for
from flask_babel import force_locale, get_domain

from supplyhub.delivery.states import Problem
from supplyhub.web import vendored
from supplyhub.web.audience import PUBLIC, audience
from supplyhub.web.headers import A_YEAR_SECONDS
from supplyhub.web.language import CHINESE, ENGLISH
from supplyhub.web.language import gettext as _

if TYPE_CHECKING:
    from flask import Response

pages = Blueprint("phone_page", __name__, url_prefix="/phone")

CODE = "js/phone"
WORKER = "worker.js"
# What a page of the phone is drawn with; the manifest's pictures are the browser's own business.
LOOKS = ("tokens.css", "components.css", "pages.css", "phone.css", "icons.svg", "mark.svg")
EYES = ("js/camera.js",)
SCANNER = "vendor/qr-scanner.min.js"
# As in tokens.css: --mark and --bg. A manifest reads no style sheet.
MARK, PAPER = "#287438", "#f6f5ef"
PICTURES = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-maskable-512.png", 512, "maskable"))


@pages.get("/")
@audience(PUBLIC)
def shell() -> Response:
    """Return the page without anything in it: the script fills it from what the phone keeps."""
    answer = make_response(
        render_template(
            "volunteer/phone.html",
            code=code,
            both=both,
            problems=list(Problem),
            zone=current_app.extensions["settings"].timezone,
        )
    )
    answer.headers["X-Phone-Version"] = version()
    return answer


@pages.get("/worker.js")
@audience(PUBLIC)
def worker() -> Response:
    """Return the service worker, told which files it keeps; with `sync` one that sends by itself (a module)."""
    told = {
        "version": version(),
        "shell": url_for("phone_page.shell"),
        "files": [*map(_asset, (*LOOKS, *EYES)), *map(code, modules()), *_reading()],
        "places": {"day": "/tickets/day", "sync": "/tickets/sync", "photos": "/tickets/photos"},
    }
    lines = [f"const KEPT = {json.dumps(told)};", _source(WORKER)]
    if "sync" in request.args:
        lines.insert(0, f'import {{ round }} from "{code("sync.js")}";\nself.sendAll = round;')
    answer = make_response("\n".join(lines))
    answer.mimetype = "text/javascript"
    return answer


@pages.get("/manifest.webmanifest")
@audience(PUBLIC)
def manifest() -> Response:
    """Return what an installed page is called and looks like. Asked without cookies, so its address says the language."""
    english = request.args.get("tag") == ENGLISH
    with force_locale(ENGLISH if english else CHINESE):
        name, short_name = _("送菜上门"), _("送菜")
    answer = make_response(
        {
            "id": url_for("phone_page.shell"),
            "name": name,
            "short_name": short_name,
            "lang": ENGLISH if english else "zh-CN",
            "start_url": url_for("phone_page.shell"),
            "scope": "/",
            "display": "standalone",
            "theme_color": MARK,
            "background_color": PAPER,
            "icons": [
                {"src": _asset(f"icons/{name}"), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
                for name, side, purpose in PICTURES
            ],
        }
    )
    answer.mimetype = "application/manifest+json"
    return answer


@pages.get("/code/<asked>/<name>")
@audience(PUBLIC)
def module(asked: str, name: str) -> Response:
    """Return a module of the page. Modules name each other without a version, so the version is in their folder."""
    if asked != version() or name not in modules():
        abort(404)
    answer = send_from_directory(Path(current_app.static_folder or "") / CODE, name)
    answer.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    return answer


@pages.get("/reader.js")
@audience(PUBLIC)
def reader() -> Response:
    """Return what reads the camera's picture."""
    return vendored.reader()


def code(name: str) -> str:
    """Return the address of a module."""
    return url_for("phone_page.module", asked=version(), name=name)


def version() -> str:
    """Return what changes with every file that the phone keeps."""
    return _digest(current_app.static_folder or "", vendored.scripts())


def modules() -> tuple[str, ...]:
    """Return the names of the page's modules."""
    return _modules(current_app.static_folder or "")


def both(words: str) -> dict[str, str]:
    """Return the forms of words about a number for the script, which puts the number in: {"one": ..., "more": ...}."""
    said = get_domain().get_translations()
    one, more = (said.ngettext(words, words, number).replace("%(num)s", "{num}") for number in (1, 2))
    return {"one": one, "more": more}


@cache
def _modules(folder: str) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in (Path(folder) / CODE).glob("*.js") if path.name != WORKER))


@cache
def _digest(folder: str, brought: tuple[str, ...]) -> str:
    files = [
        Path(folder) / name
        for name in (*LOOKS, *EYES, *brought, *(f"{CODE}/{name}" for name in (*_modules(folder), WORKER)))
    ]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _reading() -> list[str]:
    """Return the addresses of what reads a camera's picture, if set-up fetched it."""
    return [url_for("static", filename=SCANNER), url_for("phone_page.reader")] if vendored.has_camera() else []


def _asset(name: str) -> str:
    # As templates have it: with a mark that changes with the content.
    return str(current_app.jinja_env.globals["asset"](name))  # type: ignore[operator]


def _source(name: str) -> str:
    return (Path(current_app.static_folder or "") / CODE / name).read_text(encoding="utf-8")
