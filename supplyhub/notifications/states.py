"""What people are told, by which channel, and how far a message is."""

from enum import StrEnum


class Matter(StrEnum):
    """What a message is about."""

    MENU_OPENED = "menu_opened"
    CUT_OFF_SOON = "cut_off_soon"
    ORDER_CHANGED = "order_changed"
    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    REFUNDED = "refunded"
    LEVEL_CHANGED = "level_changed"
    INBOX_OPENED = "inbox_opened"
    HELP_OPENED = "help_opened"
    HELP_ASSIGNED = "help_assigned"
    HELP_OVERDUE = "help_overdue"
    HELP_ENDED = "help_ended"
    CHECK_DUE = "check_due"
    DAY_REPORT = "day_report"
    # Somebody tries whether a channel works.
    TEST = "test"
    # Somebody is to show that a mail box is theirs.
    CONFIRM_MAIL = "confirm_mail"


class ChannelKind(StrEnum):
    """A chat group's robot, a mail box, the pages themselves."""

    ROBOT = "robot"
    MAIL = "mail"
    PAGE = "page"


class MessageState(StrEnum):
    """How far a message is. One that came too late, or whose channel ended, is dropped; one that nobody took for a day failed."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
