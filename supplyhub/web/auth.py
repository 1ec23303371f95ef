"""Sessions for pages (Flask-Login) and bearer tokens for the API; never one for the other."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import current_app, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from supplyhub.people.shifts import SHIFT_HOURS
from supplyhub.residents.asking import asker_in_session
from supplyhub.residents.devices import DEVICE_DAYS

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.people.asker import Asker
    from supplyhub.people.commands import BadgeSession
    from supplyhub.residents.devices import Device
    from supplyhub.residents.tokens import Doorkeeper

API = "/api/"
RESIDENT_SESSION = timedelta(days=DEVICE_DAYS)
STAFF_SESSION = timedelta(hours=14)
# So long may a shift begin after the sign-in, and so long does it last.
BADGE_SESSION = 2 * timedelta(hours=SHIFT_HOURS)
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


def sign_in(asker: Asker, device: Device | None = None, *, badge: BadgeSession | None = None) -> None:
    """Open a session: that of a household's device for as long as the device is its, a day's work for staff.

    That of a volunteer who came by badge ends with the shift, whenever that is.
    """
    session.clear()
    session.permanent = device is not None
    if badge is not None:
        session["badge"], session["since"] = badge.badge_id, badge.since.timestamp()
        session["until"] = int(time.time() + BADGE_SESSION.total_seconds())
    elif device is None:
        session["until"] = int(time.time() + STAFF_SESSION.total_seconds())
    else:
        session["device"] = device.id
        session["until"] = int(device.expires_at.timestamp())
    login_user(SignedIn(asker))


def sign_out() -> None:
    """End the session of this device."""
    logout_user()
    session.clear()


def device_of_session() -> int | None:
    """Return the device that this browser is to a household, whether it still is or was ended; None for others."""
    found: int | None = session.get("device")
    return found


def came_by_badge() -> bool:
    """Tell whether this browser was signed in with a badge, so that its session ends with the shift."""
    return "badge" in session


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
    keeper: Doorkeeper = current_app.extensions["doorkeeper"]
    return keeper.asker(token.strip())


def _load(user_id: str) -> SignedIn | None:
    account_id, _, version = user_id.partition(".")
    if not account_id.isdecimal() or session.get("until", 0) < time.time():
        return None
    found = asker_in_session(
        int(account_id), session.get("device"), badge_id=session.get("badge"), since=session.get("since")
    )
    return SignedIn(found) if found is not None and str(found.session_version) == version else None
