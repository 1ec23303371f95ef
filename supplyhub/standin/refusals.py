"""How the gateway says no, in the original's shape."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818  (what it is: the gateway's answer)
    """An answer of 400 and above. `kept`: the same key gets the same answer again, since the work had begun."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        named = {"code": code, "message": message, "param": param, "type": kind}
        self.body: dict[str, Any] = {"error": {name: value for name, value in named.items() if value}}


def missing(what: str, identity: str, param: str = "id", *, status: int = 404) -> Refusal:
    """Return the refusal for something that isn't there."""
    return Refusal(f"No such {what}: '{identity}'", status=status, code="resource_missing", param=param)


def wrong(message: str, param: str, code: str = "") -> Refusal:
    """Return the refusal of a parameter."""
    return Refusal(message, code=code, param=param)
