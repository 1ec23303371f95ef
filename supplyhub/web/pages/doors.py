"""The doors of a volunteer's ticket, for the pages that are about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.delivery.queries import ticket_for
from supplyhub.errors import NotFoundError
from supplyhub.web.audience import asker

if TYPE_CHECKING:
    from typing import Any


def my_stop(code: str, stop_id: int) -> Any:
    """Return a door of my live ticket. Raises NotFoundError."""
    found = next((stop for stop in ticket_for(asker(), code).stops if stop.id == stop_id), None)
    if found is None:
        raise NotFoundError("no such stop", stop=stop_id)
    return found
