"""A stand-in that runs somewhere else, as those see it who play with it: the demo, the audit, the tests."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from supplyhub.errors import HubError
from supplyhub.standin.telling import DIRECT

ANSWER_SECONDS = 20.0


class StandInError(HubError):
    """The stand-in of the payment gateway refuses, or isn't there."""

    code = "standin"


class PageEndedError(StandInError):
    """Nobody can pay on this page any more: it was paid, or it ended."""


class _Staying(urllib.request.HTTPRedirectHandler):
    """Where one is sent is the answer; nobody goes there."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Stay."""


STAYING = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Staying)


class StandIn:
    """A stand-in at an address, played with by its secret key. Raises StandInError."""

    def __init__(self, url: str, secret_key: str) -> None:
        self.url = url.rstrip("/")
        self.secret_key = secret_key

    def pay(self, session_id: str, *, method: str = "alipay", press: str = "pay") -> str:
        """Press a button (`pay`, `decline`) on a page, as a person would; return where one is sent."""
        form = urllib.parse.urlencode({"method": method, "press": press}).encode()
        try:
            with STAYING.open(f"{self.url}/checkout/{session_id}", data=form, timeout=ANSWER_SECONDS):
                raise PageEndedError("the page can't be paid on any more")
        except urllib.error.HTTPError as answer:
            with answer:
                if answer.code != 303:
                    raise StandInError(f"the page answers {answer.code}") from answer
                return str(answer.headers["Location"])
        except OSError as error:
            raise StandInError(f"the stand-in is away: {error}") from error

    def play(self, session_id: str, play: str, *, method: str = "card") -> dict[str, Any]:
        """Play what happens to a page: pay, decline, pay_later, then arrive or bounce."""
        return self._call("POST", f"checkouts/{session_id}", {"play": play, "method": method})

    def finish_refund(self, refund_id: str, status: str, failure: str = "") -> dict[str, Any]:
        """Say how a refund ended: `succeeded`, or `failed`, even after it had seemed to succeed."""
        return self._call("POST", f"refunds/{refund_id}", {"status": status, "failure": failure})

    def set_faults(self, **faults: float) -> None:
        """Let things go wrong from now on, and nothing else (see `faults.Faults` for the names)."""
        self._call("PUT", "faults", faults)

    def fail_next(self, kind: str, *, times: int = 1, on: str = "") -> None:
        """Let the next call or event go wrong, whose path or kind has `on` in it."""
        self._call("POST", "faults/next", {"kind": kind, "times": times, "on": on})

    def books(self) -> dict[str, Any]:
        """Return the journal's totals: sum_fen, merchant_fen, references (reference, paid_fen, refunded_fen)."""
        return self._call("GET", "books")

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        wanted = urllib.request.Request(  # noqa: S310  (the operator's own address)
            f"{self.url}/standin/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.secret_key}", "Content-Type": "application/json"},
        )
        try:
            with DIRECT.open(wanted, timeout=ANSWER_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            with error:
                raise StandInError(f"{path}: {json.load(error)['error']['message']}") from error
        except OSError as error:
            raise StandInError(f"the stand-in is away: {error}") from error
