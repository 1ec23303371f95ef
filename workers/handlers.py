"""Events to commands: one handler a topic. A handler runs in the transaction that finishes its event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.delivery.commands import issue_tickets, plan_changed_routes
from supplyhub.depot.commands import cut_off_batch, share_out

if TYPE_CHECKING:
    from collections.abc import Callable

HANDLERS: dict[str, Callable[..., None]] = {
    "routes": plan_changed_routes,
    "cut_off": cut_off_batch,
    "share_out": share_out,
    "tickets": issue_tickets,
}
