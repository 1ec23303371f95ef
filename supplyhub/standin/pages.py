"""The hosted page on which somebody pays, without any script."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request

from supplyhub.standin import checkouts
from supplyhub.standin.api import core, hang_up
from supplyhub.standin.refusals import Refusal
from supplyhub.standin.words import words

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from supplyhub.standin.books import Page, Thing

pages = Blueprint("pages", __name__)

# As the households use them.
ORDER = ("alipay", "wechat_pay", "card")


@pages.before_request
def _at_the_door() -> Response | None:
    return hang_up() if core().mishaps.faults.away else None


@pages.get("/healthz")
def healthz() -> Response:
    """Say that it is up."""
    return Response("ok", mimetype="text/plain")


@pages.get("/checkout/<identity>")
def checkout(identity: str) -> Response:
    """Show what is to be paid, or how the page ended."""
    core().end_due()
    with core().books.look() as page:
        found = _session(page, identity)
    return _shown(found, declined="declined" in request.args)


@pages.post("/checkout/<identity>")
def decide(identity: str) -> Response | AnyResponse:
    """Pay, let a payment fail, or go back."""
    method = request.form.get("method", "card")
    with core().change() as act:
        found = _session(act.page, identity)
        pressed = request.form.get("press")
        try:
            if pressed == "pay":
                found = checkouts.pay(act, identity, method=method)
                return redirect(found["success_url"], 303)
            if pressed == "decline":
                checkouts.decline(act, identity, method=method)
                return redirect(f"{request.path}?declined=1", 303)
        except Refusal:
            # Pressed twice, or too late: the page says which.
            found = _session(act.page, identity)
    return redirect(found["success_url"], 303) if found["status"] == "complete" else _shown(found)


def _session(page: Page, identity: str) -> Thing:
    found = page.find("checkout.session", identity)
    if found is None:
        abort(404)
    return found


def _shown(found: Thing, *, declined: bool = False) -> Response:
    said = words(found["locale"], request.accept_languages.best_match(["zh", "en"]))
    response = make_response(
        render_template(
            "checkout.html",
            t=said,
            session=found,
            methods=[method for method in ORDER if method in found["payment_method_types"]],
            amount=f"{found['amount_total'] // 100}.{found['amount_total'] % 100:02d}",
            declined=declined,
        )
    )
    # A browser follows a form's redirect only to where the form may lead.
    leads = " ".join(sorted({_origin(found[name]) for name in ("success_url", "cancel_url") if found[name]}))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {leads}; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
