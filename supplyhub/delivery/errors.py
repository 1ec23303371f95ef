"""Refusals of delivery that say more than that they are one."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class WrongGridError(ConflictError):
    """A badge of one grid at a ticket of another: `ticket_grid`, `badge_grid`, `delivery_point` (where to go)."""

    code = "wrong_grid"

    def __init__(self, *, ticket_grid: int, badge_grid: int, delivery_point: str | None = None) -> None:
        where = f"; its own tickets are at {delivery_point}" if delivery_point else ""
        super().__init__(
            f"this ticket belongs to grid {ticket_grid}, the badge to grid {badge_grid}{where}",
            ticket_grid=ticket_grid,
            badge_grid=badge_grid,
            delivery_point=delivery_point,
        )
        self.ticket_id = 0
        self.badge_id = 0
