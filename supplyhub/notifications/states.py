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


class ChannelKind(StrEnum):
    """A chat group's robot, a mail box, the pages themselves."""

    ROBOT = "robot"
    MAIL = "mail"
    PAGE = "page"


class MessageState(StrEnum):
    """How far a message is; one that is held waits for the end of the quiet hours."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
