"""Refusals of delivery that say more than that they are one."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class TurnedAwayError(ConflictError):
    """Somebody who came with a ticket and a badge that don't go together here: `reason` is a `ScanRefusal`.

    Beside the data, for the record of who was turned away: `ticket_id`, `badge_id`, as far as they are known.
    """

    reason = ""
    ticket_id: int | None = None
    badge_id: int | None = None


class WrongGridError(TurnedAwayError):
    """A badge of one grid at a ticket of another: `ticket_grid`, `badge_grid`, `delivery_point` (where to go)."""

    code = "wrong_grid"
    reason = "wrong_grid"

    def __init__(self, *, ticket_grid: int, badge_grid: int, delivery_point: str | None = None) -> None:
        where = f"; its own tickets are at {delivery_point}" if delivery_point else ""
        super().__init__(
            f"this ticket belongs to grid {ticket_grid}, the badge to grid {badge_grid}{where}",
            ticket_grid=ticket_grid,
            badge_grid=badge_grid,
            delivery_point=delivery_point,
        )


class WrongPointError(TurnedAwayError):
    """Staff of one delivery point at a ticket of another: `delivery_point` (where it belongs; None: the depot)."""

    code = "wrong_point"
    reason = "wrong_point"

    def __init__(self, *, delivery_point: str | None) -> None:
        where = delivery_point or "the depot"
        super().__init__(f"this belongs to {where}, not to the point of this account", delivery_point=delivery_point)


class ScanRefusedError(TurnedAwayError):
    """A scanned ticket or badge that doesn't fit: `reason` says why, the rest of the data explains it."""

    code = "scan_refused"

    def __init__(self, message: str, *, reason: str, **data: object) -> None:
        super().__init__(message, reason=reason, **data)
        self.reason = reason


class ForgedError(ScanRefusedError):
    """What was scanned isn't signed by this installation, or not for this."""

    def __init__(self) -> None:
        super().__init__("this code isn't one of ours", reason="forged")
