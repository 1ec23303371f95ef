"""States, channels and outcomes of an order."""

from enum import StrEnum


class OrderState(StrEnum):
    """An order is placed, or was cancelled before the cut-off; a cancelled one can be placed again."""

    PLACED = "placed"
    CANCELLED = "cancelled"


class Channel(StrEnum):
    """How an order reached us; one that holds a care pack alone was asked for by nobody."""

    WEB = "web"
    PHONE = "phone"
    DOORSTEP = "doorstep"
    RELAY = "relay"
    CARE_PACK = "care_pack"


class Consent(StrEnum):
    """What a household wants for a line of which too little comes: less of it, a named substitute, nothing, a call."""

    LESS = "less"
    SUBSTITUTE = "substitute"
    REFUND = "refund"
    CALL = "call"


class CallOutcome(StrEnum):
    """How a call to a silent household ended."""

    NO_ANSWER = "no_answer"
    CALL_AGAIN = "call_again"
    WILL_ORDER = "will_order"
    ORDERED = "ordered"
    DECLINED = "declined"


class EntryKind(StrEnum):
    """What an entry of a chat relay does to its door's basket."""

    ADD = "add"
    REPLACE = "replace"
    WITHDRAW = "withdraw"


class Outcome(StrEnum):
    """What became of an order at the close of its cycle; each order has exactly one."""

    DELIVERED = "delivered"
    PART_DELIVERED = "part_delivered"
    RETURNED = "returned"
    NOTHING_CAME = "nothing_came"
    CANCELLED = "cancelled"


ORDER_MOVES: dict[tuple[OrderState, str], OrderState] = {
    (OrderState.PLACED, "change"): OrderState.PLACED,
    (OrderState.PLACED, "cancel"): OrderState.CANCELLED,
    (OrderState.CANCELLED, "place"): OrderState.PLACED,
}
