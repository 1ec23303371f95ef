"""States of purchase orders, batches and parcels; the places goods can be; reasons of an allocation."""

from enum import StrEnum


class PurchaseState(StrEnum):
    """Where a purchase order stands."""

    DRAFT = "draft"
    SENT = "sent"
    CONFIRMED = "confirmed"
    PART_RECEIVED = "part_received"
    RECEIVED = "received"
    CLOSED = "closed"


# Everything that was bought has come, or never will.
ALL_CAME = (PurchaseState.RECEIVED, PurchaseState.CLOSED)


class Place(StrEnum):
    """Where units of a lot are. `supplier` and `count` lie outside: goods come from there, never pile up there."""

    SUPPLIER = "supplier"
    COUNT = "count"
    INBOUND = "inbound"
    SHELF = "shelf"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RETURNED = "returned"
    QUARANTINE = "quarantine"
    WASTE = "waste"


# Where a stocktake can be.
COUNTED_PLACES = (Place.INBOUND, Place.SHELF, Place.RETURNED, Place.QUARANTINE)

# The way in and the way back (三区两通道): goods that come never pass where goods come back. Nothing else may move.
WAYS: frozenset[tuple[Place, Place]] = frozenset(
    {
        (Place.SUPPLIER, Place.INBOUND),
        (Place.INBOUND, Place.SHELF),
        (Place.INBOUND, Place.WASTE),
        (Place.SHELF, Place.PACKED),
        # A parcel that is unpacked again.
        (Place.PACKED, Place.SHELF),
        (Place.SHELF, Place.WASTE),
        (Place.PACKED, Place.HANDED_OVER),
        (Place.HANDED_OVER, Place.DELIVERED),
        # What was entered by mistake: the parcel is still in the volunteer's hands.
        (Place.DELIVERED, Place.HANDED_OVER),
        (Place.HANDED_OVER, Place.RETURNED),
        (Place.HANDED_OVER, Place.QUARANTINE),
        (Place.RETURNED, Place.SHELF),
        (Place.RETURNED, Place.QUARANTINE),
        (Place.RETURNED, Place.WASTE),
        (Place.QUARANTINE, Place.SHELF),
        (Place.QUARANTINE, Place.WASTE),
        # Differences of a count, and corrections.
        *((place, Place.COUNT) for place in COUNTED_PLACES),
        *((Place.COUNT, place) for place in COUNTED_PLACES),
    }
)


class Fate(StrEnum):
    """What becomes of a parcel that came back; the places its units go to."""

    SHELF = "shelf"
    WASTE = "waste"
    QUARANTINE = "quarantine"


class MoveReason(StrEnum):
    """Why units were written off, differ from the book, or went back to the shelf."""

    DAMAGED = "damaged"
    SPOILED = "spoiled"
    EXPIRED = "expired"
    LOST = "lost"
    FOUND = "found"
    MISCOUNTED = "miscounted"
    INSPECTED = "inspected"
    MISPACKED = "mispacked"
    MISWEIGHED = "misweighed"
    OTHER = "other"


# What goods are written off for; units that are gone are found by a count, with a second person.
WRITE_OFF_REASONS = frozenset({MoveReason.DAMAGED, MoveReason.SPOILED, MoveReason.EXPIRED, MoveReason.OTHER})
# Why a count found less than the book says, and why more.
LESS_REASONS = frozenset(
    {
        MoveReason.LOST,
        MoveReason.MISCOUNTED,
        MoveReason.DAMAGED,
        MoveReason.SPOILED,
        MoveReason.EXPIRED,
        MoveReason.OTHER,
    }
)
MORE_REASONS = frozenset({MoveReason.FOUND, MoveReason.MISCOUNTED, MoveReason.OTHER})
# What a parcel is unpacked for.
UNPACK_REASONS = frozenset({MoveReason.MISPACKED, MoveReason.MISWEIGHED, MoveReason.OTHER})


class ReceiptKind(StrEnum):
    """What a receipt is for: a purchase order, goods nobody ordered, a donation (爱心物资)."""

    PURCHASE = "purchase"
    UNEXPECTED = "unexpected"
    DONATION = "donation"


class LotPurpose(StrEnum):
    """Whom a lot is for: everybody who ordered, or the care register alone; such a lot isn't shared out."""

    EVERYBODY = "everybody"
    CARE = "care"


class Fault(StrEnum):
    """What was wrong with a delivery beside its counts."""

    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    REFUSED = "refused"


class StocktakeState(StrEnum):
    """A stocktake is being counted, waits for the second person, was booked or dropped."""

    COUNTING = "counting"
    COUNTED = "counted"
    BOOKED = "booked"
    DROPPED = "dropped"


class Policy(StrEnum):
    """How a shortage is shared out."""

    CARE_FIRST = "care_first_equal_share"
    PRO_RATA = "pro_rata"
    FIRST_COME = "first_come"
    DRAW = "draw"


class BatchState(StrEnum):
    """A grid's batch is being packed, or sealed: every parcel of it is packed."""

    PACKING = "packing"
    SEALED = "sealed"


class ParcelState(StrEnum):
    """Where a parcel is."""

    PLANNED = "planned"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RETURNED = "returned"


class Reason(StrEnum):
    """Why a line got what it got; each is a sentence to the household, none tells who is in the care register."""

    FULL = "full"
    # All that was ordered came; only what the line takes more to fill a case did not.
    FILL_SHORT = "fill_short"
    FAIR_SHARE = "fair_share"
    NONE_LEFT = "none_left"
    NOTHING_CAME = "nothing_came"
    # The household wanted all or nothing.
    STEPPED_BACK = "stepped_back"
    PRO_RATA = "pro_rata"
    CAME_LATER = "came_later"
    NOT_DRAWN = "not_drawn"


PURCHASE_MOVES: dict[tuple[PurchaseState, str], PurchaseState] = {
    (PurchaseState.DRAFT, "send"): PurchaseState.SENT,
    (PurchaseState.SENT, "confirm"): PurchaseState.CONFIRMED,
    (PurchaseState.CONFIRMED, "confirm"): PurchaseState.CONFIRMED,
    (PurchaseState.SENT, "receive"): PurchaseState.PART_RECEIVED,
    (PurchaseState.CONFIRMED, "receive"): PurchaseState.PART_RECEIVED,
    (PurchaseState.PART_RECEIVED, "receive"): PurchaseState.PART_RECEIVED,
    (PurchaseState.SENT, "finish"): PurchaseState.RECEIVED,
    (PurchaseState.CONFIRMED, "finish"): PurchaseState.RECEIVED,
    (PurchaseState.PART_RECEIVED, "finish"): PurchaseState.RECEIVED,
    # A late truck.
    (PurchaseState.RECEIVED, "receive"): PurchaseState.RECEIVED,
    (PurchaseState.RECEIVED, "close"): PurchaseState.CLOSED,
}

STOCKTAKE_MOVES: dict[tuple[StocktakeState, str], StocktakeState] = {
    (StocktakeState.COUNTING, "finish"): StocktakeState.COUNTED,
    (StocktakeState.COUNTED, "recount"): StocktakeState.COUNTING,
    (StocktakeState.COUNTED, "book"): StocktakeState.BOOKED,
    (StocktakeState.COUNTING, "drop"): StocktakeState.DROPPED,
    (StocktakeState.COUNTED, "drop"): StocktakeState.DROPPED,
}

BATCH_MOVES: dict[tuple[BatchState, str], BatchState] = {
    (BatchState.PACKING, "seal"): BatchState.SEALED,
    (BatchState.SEALED, "open"): BatchState.PACKING,
}

PARCEL_MOVES: dict[tuple[ParcelState, str], ParcelState] = {
    (ParcelState.PLANNED, "pack"): ParcelState.PACKED,
    (ParcelState.PACKED, "unpack"): ParcelState.PLANNED,
    (ParcelState.PACKED, "hand_over"): ParcelState.HANDED_OVER,
    (ParcelState.HANDED_OVER, "deliver"): ParcelState.DELIVERED,
    (ParcelState.DELIVERED, "undo"): ParcelState.HANDED_OVER,
    (ParcelState.HANDED_OVER, "bring_back"): ParcelState.RETURNED,
}
