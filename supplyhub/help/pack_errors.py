"""Refusals of care packs that pages answer in words of their own."""

from __future__ import annotations

from supplyhub.errors import ConflictError


class TooLateError(ConflictError):
    """The cycle's cut-off has passed: what was given is there for the next one."""

    code = "too_late"


class OtherPreviewError(ConflictError):
    """Something changed since the preview; `packs` is how many there would be now."""

    code = "other_preview"


class NameTakenError(ConflictError):
    """This cycle has a pack of that name."""

    code = "name_taken"
