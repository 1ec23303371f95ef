"""Facts about money that somebody goes on from."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Booked:
    """A journal entry changed what orders are worth, or what was paid for them: what is too much goes back."""

    topic: ClassVar[str] = "settle"
    entry_id: int


@dataclass(frozen=True, slots=True)
class BookedInPart:
    """A large journal entry changed what the orders of these grids are worth."""

    topic: ClassVar[str] = "settle_part"
    cycle_id: int
    first_grid: int
    last_grid: int


@dataclass(frozen=True, slots=True)
class OrdersSettled:
    """Orders were settled within what changed them: what was booked beside it, and couldn't be seen, is seen now."""

    topic: ClassVar[str] = "settle_again"
    orders: list[int]


@dataclass(frozen=True, slots=True)
class RefundDue:
    """Money was promised back that the gateway must be asked for."""

    topic: ClassVar[str] = "refund"
    refund_id: int


@dataclass(frozen=True, slots=True)
class GatewayEventCame:
    """The gateway said that something happened to a session or a refund of ours."""

    topic: ClassVar[str] = "gateway_event"
    event_id: str


@dataclass(frozen=True, slots=True)
class ReconciliationAsked:
    """Somebody wants our books beside the gateway's."""

    topic: ClassVar[str] = "reconcile"
    reconciliation_id: int
