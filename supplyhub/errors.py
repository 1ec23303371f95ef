"""Errors that state a fact. No HTTP here: `web/errors.py` knows which status each code becomes."""

from __future__ import annotations


class HubError(Exception):
    """A refusal with a stable `code` and the `data` that explains it; nothing was changed."""

    code = "refused"

    def __init__(self, message: str = "", **data: object) -> None:
        super().__init__(message or self.__doc__ or self.code)
        self.message = message or (self.__doc__ or self.code).strip().splitlines()[0]
        self.data = data


class SettingError(HubError):
    """The installation is not set up right."""

    code = "setting"


class NotFoundError(HubError):
    """No such thing, or none that the asker may see."""

    code = "not_found"


class NotAllowedError(HubError):
    """The asker's role does not do this."""

    code = "not_allowed"


class InvalidError(HubError):
    """The input contradicts itself or the register."""

    code = "invalid"


class ConflictError(HubError):
    """The thing is not in a state that allows this move."""

    code = "conflict"


class BusyError(HubError):
    """Somebody else holds the rows; try again after `retry_after_seconds`."""

    code = "busy"
