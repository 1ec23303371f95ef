"""Facts about money that somebody goes on from."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class BalancesChanged:
    """Orders of a cycle are worth less or more than before, or were paid: what is too much goes back."""

    topic: ClassVar[str] = "settle"
    cycle_id: int


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
