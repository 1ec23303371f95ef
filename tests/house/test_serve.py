"""The web processes: they answer what they began, and don't outlive each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.processes import family, free_port, parents, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOW_ANSWER = """
import sys, time
from supplyhub.cli.serve import serve

def make():
    def application(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            open(sys.argv[2], "w").close()
            time.sleep(1.5)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"whole"]
    return application

serve(make, host="127.0.0.1", port=int(sys.argv[1]))
"""


class Server:
    """A running server of a toy application."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, began: Path) -> None:
        self.process = process
        self.url = url
        self.began = began

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=120) as answer:  # noqa: S310  (our own)
            return bytes(answer.read())

    def answers(self) -> bool:
        with suppress(OSError):
            return self.get("/") == b"whole"
        return False


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Start a server of its own."""
    port, began = free_port(), folder / "began"
    arguments = [sys.executable, "-c", SLOW_ANSWER, str(port), str(began)]
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        made = Server(process, f"http://127.0.0.1:{port}", began)
        try:
            wait_for(made.answers)
            yield made
        finally:
            process.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return one server for several tests; the last of them kills it."""
    with serving(tmp_path_factory.mktemp("serving")) as made:
        yield made


def test_a_request_that_runs_is_answered_after_term(tmp_path: Path) -> None:
    with serving(tmp_path) as server, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.get, "/slow")
        wait_for(server.began.exists)
        server.process.send_signal(signal.SIGTERM)
        assert answer.result() == b"whole"
        assert server.process.wait(timeout=120) == 0


def test_a_killed_worker_is_replaced(server: Server) -> None:
    (one, *_others) = family(server.process.pid) - {server.process.pid}
    os.kill(one, signal.SIGKILL)
    wait_for(lambda: one not in parents() and len(family(server.process.pid)) >= 3)
    wait_for(server.answers)


def test_workers_end_with_a_killed_server(server: Server) -> None:
    workers = family(server.process.pid) - {server.process.pid}
    server.process.kill()
    wait_for(lambda: not workers & parents().keys())
    assert not server.answers()
