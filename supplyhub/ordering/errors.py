"""Why an order was not taken. Nothing of it was written; the basket stays with the person."""

from supplyhub.errors import ConflictError, HubError


class SoldOutError(ConflictError):
    """Some items have fewer left than asked for, or the household's cap is lower.

    `sold_out`: item, asked, left. `over_cap`: item, asked, cap. `withdrawn`: items no longer on the menu. All at once.
    """

    code = "sold_out"


class StaleOrderError(HubError):
    """The order was changed since; `current` is the order as it stands."""

    code = "stale"


class PriceChangedError(ConflictError):
    """The basket no longer costs what the person saw; `total_fen` is what it costs now."""

    code = "price_changed"


class MenuClosedError(ConflictError):
    """The cut-off has passed: for everything, or (`shut`) for these items, which the order changes."""

    code = "menu_closed"


class MenuNotOpenError(ConflictError):
    """The menu opens later."""

    code = "menu_not_open"


class CannotOrderError(ConflictError):
    """The household is unplaced, no longer in the register, or came after the cycle was opened."""

    code = "cannot_order"


class NoPreconditionError(HubError):
    """A basket must say which order it was made from: If-Match with its version, or If-None-Match: *."""

    code = "no_precondition"
