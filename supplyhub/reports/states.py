"""What packing prints."""

from enum import StrEnum


class Printed(StrEnum):
    """What is printed: labels of parcels or crates, pick lists by product or by order."""

    PARCELS = "parcels"
    CRATES = "crates"
    BY_PRODUCT = "by_product"
    BY_ORDER = "by_order"
