"""How a phone comes to trust this host in a closed network: the authority's certificate, its fingerprint, and the steps."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, render_template, send_file, url_for

from supplyhub.certificates import authority_of
from supplyhub.errors import NotFoundError
from supplyhub.web.audience import PUBLIC, audience

if TYPE_CHECKING:
    from flask import Flask, Response

    from supplyhub.certificates import Authority

pages = Blueprint("install_ca", __name__, url_prefix="/install-ca")

# By which phones know that there is something to install.
MEDIA_TYPE = "application/x-x509-ca-cert"


def init_app(app: Flask) -> None:
    """Let other pages ask whether there is anything to install."""
    app.jinja_env.globals["has_own_authority"] = lambda: _found() is not None


@pages.get("")
@audience(PUBLIC)
def how() -> str:
    """Say in words how the certificate is installed. Raises NotFoundError where a public one is used, or none."""
    authority = _authority()
    settings = current_app.extensions["settings"]
    return render_template(
        "entry/install_ca.html",
        address=settings.public_url + url_for("install_ca.how"),
        ends_at=authority.ends_at,
        fingerprint=[authority.fingerprint[start : start + 4] for start in range(0, len(authority.fingerprint), 4)],
    )


@pages.get("/supplyhub-ca.crt")
@audience(PUBLIC)
def certificate() -> Response:
    """Return the authority's certificate (DER). Raises NotFoundError where there is none."""
    return send_file(BytesIO(_authority().der), MEDIA_TYPE, as_attachment=True, download_name="supplyhub-ca.crt")


def _authority() -> Authority:
    found = _found()
    if found is None:
        raise NotFoundError("this installation has no certificate authority of its own")
    return found


def _found() -> Authority | None:
    return authority_of(current_app.extensions["settings"].home)
