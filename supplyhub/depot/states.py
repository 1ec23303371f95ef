"""States of purchase orders, batches and parcels; the places goods can be; reasons of an allocation."""

from enum import StrEnum


class PurchaseState(StrEnum):
    """Where a purchase order stands."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"


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
    FAIR_SHARE = "fair_share"
    NONE_LEFT = "none_left"
    NOTHING_CAME = "nothing_came"


PURCHASE_MOVES: dict[tuple[PurchaseState, str], PurchaseState] = {
    (PurchaseState.DRAFT, "send"): PurchaseState.SENT,
    (PurchaseState.SENT, "receive"): PurchaseState.RECEIVED,
}

BATCH_MOVES: dict[tuple[BatchState, str], BatchState] = {
    (BatchState.PACKING, "seal"): BatchState.SEALED,
}

PARCEL_MOVES: dict[tuple[ParcelState, str], ParcelState] = {
    (ParcelState.PLANNED, "pack"): ParcelState.PACKED,
    (ParcelState.PACKED, "hand_over"): ParcelState.HANDED_OVER,
    (ParcelState.HANDED_OVER, "deliver"): ParcelState.DELIVERED,
    (ParcelState.HANDED_OVER, "bring_back"): ParcelState.RETURNED,
}
