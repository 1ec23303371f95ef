"""What can go wrong with somebody else's service."""

from __future__ import annotations

from supplyhub.errors import HubError


class GatewayAwayError(HubError):
    """The payment gateway doesn't answer; whether it did what it was asked is unknown, so ask again with the same key."""

    code = "gateway_away"


class GatewayBusyError(GatewayAwayError):
    """The very same is being asked for at this moment by somebody else, who will get the answer."""


class GatewayRefusedError(HubError):
    """The payment gateway refuses, and will refuse the same thing again.

    `reason` is the gateway's own code, such as `resource_missing` or `charge_already_refunded`.
    """

    code = "gateway_refused"

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or f"the payment gateway refuses: {reason}", reason=reason)
        self.reason = reason


class ForgedEventError(HubError):
    """This is no event that the payment gateway has just signed."""

    code = "forged_event"


class MessengerAwayError(HubError):
    """Nobody took the message; whether it arrived is unknown, so it is sent again later. `reason` is a code."""

    code = "messenger_away"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the message was not taken: {reason}", reason=reason)
        self.reason = reason


class MessengerRefusedError(HubError):
    """The service refuses the message, and will refuse it again: its address is wrong, say. `reason` is a code."""

    code = "messenger_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the message is refused: {reason}", reason=reason)
        self.reason = reason


class SolverFailedError(HubError):
    """The solver of routes found no path; it would hardly find one if it were asked again. `reason` is a code."""

    code = "solver_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the solver found no path: {reason}", reason=reason)
        self.reason = reason
