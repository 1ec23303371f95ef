"""What a door needs, as codes that a volunteer may know."""

from enum import StrEnum


class DoorNeed(StrEnum):
    """What whoever comes to a door has to know; never why it is so."""

    CALL_FIRST = "call_first"
    NO_STAIRS = "no_stairs"
    NO_CONTACT = "no_contact"
