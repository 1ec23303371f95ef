"""Messages are carried by a process of its own: what it says comes back, and whatever becomes of it, the next one goes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, main_thread
from typing import TYPE_CHECKING

import pytest

from supplyhub.outside import carrier
from supplyhub.outside.carrier import Carrier
from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError
from tests.processes import command_line, family, wait_for
from tests.robot import MailServer, TestRobot

if TYPE_CHECKING:
    from collections.abc import Iterator

ROBOT = "wecombot://group-3/"
# As the process, but that it waits for a moment only.
IMPATIENT = (
    sys.executable,
    "-c",
    "import sys; from supplyhub.outside import apprise_process as p; {} = 1; p.main(sys.stdin, sys.stdout)",
)


def impatient(name: str) -> tuple[str, ...]:
    return (*IMPATIENT[:2], IMPATIENT[2].format(f"p.{name}"))


@pytest.fixture
def robot() -> Iterator[TestRobot]:
    running = TestRobot()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    running = MailServer()
    yield running
    running.stop()


@pytest.fixture
def messenger(robot: TestRobot, mails: MailServer) -> Iterator[Carrier]:
    running = Carrier({"mail_url": mails.url, "wecom_api_base": robot.url})
    yield running
    running.close()


def test_a_group_and_a_mail_box_are_told_by_one_process(
    messenger: Carrier, robot: TestRobot, mails: MailServer
) -> None:
    messenger.to_robot(ROBOT, "3网格 菜单开了", "周日送菜")
    first = messenger._process
    messenger.to_mail_box("lin@example.org", "日报", "下单 1800 户")
    assert robot.texts("group-3") == ["3网格 菜单开了\n周日送菜"]
    assert mails.subjects() == ["日报"]
    assert messenger._process is first


def test_a_refusal_and_an_absence_are_told_apart(messenger: Carrier, robot: TestRobot, mails: MailServer) -> None:
    robot.groups.next_codes = [93000, 45009]
    with pytest.raises(MessengerRefusedError, match="said_93000"):
        messenger.to_robot(ROBOT, "a", "")
    with pytest.raises(MessengerAwayError, match="busy_45009"):
        messenger.to_robot(ROBOT, "a", "")
    mails.refuses = "550 no such user"
    with pytest.raises(MessengerRefusedError, match="smtp_550"):
        messenger.to_mail_box("lin@example.org", "a", "b")


def test_after_it_was_killed_the_next_message_starts_it_again(messenger: Carrier, robot: TestRobot) -> None:
    messenger.to_robot(ROBOT, "a", "")
    assert messenger._process is not None
    os.kill(messenger._process.pid, signal.SIGKILL)
    with pytest.raises(MessengerAwayError, match="carrier_ended"):
        messenger.to_robot(ROBOT, "b", "")
    messenger.to_robot(ROBOT, "c", "")
    assert robot.texts("group-3") == ["a", "c"]


def test_what_ends_a_worker_does_not_end_what_it_has_in_hand(messenger: Carrier, robot: TestRobot) -> None:
    messenger.to_robot(ROBOT, "a", "")
    first = messenger._process
    assert first is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(first.pid, number)
    messenger.to_robot(ROBOT, "b", "")
    assert messenger._process is first
    assert robot.texts("group-3") == ["a", "b"]


class WaitEndedError(Exception):
    """Somebody ends the wait."""


class Interrupting(Event):
    """Whoever waits for it ends the wait of the main thread."""

    def wait(self, timeout: float | None = None) -> bool:
        signal.pthread_kill(main_thread().ident or 0, signal.SIGUSR1)
        return super().wait(timeout)


def test_who_was_interrupted_does_not_take_that_answer_for_the_next_message(
    messenger: Carrier, robot: TestRobot, mails: MailServer
) -> None:
    def interrupt(_number: int, _frame: object) -> None:
        raise WaitEndedError

    before = signal.signal(signal.SIGUSR1, interrupt)
    hold = robot.groups.hold = Interrupting()
    try:
        with pytest.raises(WaitEndedError):
            messenger.to_robot(ROBOT, "a", "")
    finally:
        signal.signal(signal.SIGUSR1, before)
        robot.groups.hold = None
        hold.set()
    mails.refuses = "550 no such user"
    with pytest.raises(MessengerRefusedError, match="smtp_550"):
        messenger.to_mail_box("lin@example.org", "b", "")


def test_one_that_cannot_start_is_an_absence() -> None:
    with pytest.raises(MessengerAwayError, match="carrier_ended"):
        Carrier({}, command=(sys.executable, "-c", "raise SystemExit")).to_robot(ROBOT, "a", "")


def test_who_answers_too_slowly_is_left_by_an_alarm(robot: TestRobot) -> None:
    robot.groups.hold = Event()
    messenger = Carrier({"wecom_api_base": robot.url}, command=impatient("CARRYING_SECONDS"))
    with pytest.raises(MessengerAwayError, match="slow_answer"):
        messenger.to_robot(ROBOT, "a", "")
    robot.groups.hold.set()


def test_it_ends_by_itself_and_is_not_used_shortly_before(robot: TestRobot, monkeypatch: pytest.MonkeyPatch) -> None:
    messenger = Carrier({"wecom_api_base": robot.url}, command=impatient("IDLE_SECONDS"))
    messenger.to_robot(ROBOT, "a", "")
    first = messenger._process
    assert first is not None
    assert first.wait(20) == -signal.SIGALRM
    monkeypatch.setattr(carrier, "FRESH_SECONDS", 0)
    messenger.to_robot(ROBOT, "b", "")
    assert robot.texts("group-3") == ["a", "b"]
    messenger.close()


def test_it_ends_with_whoever_started_it(robot: TestRobot) -> None:
    code = (
        "import json, sys, time; from supplyhub.outside.carrier import Carrier; c = Carrier(json.loads(sys.argv[1]));"
        f"c.to_robot({ROBOT!r}, 'a', ''); print('told', flush=True); time.sleep(60)"
    )
    options = json.dumps({"wecom_api_base": robot.url})
    with subprocess.Popen([sys.executable, "-c", code, options], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        (child,) = family(worker.pid) - {worker.pid}
        assert "apprise_process" in command_line(child)
        worker.kill()
    wait_for(lambda: not command_line(child), seconds=20)


def test_no_secret_stands_where_others_on_the_machine_read(
    robot: TestRobot, mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://hub:hunter2@127.0.0.1/hub")
    url = mails.url.replace("//", "//hub:hunter2@")
    messenger = Carrier({"mail_url": url, "wecom_api_base": robot.url})
    messenger.to_robot("wecombot://secret-key/", "a", "")
    assert messenger._process is not None
    for kept in ("cmdline", "environ"):
        read = Path(f"/proc/{messenger._process.pid}/{kept}").read_bytes()
        assert b"hunter2" not in read
        assert b"secret-key" not in read
    assert "hunter2" not in repr(messenger)
    messenger.close()
