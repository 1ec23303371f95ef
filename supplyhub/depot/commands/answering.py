"""What households say when they are called about a line of which too little came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

CALLERS = {Role.GRID_LEAD, Role.COORDINATOR}


def answer_call(asker: Asker, *, order_id: int, item_id: int, answer: Literal["less", "refund"]) -> None:
    """Note what a household wants of a line that asked for a call; the last word before the decision stands.

    For the lead of the grid and a coordinator. Raises NotAllowedError for others, NotFoundError for a line that isn't the
    asker's or asked for no call, ConflictError once it was decided how the cycle is shared out.
    """
    if asker.role not in CALLERS:
        raise NotAllowedError("only the grid's lead or a coordinator calls households", role=asker.role)
    with transaction():
        line = row(
            """
            SELECT o.cycle_id FROM orders AS o
            JOIN order_line AS l ON l.order_id = o.id AND l.item_id = :item AND l.consent = 'call'
            JOIN cycle AS c ON c.id = o.cycle_id AND c.community_id = :community
            WHERE o.id = :order AND o.state = 'placed' AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
            FOR SHARE OF c
            """,
            order=order_id,
            item=item_id,
            community=asker.community_id,
            grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
        )
        if line is None:
            raise NotFoundError("no such line that asked for a call", order=order_id, item=item_id)
        # Whoever decides locks the cycle: what is answered before it counts, what comes after is refused.
        if scalar(
            "SELECT EXISTS (SELECT FROM share_decision WHERE cycle_id = :cycle)"
            " OR EXISTS (SELECT FROM allocation_run WHERE cycle_id = :cycle)",
            cycle=line.cycle_id,
        ):
            raise ConflictError("it was decided before how this cycle is shared out", cycle=line.cycle_id)
        execute(
            """
            INSERT INTO consent_answer (order_id, item_id, answer, answered_by, answered_at)
            VALUES (:order, :item, :answer, :by, clock_timestamp())
            ON CONFLICT (order_id, item_id) DO UPDATE
            SET answer = excluded.answer, answered_by = excluded.answered_by, answered_at = excluded.answered_at
            """,
            order=order_id,
            item=item_id,
            answer=answer,
            by=asker.account_id,
        )
