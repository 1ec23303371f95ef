"""What is started again, when, and in which order all ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.embedded import supervisor as module
from supplyhub.embedded.supervisor import Supervisor, ending
from supplyhub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Fake:
    """A service that ends when the test says so."""

    def __init__(self, name: str, story: list[str]) -> None:
        self.name = name
        self.story = story
        self.status: int | None = None
        self.refuses = False

    def start(self) -> None:
        self.story.append(f"start {self.name}")
        if self.refuses:
            raise SettingError("no room")
        self.status = None

    def poll(self) -> int | None:
        return self.status

    def stop(self) -> None:
        self.story.append(f"stop {self.name}")


class Watch:
    """The clock of a test."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    watch = Watch()
    monkeypatch.setattr(module, "time", watch)
    return watch


def test_they_stop_in_the_opposite_order() -> None:
    story: list[str] = []
    supervisor = Supervisor(story.append)
    for name in ("database", "web"):
        supervisor.start(Fake(name, story))
    supervisor.stop()
    assert story == ["start database", "start web", "stop web", "stop database"]


def test_one_that_did_not_come_up_is_stopped_too() -> None:
    story: list[str] = []
    supervisor, web = Supervisor(story.append), Fake("web", story)
    web.refuses = True
    with pytest.raises(SettingError):
        supervisor.start(web)
    supervisor.stop()
    assert story == ["start web", "stop web"]


def test_a_dead_one_is_started_again_after_growing_pauses(clock: Watch) -> None:
    story: list[str] = []
    supervisor, web = Supervisor(story.append), Fake("web", story)
    supervisor.start(web)
    waited = []
    for _ in range(9):
        web.status = -9
        supervisor.look()
        before = clock.now
        while web.status is not None:
            clock.now += 0.5
            supervisor.look()
        waited.append(clock.now - before)
    assert waited == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert story[1] == "web was killed by SIGKILL; starting it again in 0.5 s"
    assert story[3] == "web runs again"


def test_a_steady_one_is_started_again_at_once_the_next_time(clock: Watch) -> None:
    story: list[str] = []
    supervisor, web = Supervisor(story.append), Fake("web", story)
    supervisor.start(web)
    for _ in range(3):
        clock.now += 60
        web.status = 1
        supervisor.look()
        clock.now += 0.5
        supervisor.look()
        assert web.status is None


def test_one_that_does_not_start_is_tried_again(clock: Watch) -> None:
    story: list[str] = []
    supervisor, web = Supervisor(story.append), Fake("web", story)
    supervisor.start(web)
    web.status, web.refuses = 3, True
    supervisor.look()
    clock.now += 0.5
    supervisor.look()
    assert story[-1] == "web doesn't start: no room; trying again in 1 s"
    web.refuses = False
    clock.now += 1
    supervisor.look()
    assert story[-1] == "web runs again"


def test_an_ending_is_said_in_words() -> None:
    assert ending(3) == "ended with status 3"
    assert ending(-15) == "was killed by SIGTERM"
