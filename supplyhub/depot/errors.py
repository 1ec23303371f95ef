"""Refusals of the depot that say more than that they are one."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class AlreadyPackedError(ConflictError):
    """Somebody packed a parcel before: `parcels` names code, who (`by`) and when (`at`), in `by` and `at` the first's."""

    code = "already_packed"
