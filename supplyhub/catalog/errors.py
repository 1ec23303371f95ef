"""Why an item of a published menu was not changed. Nothing of the edit was written."""

from supplyhub.errors import ConflictError


class EditsOverError(ConflictError):
    """The cut-off has passed, or the menu was never published: there is nothing to edit."""

    code = "edits_over"


class ItemWithdrawnError(ConflictError):
    """The item was withdrawn; it can't be changed any more."""

    code = "item_withdrawn"


class EditRefusedError(ConflictError):
    """What was ordered already stands against it; both reasons at once.

    `reserved`: so many are reserved, fewer can't be on offer. `most`: so many a household has ordered, the cap can't be
    lower; `orders` are above it.
    """

    code = "edit_refused"
