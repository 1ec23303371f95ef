"""No ticket is ever used outside its grid (不能窜格), nor handled at another's point: the checks, and who was turned away.

The composite foreign keys make a wrong pair impossible to write; this says why, and where to go instead.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from supplyhub.db import execute, row, transaction
from supplyhub.delivery.errors import WrongGridError, WrongPointError
from supplyhub.errors import NotAllowedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Row

    from supplyhub.delivery.states import RefusedMove
    from supplyhub.people.asker import Asker

BADGE = """
    SELECT b.id, b.code, b.grid_id, g.number AS grid_number, d.name AS delivery_point,
           b.state = 'live' AND clock_timestamp() >= b.valid_from AND clock_timestamp() < b.valid_until AS live
    FROM badge AS b JOIN grid AS g ON g.id = b.grid_id LEFT JOIN delivery_point AS d ON d.id = g.delivery_point_id
    WHERE g.community_id = :community
"""


def own_badge(asker: Asker) -> Row[Any]:
    """Return the asker's badge, held still until the end of the transaction. Raises NotAllowedError unless it is live."""
    badge = row(f"{BADGE} AND b.id = :id FOR SHARE OF b", id=asker.badge(), community=asker.community_id)
    if badge is None or not badge.live:
        raise NotAllowedError("this badge isn't valid now", badge=badge.code if badge else None)
    return badge


def badge_by_code(asker: Asker, code: str) -> Row[Any]:
    """Return a scanned or typed badge, live or not, held still. Raises NotFoundError."""
    badge = row(f"{BADGE} AND b.code = :code FOR SHARE OF b", code="".join(code.split()), community=asker.community_id)
    if badge is None:
        raise NotFoundError("no such badge", badge=code)
    return badge


def keep_to_grid(ticket: Row[Any], badge: Row[Any]) -> None:
    """Raise WrongGridError when ticket and badge are of different grids."""
    if ticket.grid_id != badge.grid_id:
        refused = WrongGridError(
            ticket_grid=ticket.grid_number, badge_grid=badge.grid_number, delivery_point=badge.delivery_point
        )
        refused.ticket_id, refused.badge_id = ticket.id, badge.id
        raise refused


def keep_to_point(asker: Asker, thing: Row[Any]) -> None:
    """Raise WrongPointError when the asker is kept to another delivery point than a ticket's or a batch's.

    thing: delivery_point_id, delivery_point (its name, or None)
    """
    if asker.delivery_point_id not in {None, thing.delivery_point_id}:
        raise WrongPointError(delivery_point=thing.delivery_point)


@contextmanager
def refusals_recorded(refused_move: RefusedMove) -> Iterator[None]:
    """Wrap a command's transaction: when that ends in WrongGridError, write the refusal in one of its own."""
    try:
        yield
    except WrongGridError as refused:
        with transaction():
            execute(
                "INSERT INTO grid_refusal (ticket_id, badge_id, refused_move) VALUES (:ticket, :badge, :move)",
                ticket=refused.ticket_id,
                badge=refused.badge_id,
                move=refused_move,
            )
        raise
