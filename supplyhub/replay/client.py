"""A small HTTP client with one kept connection a thread; patient while the server is away."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from supplyhub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 20.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
AWAY = {502, 503, 504}
PAGE_SIZE = 500


class ServerAwayError(HubError):
    """The server did not answer for a while; what was done stays done."""

    code = "server_away"


class LostAnswerError(HubError):
    """Nobody knows whether a call that must not be repeated had its effect."""

    code = "lost_answer"


class UnexpectedAnswerError(HubError):
    """The server answered something that the play has no next move for."""

    code = "unexpected_answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the decoded body (None for an empty one) and the headers, their names in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Return the problem's code, or an empty text."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) and self.status >= 400 else ""


@dataclass
class Client:
    """Calls `url`/api/v1 from any number of threads."""

    url: str
    patience_seconds: float = PATIENCE_SECONDS
    _local: threading.local = field(default_factory=threading.local)

    def get(self, token: str, path: str, **query: object) -> Any:
        """Return the body of a GET that must succeed."""
        return self.must(token, "GET", f"{path}?{urlencode(query)}" if query else path)

    def pages(self, token: str, path: str, **query: object) -> Iterator[Any]:
        """Yield the entries of a paginated list."""
        page, last = 1, 1
        while page <= last:
            answer = self.call(token, "GET", f"{path}?{urlencode({**query, 'page': page, 'page_size': PAGE_SIZE})}")
            yield from accepted(answer, "GET", path)
            last = json.loads(answer.headers.get("x-pagination", "{}")).get("last_page", 1)
            page += 1

    def must_once(self, token: str, method: str, path: str, body: object) -> Any:
        """Return the body of a call that would have a second effect. Raises LostAnswerError where it may have had one."""
        try:
            answer = self._once(token, method, path, body, {})
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise LostAnswerError(f"{method} {path} got no answer") from error
        if answer.status in AWAY:
            raise LostAnswerError(f"{method} {path} got {answer.status}")
        return accepted(answer, method, path)

    def must(self, token: str, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Return the body of a call that must succeed. Raises UnexpectedAnswerError with what came instead."""
        return accepted(self.call(token, method, path, body, **headers), method, path)

    def advance(self, token: str, path: str, body: object = None, *, reached: Callable[[], object]) -> None:
        """Make a move that may have been made already, by a call whose answer was lost: `reached` tells."""
        answer = self.call(token, "POST", path, body)
        if answer.status >= 400 and not reached():
            accepted(answer, "POST", path)

    def once(self, token: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Make a call a single time and return whatever comes. Raises OSError, HTTPException when nothing does."""
        try:
            return self._once(token, method, path, body, headers)
        except (OSError, http.client.HTTPException):
            self._drop()
            raise

    def call(self, token: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Make a call and return whatever the server decides.

        A lost connection, 502, 503 and 504 are tried again with growing, scattered pauses (or as `Retry-After` says) for
        some 20 s; so only calls that are harmless when repeated go through here. Raises ServerAwayError after that.
        """
        end, pause, reason = time.monotonic() + self.patience_seconds, FIRST_PAUSE_SECONDS, ""
        while True:
            try:
                answer = self._once(token, method, path, body, headers)
                if answer.status not in AWAY:
                    return answer
                reason, wait = f"status {answer.status}", _retry_after(answer)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                reason, wait = str(error) or type(error).__name__, 0.0
            if time.monotonic() > end:
                raise ServerAwayError(f"{self.url} didn't answer for {self.patience_seconds:.0f} s ({reason})")
            # Scattered, so that eight threads don't come back in one moment.
            time.sleep(max(wait, pause) * random.uniform(0.7, 1.3))  # noqa: S311
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _once(self, token: str, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        connection = self._connection()
        sent = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        payload = None
        if body is not None:
            payload = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        connection.request(method, f"/api/v1{path}", payload, sent)
        response = connection.getresponse()
        raw = response.read()
        kind = response.headers.get_content_type()
        decoded = json.loads(raw) if raw and kind.endswith("json") else None
        return Answer(response.status, decoded, {name.lower(): value for name, value in response.getheaders()})

    def _connection(self) -> http.client.HTTPConnection:
        made: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if made is None:
            where = urlsplit(self.url)
            kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
            made = self._local.connection = kind(where.hostname or "", where.port, timeout=TIMEOUT_SECONDS)
        return made

    def _drop(self) -> None:
        self._connection().close()
        del self._local.connection


def _retry_after(answer: Answer) -> float:
    value = answer.headers.get("retry-after", "")
    return min(float(value), LONGEST_PAUSE_SECONDS) if value.isdecimal() else 0.0


def accepted(answer: Answer, method: str, path: str) -> Any:
    """Return the body of an answer. Raises UnexpectedAnswerError when it is a refusal."""
    if answer.status < 400:
        return answer.body
    detail = answer.body.get("detail", "") if isinstance(answer.body, dict) else ""
    raise UnexpectedAnswerError(
        f"{method} {path}: {answer.status} {answer.code} {detail}".rstrip(),
        status=answer.status,
        problem_code=answer.code,
    )
