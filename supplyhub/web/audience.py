"""Who may ask for what: every route names its audience, and one without is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from flask import current_app, g, request
from werkzeug.exceptions import Unauthorized

from supplyhub.errors import NotAllowedError
from supplyhub.people.states import Role
from supplyhub.web import auth

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from supplyhub.people.asker import Asker

View = TypeVar("View", bound="Callable[..., object]")

PUBLIC: Final = frozenset[Role]()
EVERYBODY: Final = frozenset(Role)
STAFF: Final = EVERYBODY - {Role.RESIDENT}


def audience(*roles: Role | frozenset[Role]) -> Callable[[View], View]:
    """Declare who may call a view: roles, or PUBLIC for strangers too. The innermost decorator of a view."""
    declared = frozenset(role for group in roles for role in ([group] if isinstance(group, Role) else group))

    def mark(view: View) -> View:
        view.audience = declared  # type: ignore[attr-defined]
        return view

    return mark


def audience_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Return the declared audience of an endpoint, or None when it has none. Static files are for everybody."""
    if endpoint == "static":
        return PUBLIC
    return getattr(app.view_functions[endpoint], "audience", None)


def asker() -> Asker:
    """Return who asks. Raises 401 for a stranger."""
    found = current_asker()
    if found is None:
        raise Unauthorized
    return found


def current_asker() -> Asker | None:
    """Return who asks, or None for a stranger; looked up once a request."""
    if "asker" not in g:
        g.asker = auth.asker_of_request()
    found: Asker | None = g.asker
    return found


def check_audience() -> None:
    """Refuse a request whose asker isn't in the audience of its route."""
    if request.endpoint is None:
        return
    allowed = audience_of(current_app, request.endpoint)
    if allowed is None:
        raise NotAllowedError("this route has no audience", route=request.endpoint)
    if allowed and asker().role not in allowed:
        raise NotAllowedError("this is not for your role", role=asker().role, allowed=sorted(allowed))
