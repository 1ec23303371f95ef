"""What is printed and exported in the background."""

from enum import StrEnum


class Printed(StrEnum):
    """What is printed: labels of parcels or crates, pick lists by product or by order."""

    PARCELS = "parcels"
    CRATES = "crates"
    BY_PRODUCT = "by_product"
    BY_ORDER = "by_order"


class Exported(StrEnum):
    """What is written as one long table."""

    HOUSEHOLDS = "households"
    ORDER_LINES = "order_lines"
    HELP_REQUESTS = "help_requests"
