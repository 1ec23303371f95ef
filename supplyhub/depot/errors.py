"""Refusals of the depot that say more than that they are one."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class AlreadyPackedError(ConflictError):
    """Somebody packed a parcel before: `parcels` names code, who (`by`) and when (`at`), in `by` and `at` the first's."""

    code = "already_packed"


class SecondPersonError(ConflictError):
    """Whoever did the first step doesn't do the second one: somebody else must."""

    code = "second_person"


class AlreadyBookedError(ConflictError):
    """Somebody else booked a stocktake before: `by` and `at` say who and when."""

    code = "already_booked"


class UnweighedError(ConflictError):
    """Lines that are charged by weight were not weighed: `lines` names parcel, item and sku of each."""

    code = "unweighed"


class ExpiredError(ConflictError):
    """What is to be packed has expired: `lots` names those that lie on the shelf, `lines` who lacks how many `units`."""

    code = "expired"


class BelowMinimumError(ConflictError):
    """A purchase order comes to less (`total_fen`) than its platform takes (`minimum_order_fen`)."""

    code = "below_minimum"
