"""What a door needs, as codes that a volunteer may know."""

from enum import StrEnum


class DoorNeed(StrEnum):
    """What whoever comes to a door has to know; never why it is so."""

    CALL_FIRST = "call_first"
    NO_STAIRS = "no_stairs"
    NO_CONTACT = "no_contact"


class CareCategory(StrEnum):
    """Why a household is in the care register (特殊群体台账). Health data: sealed wherever it is kept."""

    LIVING_ALONE = "living_alone"
    DISABLED = "disabled"
    PREGNANT_OR_INFANT = "pregnant_or_infant"
    CHRONIC_ILLNESS = "chronic_illness"
    AFTER_ISOLATION = "after_isolation"
    HARDSHIP = "hardship"


class ConsentPurpose(StrEnum):
    """What a household of the care register agreed to."""

    REGISTER = "register"
    CHECK_CALLS = "check_calls"
    STANDING_VOLUNTEER = "standing_volunteer"
    CARE_PACKS = "care_packs"
    MEDICINE = "medicine"


class CheckOutcome(StrEnum):
    """How a check-in call ended."""

    FINE = "fine"
    NEEDS_SOMETHING = "needs_something"
    NO_ANSWER = "no_answer"
    WORRYING = "worrying"


class AccessPurpose(StrEnum):
    """What a care note was read for."""

    CHECK_CALL = "check_call"
    DELIVERY = "delivery"
    MEDICINE = "medicine"
    CARE_PACK = "care_pack"
    REVIEW = "review"
    EXPORT = "export"
