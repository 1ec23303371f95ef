"""The pages: one module an actor. They work without script; script only makes them better."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from flask import current_app, g, request, url_for
from flask_wtf.csrf import CSRFProtect
from marshmallow import ValidationError

from supplyhub.web import care_words, headers, help_words, language, looks, vendored, words
from supplyhub.web.errors import answer
from supplyhub.web.explain import explain
from supplyhub.web.language import look
from supplyhub.web.pages import (
    anchor_pages,
    apply_pages,
    arrival_pages,
    asking_pages,
    badge_entry,
    badge_pages,
    card_pages,
    care_call_pages,
    care_case_pages,
    care_own_pages,
    care_pages,
    cash_pages,
    channel_pages,
    collecting,
    coordinator,
    custody,
    depot,
    desk_money,
    draw_pages,
    duty_pages,
    entry,
    export_pages,
    grid,
    help_board,
    help_request,
    home_pages,
    hour_pages,
    import_pages,
    inbox_pages,
    install_ca,
    keeping,
    level_pages,
    map_pages,
    menu_pages,
    message_pages,
    money_pages,
    need_pages,
    offer_pages,
    own_pack_pages,
    pack_pages,
    packing_pages,
    packing_prints,
    paper_pages,
    people_pages,
    phone,
    phone_data,
    point_pages,
    print_jobs,
    privacy_pages,
    purchase_pages,
    reassign_pages,
    receiving_pages,
    reconcile_pages,
    refund_pages,
    register_pages,
    relay_pages,
    report_pages,
    resend,
    resident,
    return_pages,
    roster_pages,
    route_pages,
    scan_pages,
    settlement_pages,
    shift_pages,
    short_calls,
    shortage_pages,
    somebody,
    stock_pages,
    stocktake_pages,
    unpacking_pages,
    unpaid,
    volunteer,
    wish_pages,
)

if TYPE_CHECKING:
    from flask import Flask, Response
    from werkzeug.wrappers import Response as AnyResponse

    from supplyhub.people.asker import Asker

ACTORS = (
    entry,
    badge_entry,
    install_ca,
    apply_pages,
    home_pages,
    card_pages,
    resident,
    grid,
    unpaid,
    menu_pages,
    draw_pages,
    relay_pages,
    somebody,
    anchor_pages,
    keeping,
    need_pages,
    care_pages,
    care_case_pages,
    care_call_pages,
    care_own_pages,
    depot,
    desk_money,
    purchase_pages,
    receiving_pages,
    shortage_pages,
    short_calls,
    packing_pages,
    packing_prints,
    print_jobs,
    unpacking_pages,
    custody,
    scan_pages,
    cash_pages,
    return_pages,
    stock_pages,
    stocktake_pages,
    phone_data,
    volunteer,
    phone,
    shift_pages,
    collecting,
    coordinator,
    people_pages,
    badge_pages,
    money_pages,
    refund_pages,
    reconcile_pages,
    settlement_pages,
    pack_pages,
    own_pack_pages,
    register_pages,
    import_pages,
    export_pages,
    offer_pages,
    privacy_pages,
    route_pages,
    map_pages,
    report_pages,
    level_pages,
    point_pages,
    inbox_pages,
    help_board,
    help_request,
    reassign_pages,
    arrival_pages,
    paper_pages,
    duty_pages,
    hour_pages,
    roster_pages,
    asking_pages,
    wish_pages,
    message_pages,
    channel_pages,
)

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Register the pages and what their templates need."""
    app.config.from_mapping(
        # Only forms carry cookies; the API takes bearer tokens. A token lives as long as the session, so that a page left
        # open for an hour still sends; no referrer is sent, so there is none to check.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)
    app.before_request(protect_forms)
    for part in (headers, language, looks, vendored, words, anchor_pages, inbox_pages, install_ca, keeping, resend):
        part.init_app(app)
    for part in (care_words, care_pages, care_call_pages):
        part.init_app(app)
    for part in (asking_pages, duty_pages, help_board, help_words, hour_pages, roster_pages):
        part.init_app(app)
    for part in (own_pack_pages, pack_pages):
        part.init_app(app)
    message_pages.init_app(app)
    app.register_error_handler(ValidationError, not_text)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset,
        explain=explain,
        look=look,
        look_link=look_link,
        me=me,
        now=now,
        qr_uri=qr_uri,
        server_now=server_now,
    )
    for actor in ACTORS:
        app.register_blueprint(actor.pages)


def not_text(error: ValidationError) -> Response | AnyResponse | tuple[str, int]:
    """Answer a form that carries what is no text, a NUL say."""
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", str(error), {}, {})


def protect_forms() -> None:
    """Refuse a form without its token; the API isn't asked, it takes no cookies."""
    if request.endpoint == relay_pages.REVIEW:
        # A chain that is too long is answered with its text in place; nobody else sends half a megabyte of fields.
        request.max_form_memory_size = current_app.config["MAX_CONTENT_LENGTH"]
    if not request.path.startswith("/api/"):
        csrf.protect(apply_exemptions=True)


def me() -> Asker | None:
    """Return who is signed in, when the request has found out; an error page asks no database."""
    found: Asker | None = g.get("asker")
    return found


def asset(name: str) -> str:
    """Return the address of a static file; it changes with the content, so that browsers keep it for a year."""
    return _address(request.script_root, current_app.static_folder or "", name)


@cache
def _address(_root: str, folder: str, name: str) -> str:
    # A menu names the file of its icons two hundred times.
    digest = hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:12]
    return url_for("static", filename=name, v=digest)


def look_link(lang: str | None = None, type: str | None = None) -> str:  # noqa: A002 - the names of the address
    """Return the link that changes language or type and comes back here."""
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return url_for("entry.change_look", back=back, lang=lang, type=type)


def qr_uri(text: str) -> str:
    """Return a QR picture for `src`: black on white in the dark too, scanners want it so."""
    return segno.make(text, micro=False, error="m").svg_data_uri(scale=8, dark="#000", light="#fff", border=3)


def now() -> datetime:
    """Return the moment of this page."""
    return datetime.now(UTC)


def server_now() -> str:
    """Return the server's clock for the countdowns."""
    return now().isoformat()
