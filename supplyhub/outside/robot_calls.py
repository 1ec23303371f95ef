"""Calls of the robots of known chat programs, whose answers count: the large ones say in a 200 that they refuse."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError

CONNECT_SECONDS, ANSWER_SECONDS = 4.0, 8.0
# Until an answer is whole, however its parts come.
WHOLE_ANSWER_SECONDS = 8.0
# An answer of theirs is some dozens of bytes.
LARGEST_ANSWER_BYTES = 64 * 1024
# Too many at once, or a trouble of their own, as WeCom, DingTalk and Feishu put it.
BUSY = frozenset({-1, 45009, 45033, 130101, 410100, 11232, 11233})
LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a robot's service, as Apprise knows it; Apprise itself would take every answer of 200 for a success."""

    url: str
    payload: dict[str, Any]
    params: dict[str, str] = field(default_factory=dict)
    direct: bool = False

    def make(self) -> None:
        """Make it. Raises MessengerAwayError, MessengerRefusedError."""
        try:
            with requests.post(
                self.url,
                data=json.dumps(self.payload, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "supplyhub"},
                params=self.params,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,
                proxies={"no_proxy": "*"} if self.direct else None,
            ) as answer:
                trouble = trouble_in(answer.status_code, _content(answer))
        except requests.RequestException as error:
            # Its words have the address in them, which is a secret.
            raise MessengerAwayError(type(error).__name__) from None
        if trouble:
            raise trouble


def _content(answer: requests.Response) -> bytes:
    """Return what is answered. Raises MessengerAwayError for what has no end, or comes drop by drop."""
    content, ends = bytearray(), time.monotonic() + WHOLE_ANSWER_SECONDS
    # Byte by byte: who wants more at a time waits for it, and doesn't look at the clock meanwhile.
    for part in answer.iter_content(1):
        content += part
        if len(content) > LARGEST_ANSWER_BYTES:
            raise MessengerAwayError("long_answer")
        if time.monotonic() > ends:
            raise MessengerAwayError("slow_answer")
    return bytes(content)


def trouble_in(status: int, content: bytes) -> MessengerAwayError | MessengerRefusedError | None:
    """Return what an answer says that went wrong; None when the message was taken."""
    if status in LATER or status >= 500:
        return MessengerAwayError(f"http_{status}")
    if status != requests.codes.ok:
        return MessengerRefusedError(f"http_{status}")
    try:
        said = json.loads(content)
        code = int(said.get("errcode", said.get("code", said.get("StatusCode", 0))))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return MessengerAwayError("no_answer")
    if code == 0:
        return None
    return MessengerAwayError(f"busy_{code}") if code in BUSY else MessengerRefusedError(f"said_{code}")
