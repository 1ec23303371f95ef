"""Robots whose answers have no end, come drop by drop, lead elsewhere or don't come; no secret is in the words of any error."""

from __future__ import annotations

import gzip
import socket
import traceback
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from supplyhub.outside import robot_calls
from supplyhub.outside.apprise_messenger import AppriseMessenger
from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError
from tests.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "secret-key-693a91f6"
ROBOT = f"wecombot://{KEY}/"


class Answer(BaseHTTPRequestHandler):
    """Answers with what the test wants; `asked`: the paths that were asked for."""

    write: Callable[[Answer], None]
    asked: list[str]

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        with suppress(OSError):
            type(self).write(self)

    def head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def answering(write: Callable[[Answer], None]) -> Iterator[tuple[str, list[str]]]:
    """Yield host and port of a server, and what it was asked for."""
    asked: list[str] = []
    handler = type("Wanted", (Answer,), {"write": staticmethod(write), "asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def tell(place: str) -> str:
    """Tell a robot something; return the reason why that went wrong, and see that no word has its key."""
    with pytest.raises((MessengerAwayError, MessengerRefusedError)) as raised:
        AppriseMessenger(wecom_api_base=f"http://{place}").to_robot(ROBOT, "a", "b")
    assert KEY not in "".join(traceback.format_exception(raised.value))
    again = "away" if isinstance(raised.value, MessengerAwayError) else "refused"
    return f"{again}: {raised.value.data['reason']}"


def without_end(answer: Answer) -> None:
    answer.head(200)
    while True:
        answer.wfile.write(b" " * 65536)


def test_an_answer_without_an_end_is_not_read_to_it() -> None:
    with answering(without_end) as (place, _):
        assert tell(place) == "away: long_answer"


def test_an_answer_that_is_small_only_while_it_is_packed_is_not_unpacked() -> None:
    packed = gzip.compress(b" " * 50_000_000)

    def write(answer: Answer) -> None:
        answer.head(200, **{"Content-Encoding": "gzip", "Content-Length": str(len(packed))})
        answer.wfile.write(packed)

    with answering(write) as (place, _):
        assert tell(place) == "away: long_answer"


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()

    def write(answer: Answer) -> None:
        answer.head(200)
        while not over.wait(0.02):
            answer.wfile.write(b" ")

    monkeypatch.setattr(robot_calls, "WHOLE_ANSWER_SECONDS", 0.2)
    with answering(write) as (place, _):
        assert tell(place) == "away: slow_answer"
        over.set()


def test_what_is_no_answer_of_a_robot_is_asked_again() -> None:
    def write(answer: Answer) -> None:
        answer.head(200)
        answer.wfile.write(b"[" * 60_000)

    with answering(write) as (place, _):
        assert tell(place) == "away: no_answer"


def test_nobody_answers_at_a_closed_port() -> None:
    assert tell(f"127.0.0.1:{free_port()}") == "away: ConnectionError"


def test_a_connection_that_is_hung_up_is_tried_again() -> None:
    def write(answer: Answer) -> None:
        answer.connection.shutdown(socket.SHUT_RDWR)

    with answering(write) as (place, _):
        assert tell(place) == "away: ConnectionError"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_robot_sends_us_on_to_another_host(status: int) -> None:
    with answering(lambda answer: answer.head(200)) as (elsewhere, asked):

        def write(answer: Answer) -> None:
            answer.head(status, Location=f"http://{elsewhere}/")

        with answering(write) as (place, _):
            assert tell(place) == f"refused: http_{status}"
            with pytest.raises(MessengerAwayError, match="not_taken"):
                AppriseMessenger().to_robot(f"json://{place}/", "a", "b")
        assert asked == []


def test_a_robot_of_ones_own_takes_what_it_answers_200_to() -> None:
    def write(answer: Answer) -> None:
        answer.head(500 if "bad" in answer.path else 200)

    with answering(write) as (place, asked):
        AppriseMessenger().to_robot(f"json://{place}/good", "a", "b")
        with pytest.raises(MessengerAwayError, match="not_taken"):
            AppriseMessenger().to_robot(f"json://{place}/bad", "a", "b")
    assert asked == ["/good", "/bad"]
