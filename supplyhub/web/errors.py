"""From an error to an answer: one place turns a HubError into a status, then into JSON (RFC 9457) or a page."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from flask import jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from supplyhub.errors import BusyError, HubError
from supplyhub.web.load import busy

if TYPE_CHECKING:
    from flask import Flask, Response
    from werkzeug.wrappers import Response as AnyResponse

log = structlog.get_logger(__name__)

STATUS = {
    "not_found": HTTPStatus.NOT_FOUND,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "file_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "gateway_away": HTTPStatus.SERVICE_UNAVAILABLE,
    "gateway_refused": HTTPStatus.BAD_GATEWAY,
    "forged_event": HTTPStatus.BAD_REQUEST,
    "stale": HTTPStatus.PRECONDITION_FAILED,
    "no_precondition": HTTPStatus.PRECONDITION_REQUIRED,
    "sign_in_failed": HTTPStatus.UNAUTHORIZED,
    "setting": HTTPStatus.INTERNAL_SERVER_ERROR,
}
# What a volunteer's phone page fetches and sends by itself.
FOR_SCRIPTS = {"/depot/scan/list", "/depot/scan/sync", "/tickets/day", "/tickets/sync", "/tickets/photos"}
RETRY_AFTER_SECONDS = 2
SPREAD_SECONDS = 3


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(HubError, _hub_error)
    app.register_error_handler(HTTPException, http_error)
    for data_error in (DataError, psycopg.DataError):
        app.register_error_handler(data_error, _data_error)
    for away in (OperationalError, psycopg.OperationalError):
        app.register_error_handler(away, _database_away)
    app.register_error_handler(PoolTimeout, _no_connection)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: HubError) -> HTTPStatus:
    """Return the status of an error's code; a refusal that isn't listed is a conflict with how things stand."""
    return STATUS.get(error.code, HTTPStatus.CONFLICT)


def _hub_error(error: HubError) -> Response | AnyResponse:
    if not isinstance(error, BusyError):
        return answer(status_of(error), error.code, error.message, error.data, {})
    # Those who are turned away together come again one by one.
    again = int(str(error.data["retry_after_seconds"])) + secrets.randbelow(SPREAD_SECONDS)
    data = {**error.data, "retry_after_seconds": again}
    return answer(status_of(error), error.code, error.message, data, {"Retry-After": str(again)})


def http_error(error: HTTPException) -> Response | AnyResponse:
    """Answer an HTTP error of Flask, Werkzeug or webargs (whose `data` may hold messages and headers)."""
    status = HTTPStatus(error.code or 500)
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    given = getattr(error, "data", None) or {}
    messages = given.get("errors") or given.get("messages")
    data = {"errors": messages} if messages else {}
    headers = dict(given.get("headers") or {})
    # Werkzeug's name of it: Python renames statuses from one version to the next.
    code = "invalid" if status == HTTPStatus.UNPROCESSABLE_ENTITY else error.name.lower().replace(" ", "_")
    if status == HTTPStatus.UNAUTHORIZED and not is_api():
        return redirect(
            url_for("entry.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
        )
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    return answer(status, code, error.description or status.description, data, headers)


def _data_error(error: DataError | psycopg.DataError) -> Response | AnyResponse:
    # A number beyond 64 bits or a NUL that no schema saw: the input's fault, and nothing was written.
    log.info("data_refused", route=request.endpoint, kind=type(_cause(error)).__name__)
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "a value cannot be stored", {}, {})


def _database_away(error: OperationalError | psycopg.OperationalError) -> Response | AnyResponse:
    log.error("database_away", route=request.endpoint, sqlstate=getattr(_cause(error), "sqlstate", None))
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        "the database doesn't answer; nothing was changed",
        {},
        retry,
    )


def _no_connection(_error: PoolTimeout) -> Response | AnyResponse:
    # So many wait for this process's few connections that this one's turn didn't come.
    return _hub_error(busy())


def _cause(error: Exception) -> object:
    """Return the driver's own error: SQLAlchemy wraps it, a connection that is kept doesn't."""
    return getattr(error, "orig", error)


def _unexpected(error: Exception) -> Response | AnyResponse:
    log.error("unexpected", route=request.endpoint, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return answer(status, "unexpected", "something broke here; look whether it was done before doing it again", {}, {})


def is_api() -> bool:
    """Tell whether the request is for the API, the payment gateway's or a phone's own: no person reads the answer."""
    return request.path.startswith(("/api/", "/payments/events")) or request.path in FOR_SCRIPTS


def answer(
    status: HTTPStatus, code: str, detail: str, data: dict[str, Any], headers: dict[str, str]
) -> Response | AnyResponse:
    """Return problem details to the API, a page to people."""
    problem = {
        **data,
        "type": f"urn:supplyhub:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }
    if is_api():
        response = jsonify(problem)
        response.content_type = "application/problem+json"
    else:
        response = make_response(render_template("error.html", problem=problem))
    response.status_code = status
    response.headers.update(headers)
    return response
