"""Sessions for pages (Flask-Login) and bearer tokens for the API; never one for the other."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_by_token, asker_of

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.people.asker import Asker

API = "/api/"
RESIDENT_SESSION = timedelta(days=30)
STAFF_SESSION = timedelta(hours=14)
LONGEST_TOKEN = 200


class SignedIn(UserMixin):
    """What Flask-Login keeps: the account and the session version it signed in with."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker

    def get_id(self) -> str:
        """Return the account and the version: raising the version signs out everywhere."""
        return f"{self.asker.account_id}.{self.asker.session_version}"


def init_app(app: Flask) -> None:
    """Set up sessions."""
    # Templates ask `me()` instead: an error page must not ask the database that may be the error.
    manager = LoginManager(app, add_context_processor=False)
    manager.user_loader(_load)
    secure = app.extensions["settings"].public_url.startswith("https://")
    app.config.from_mapping(
        SESSION_COOKIE_NAME="supplyhub",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=RESIDENT_SESSION,
        # Else a slow answer to an older request would put an older basket back.
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def sign_in(asker: Asker) -> None:
    """Open a session: 30 days for a household on its phone, a shift for staff."""
    session.clear()
    session.permanent = asker.role == Role.RESIDENT
    length = RESIDENT_SESSION if asker.role == Role.RESIDENT else STAFF_SESSION
    session["until"] = int(time.time() + length.total_seconds())
    login_user(SignedIn(asker))


def sign_out() -> None:
    """End the session of this device."""
    logout_user()
    session.clear()


def asker_of_request() -> Asker | None:
    """Return who asks: by bearer token below /api/, by session elsewhere."""
    if request.path.startswith(API):
        return _asker_of_bearer()
    asker: Asker | None = getattr(current_user, "asker", None)
    return asker


def _asker_of_bearer() -> Asker | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
        return None
    return asker_by_token(token.strip())


def _load(user_id: str) -> SignedIn | None:
    account_id, _, version = user_id.partition(".")
    if not account_id.isdecimal() or session.get("until", 0) < time.time():
        return None
    found = asker_of(int(account_id))
    return SignedIn(found) if found is not None and str(found.session_version) == version else None
