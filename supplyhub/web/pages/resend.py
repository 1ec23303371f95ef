"""Sending again what met a full house: the page of a 503 carries the form, so that nothing that was chosen is lost.

With script it goes again by itself (`static/js/queue.js`), without by its button.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import request
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from flask import Flask

# Sent twice, these are the same as sent once.
HARMLESS = {"menu", "order"}
MOST_FIELDS = 600
SOON_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: the address, the fields of its form (none: the page is only asked for again), and for how long."""

    path: str
    fields: list[tuple[str, str]]
    seconds: int
    is_form: bool


def init_app(app: Flask) -> None:
    """Give the error page what waits."""
    app.jinja_env.globals["waiting"] = waiting


def waiting(problem: dict[str, Any]) -> Waiting | None:
    """Return what can be sent again after a 503, or None."""
    if problem["status"] != HTTPStatus.SERVICE_UNAVAILABLE or request.endpoint is None:
        return None
    seconds = int(problem.get("retry_after_seconds") or SOON_SECONDS)
    if request.method == "GET":
        return Waiting(request.full_path.rstrip("?"), [], seconds, is_form=False)
    fields = list(request.form.items())
    known = request.endpoint.rpartition(".")[2] in HARMLESS and len(fields) <= MOST_FIELDS
    return Waiting(request.path, _without_token(fields), seconds, is_form=True) if known and _is_ours() else None


def _is_ours() -> bool:
    # A strange form that met a 503 before it met the guard must not come back with a token of ours.
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def _without_token(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in fields if name != "csrf_token"]
