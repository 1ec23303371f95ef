"""The stand-in tells what happened: signed, again until somebody listens, twice, late or out of order when asked to."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.standin.core import Core, Setup
from supplyhub.standin.events import announce
from supplyhub.standin.faults import Faults, Mishaps
from supplyhub.standin.refusals import Refusal
from supplyhub.standin.telling import Teller
from tests.gateway import SECRET_KEY, WEBHOOK_SECRET, Clock, TestStandIn
from tests.outside.asked import wanted
from tests.processes import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Listener:
    """Somebody who is told; answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.status = 200

    @property
    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.heard]


@contextmanager
def listening() -> Iterator[tuple[Listener, str]]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.heard.append((body, self.headers["Stripe-Signature"]))
            self.send_response(listener.status)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield listener, f"http://127.0.0.1:{server.server_port}/payments/events"
        server.shutdown()


@pytest.fixture
def listener() -> Iterator[tuple[Listener, str]]:
    with listening() as found:
        yield found


@pytest.fixture
def core(tmp_path: Path, listener: tuple[Listener, str]) -> Core:
    return Core(
        Setup(tmp_path, SECRET_KEY, WEBHOOK_SECRET, webhook_url=listener[1], durable=False), clock=Clock(still=True)
    )


def happen(core: Core, *kinds: str) -> None:
    for kind in kinds:
        with core.change() as act:
            announce(act, kind, {"id": "re_1"})


def pass_by(core: Core, seconds: float) -> None:
    core.clock.ahead += seconds  # type: ignore[attr-defined]
    Teller(core).tell()


def waiting(core: Core) -> list[tuple[int, float]]:
    """Return attempts and seconds until the next, of each message that is still to be told."""
    with core.books.look() as page:
        found = page.sql("SELECT attempts, due FROM delivery ORDER BY id").fetchall()
    return [(attempts, due - core.clock()) for attempts, due in found]


def test_a_running_stand_in_tells_at_once_what_the_client_believes(
    tmp_path: Path, listener: tuple[Listener, str]
) -> None:
    heard, url = listener
    standin = TestStandIn(tmp_path / "gateway", webhook_url=url)
    stripe = standin.gateway()
    page = stripe.open_checkout(wanted())
    standin.pay(page.id)
    wait_for(lambda: heard.heard, pause=0.01)
    standin.stop()
    (message,) = heard.heard
    seen = stripe.read_event(*message)
    assert seen is not None
    assert seen.object_id == page.id


def test_nobody_listening_is_told_again_after_longer_and_longer(core: Core, listener: tuple[Listener, str]) -> None:
    listener[0].status = 500
    happen(core, "refund.updated")
    pauses = []
    for attempt in range(1, 13):
        pass_by(core, 0 if attempt == 1 else pauses[-1] + 0.1)
        ((attempts, pause),) = waiting(core)
        assert attempts == attempt
        pauses.append(pause)
    assert [round(pause) for pause in pauses] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    listener[0].status = 200
    pass_by(core, 601)
    assert waiting(core) == []
    assert len(listener[0].heard) == 13


def test_each_attempt_is_signed_at_its_own_time(core: Core, listener: tuple[Listener, str]) -> None:
    listener[0].status = 500
    happen(core, "refund.updated")
    pass_by(core, 0)
    pass_by(core, 1000)
    (body, first), (again, second) = listener[0].heard
    assert body == again
    assert first != second


def test_after_three_days_it_is_given_up(core: Core, listener: tuple[Listener, str]) -> None:
    listener[0].status = 500
    happen(core, "refund.updated")
    pass_by(core, 3 * 24 * 3600 + 1)
    assert waiting(core) == []


def test_another_process_goes_on_telling(core: Core, listener: tuple[Listener, str]) -> None:
    listener[0].status = 503
    happen(core, "refund.updated", "refund.failed")
    pass_by(core, 0)
    listener[0].status = 204
    pass_by(Core(core.setup, clock=core.clock), 2)
    assert listener[0].kinds[2:] == ["refund.updated", "refund.failed"]


def test_what_nobody_asked_for_is_not_told(core: Core, listener: tuple[Listener, str]) -> None:
    happen(core, "charge.succeeded", "refund.updated")
    pass_by(core, 0)
    assert listener[0].kinds == ["refund.updated"]


def test_an_event_may_be_told_twice(core: Core, listener: tuple[Listener, str]) -> None:
    core.mishaps.next("duplicate")
    happen(core, "refund.updated")
    pass_by(core, 0)
    assert listener[0].kinds == ["refund.updated"] * 2
    assert listener[0].heard[0][0] == listener[0].heard[1][0]


def test_an_event_may_be_told_late_or_after_what_came_later(core: Core, listener: tuple[Listener, str]) -> None:
    core.mishaps.next("late", on="created")
    core.mishaps.next("reorder", on="updated")
    happen(core, "refund.created", "refund.updated", "refund.failed")
    for seconds in (0, 3, 20):
        pass_by(core, seconds)
    assert listener[0].kinds == ["refund.failed", "refund.updated", "refund.created"]


def test_nothing_is_told_while_it_is_away(core: Core, listener: tuple[Listener, str]) -> None:
    core.set_faults(Faults(away=True))
    happen(core, "refund.updated")
    pass_by(core, 0)
    assert listener[0].heard == []
    core.set_faults(Faults())
    pass_by(core, 0)
    assert listener[0].kinds == ["refund.updated"]


def test_a_change_that_was_undone_is_not_told(core: Core, listener: tuple[Listener, str]) -> None:
    def happen_in_vain() -> None:
        with core.change() as act:
            announce(act, "refund.updated", {"id": "re_1"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        happen_in_vain()
    pass_by(core, 0)
    assert listener[0].heard == []


def test_the_same_seed_strikes_the_same() -> None:
    def struck(seed: int) -> list[bool]:
        mishaps = Mishaps(Faults(duplicate=0.1, seed=seed))
        return [mishaps.strikes("duplicate", "x") for _ in range(2000)]

    assert struck(7) == struck(7) != struck(8)
    assert 150 < sum(struck(7)) < 250


def test_faults_outlast_the_process(core: Core) -> None:
    core.set_faults(Faults(duplicate=0.25, away=True))
    assert Core(core.setup).mishaps.faults == Faults(duplicate=0.25, away=True)


@pytest.mark.parametrize("given", [{"rain": 1}, {"late": 2}, {"late": -0.1}, {"late": "much"}, {"seed": None}])
def test_faults_that_are_none_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        Faults.read(given)
