"""Refusals of help requests that pages answer in words of their own."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class TakenError(ConflictError):
    """Somebody else has taken the request; `owner` is their name."""

    code = "taken"


class NotYoursError(ConflictError):
    """Only who has the request, people who are named and a coordinator do this."""

    code = "not_yours"


class EndedError(ConflictError):
    """The request has come to its end; `state` says which."""

    code = "ended"
