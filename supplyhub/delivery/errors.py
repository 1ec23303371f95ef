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


class WrongPointError(ConflictError):
    """Staff of one delivery point at a ticket of another: `delivery_point` (where it belongs; None: the depot)."""

    code = "wrong_point"

    def __init__(self, *, delivery_point: str | None) -> None:
        super().__init__(
            f"this ticket belongs to {delivery_point or 'the depot'}",
            reason="wrong_point",
            delivery_point=delivery_point,
        )


class ScanRefusedError(ConflictError):
    """A scanned ticket or badge that was turned away: `reason` is a `ScanRefusal`, the rest of the data explains it."""

    code = "scan_refused"


class ForgedError(ScanRefusedError):
    """What was scanned isn't signed by this installation, or not for this."""

    def __init__(self) -> None:
        super().__init__("this code isn't one of ours", reason="forged")
