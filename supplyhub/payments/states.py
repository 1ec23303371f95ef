"""Accounts and kinds of the journal; states of charges, refunds and credits, and the moves between them."""

from enum import StrEnum


class Account(StrEnum):
    """The accounts of the journal. What is owed to us, or lies with us, is positive."""

    HOUSEHOLD = "household"  # what an order owes (receivable); negative: held for the household
    GOODS = "goods"  # the value of what was ordered and not taken off again (income, negative)
    GATEWAY = "gateway"  # money that the payment gateway holds for us (clearing)
    CASH = "cash"  # money in a volunteer's bag, by badge
    SHOWN_CODE = "shown_code"  # paid at the door into the community's own wallet (收款码)
    TILL = "till"  # cash that was counted and handed in
    DIFFERENCE = "difference"  # cash that was too much or too little when it was counted
    COVER = "cover"  # what hardship help and donations pay
    REFUNDS = "refunds"  # promised back and not given back yet (negative)


class EntryKind(StrEnum):
    """What a journal entry is about."""

    # What an order is worth.
    ORDERED = "ordered"
    SHARED = "shared"
    PACKED = "packed"
    RETURNED = "returned"
    CREDITED = "credited"
    # What was paid for it.
    PAID_ONLINE = "paid_online"
    TAKEN = "taken"
    COVERED = "covered"
    # What goes back.
    REFUND_DUE = "refund_due"
    REFUND_CHANGED = "refund_changed"  # the gateway gave back another amount than it was asked for
    REFUND_DONE = "refund_done"
    REFUND_FAILED = "refund_failed"
    # Cash on its way.
    COUNTED = "counted"


# These change what an order is worth; the other entries on a household's account are what was paid and given back.
VALUE_KINDS = (EntryKind.ORDERED, EntryKind.SHARED, EntryKind.PACKED, EntryKind.RETURNED, EntryKind.CREDITED)


class ChargeState(StrEnum):
    """Where an online payment stands: its checkout is being opened, is open, was paid, or ended unpaid."""

    PREPARING = "preparing"
    OPEN = "open"
    PAID = "paid"
    ENDED = "ended"


class PaidWay(StrEnum):
    """By which way a household paid online."""

    CARD = "card"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"


class RefundWay(StrEnum):
    """How money goes back: through the gateway to the charge it came from, or by hand."""

    ONLINE = "online"
    CASH = "cash"


class RefundReason(StrEnum):
    """Why money goes back."""

    SURPLUS = "surplus"  # the order is worth less than was paid
    CANCELLED = "cancelled"  # the order was cancelled
    TOO_LATE = "too_late"  # paid after its goods went to others


class RefundState(StrEnum):
    """Where a refund stands: to be sent, with the gateway, with the household, refused by the gateway."""

    DUE = "due"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class TakingWay(StrEnum):
    """How a household paid at its door."""

    CASH = "cash"
    SHOWN_CODE = "shown_code"


class TakingAnswer(StrEnum):
    """What became of money that a phone reported."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    MORE_THAN_OWED = "more_than_owed"
    LESS_THAN_OWED = "less_than_owed"  # and nobody confirmed it
    NOT_YET = "not_yet"  # what it takes back has not come


class CoverSource(StrEnum):
    """Who pays for a household that can't (困难减免, 捐赠)."""

    HARDSHIP = "hardship"
    DONATION = "donation"


class CreditReason(StrEnum):
    """Why an order is made cheaper by hand."""

    DAMAGED = "damaged"
    SPOILED = "spoiled"
    MISSING = "missing"
    WRONG = "wrong"
    OTHER = "other"


class CreditState(StrEnum):
    """A credit was asked for, given, or turned down."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"


class CameBy(StrEnum):
    """How an event of the gateway reached us."""

    WEBHOOK = "webhook"
    POLL = "poll"


CHARGE_MOVES: dict[tuple[ChargeState, str], ChargeState] = {
    (ChargeState.PREPARING, "open"): ChargeState.OPEN,
    (ChargeState.PREPARING, "pay"): ChargeState.PAID,
    (ChargeState.OPEN, "pay"): ChargeState.PAID,
    (ChargeState.PREPARING, "end"): ChargeState.ENDED,
    (ChargeState.OPEN, "end"): ChargeState.ENDED,
    # A gateway may still report as paid what was believed to have ended.
    (ChargeState.ENDED, "pay"): ChargeState.PAID,
}

REFUND_MOVES: dict[tuple[RefundState, str], RefundState] = {
    (RefundState.DUE, "send"): RefundState.SENT,
    (RefundState.DUE, "finish"): RefundState.DONE,
    (RefundState.SENT, "finish"): RefundState.DONE,
    (RefundState.DUE, "fail"): RefundState.FAILED,
    (RefundState.SENT, "fail"): RefundState.FAILED,
    # A bank may send back what the gateway believed to be done.
    (RefundState.DONE, "fail"): RefundState.FAILED,
}

CREDIT_MOVES: dict[tuple[CreditState, str], CreditState] = {
    (CreditState.ASKED, "give"): CreditState.GIVEN,
    (CreditState.ASKED, "refuse"): CreditState.REFUSED,
}
