"""Kinds, states and steps of help requests (诉求)."""

from enum import StrEnum


class HelpKind(StrEnum):
    """What somebody asks for; each kind has fields and a due time of its own."""

    MEDICINE = "medicine"
    ERRAND = "errand"
    TRANSPORT = "transport"
    COMPLAINT = "complaint"
    WISH = "wish"
    OTHER = "other"


class HelpState(StrEnum):
    """Where a request stands. One that waits does so for somebody outside: a pharmacy, a driver, the household."""

    NEW = "new"
    TAKEN = "taken"
    WAITING = "waiting"
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


OPEN = (HelpState.NEW, HelpState.TAKEN, HelpState.WAITING)
OPEN_SQL = "('new', 'taken', 'waiting')"


class HelpChannel(StrEnum):
    """How a request came."""

    WEB = "web"
    PHONE = "phone"
    DOORSTEP = "doorstep"
    CHAT = "chat"
    # A check-in call of the care register that found something.
    CHECK = "check"


class HelpStepKind(StrEnum):
    """What was done about a request, as on the white board."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    CALLED = "called"
    NOTED = "noted"
    WAITS = "waits"
    WENT_ON = "went_on"
    HANDED_ON = "handed_on"
    PHOTO_ADDED = "photo_added"
    PHOTO_REMOVED = "photo_removed"
    READ = "read"
    NAMED = "named"
    UNNAMED = "unnamed"
    PASSED = "passed"
    POSTED = "posted"
    CLAIMED = "claimed"
    GIVEN_UP = "given_up"
    OVERDUE = "overdue"
    OVERDUE_SEEN = "overdue_seen"
    CREDITED = "credited"
    MERGED_IN = "merged_in"
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"


class Errand(StrEnum):
    """What is to be done for somebody."""

    GAS_CARD = "gas_card"
    PRINT = "print"
    LOST_AND_FOUND = "lost_and_found"
    OTHER = "other"


class TripEnd(StrEnum):
    """From where to where somebody who is ill has to be brought, as a kind of place."""

    HOME = "home"
    HOSPITAL = "hospital"
    CLINIC = "clinic"
    ISOLATION = "isolation"
    STATION = "station"
    OTHER = "other"


class Trouble(StrEnum):
    """What a complaint on an order is about."""

    MISSING = "missing"
    DAMAGED = "damaged"
    NOT_FRESH = "not_fresh"
    WRONG_ITEM = "wrong_item"
    LATE = "late"
    PRICE = "price"
    OTHER = "other"


class WishTopic(StrEnum):
    """What a wish is about."""

    FOOD = "food"
    COMPANY = "company"
    LEARNING = "learning"
    REPAIR = "repair"
    PET = "pet"
    OTHER = "other"


class Holder(StrEnum):
    """Who holds medicine on its way, up to a district's border and beyond."""

    PHARMACY = "pharmacy"
    VOLUNTEER = "volunteer"
    BORDER = "border"
    OTHER_DISTRICT = "other_district"
    HOUSEHOLD = "household"


HELP_MOVES: dict[tuple[HelpState, str], HelpState] = {
    (HelpState.NEW, "take"): HelpState.TAKEN,
    (HelpState.TAKEN, "take"): HelpState.TAKEN,
    (HelpState.WAITING, "take"): HelpState.TAKEN,
    (HelpState.TAKEN, "wait"): HelpState.WAITING,
    (HelpState.WAITING, "go_on"): HelpState.TAKEN,
    # To another grid: there it is new, and nobody's yet.
    (HelpState.NEW, "hand_on"): HelpState.NEW,
    (HelpState.TAKEN, "hand_on"): HelpState.NEW,
    (HelpState.WAITING, "hand_on"): HelpState.NEW,
    (HelpState.TAKEN, "solve"): HelpState.SOLVED,
    (HelpState.WAITING, "solve"): HelpState.SOLVED,
    (HelpState.TAKEN, "give_up"): HelpState.NOT_SOLVED,
    (HelpState.WAITING, "give_up"): HelpState.NOT_SOLVED,
    (HelpState.NEW, "withdraw"): HelpState.WITHDRAWN,
    (HelpState.TAKEN, "withdraw"): HelpState.WITHDRAWN,
    (HelpState.WAITING, "withdraw"): HelpState.WITHDRAWN,
    (HelpState.NEW, "merge"): HelpState.MERGED,
    (HelpState.TAKEN, "merge"): HelpState.MERGED,
    (HelpState.WAITING, "merge"): HelpState.MERGED,
    (HelpState.SOLVED, "reopen"): HelpState.TAKEN,
    (HelpState.NOT_SOLVED, "reopen"): HelpState.TAKEN,
}
