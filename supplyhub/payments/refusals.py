"""Refusals of credits and cash that say more than that they are one."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class SecondPersonError(ConflictError):
    """So much is not given by one person alone: `amount_fen`, `one_person_fen` (what one may give)."""

    code = "second_person"


class MoreThanWorthError(ConflictError):
    """More is to be taken off an order than it is worth: `worth_fen`."""

    code = "more_than_worth"
