"""Refusals of payments that say more than that they are one."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class PaymentOffError(ConflictError):
    """This installation takes no payments online: it has no keys of a payment gateway."""

    code = "payment_off"


class NothingOwedError(ConflictError):
    """Nothing is owed for this order: `owed_fen`, below zero when money goes back."""

    code = "nothing_owed"


class TooLittleOnlineError(ConflictError):
    """What is owed is less than the gateway takes at once: `owed_fen`, `least_fen`."""

    code = "too_little_online"


class NotPaidOnlineError(ConflictError):
    """This order isn't paid online, or not yet: `drawn` tells whether its menu was drawn."""

    code = "not_paid_online"


class HoldEndedError(ConflictError):
    """The time to pay for what this order holds is over: `hold_until`."""

    code = "hold_ended"
