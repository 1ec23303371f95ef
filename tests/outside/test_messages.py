"""Messages to chat groups and mail boxes: over real HTTP and SMTP, by the real implementation."""

from __future__ import annotations

import subprocess
import sys
import traceback
from threading import Event
from typing import TYPE_CHECKING

import pytest

from supplyhub.outside import robot_calls
from supplyhub.outside.apprise_messenger import AppriseMessenger
from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError
from supplyhub.outside.robot_calls import trouble_in
from tests.robot import MailServer, TestRobot

if TYPE_CHECKING:
    from collections.abc import Iterator

ROBOT = "wecombot://group-3/"


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


def test_a_group_reads_title_and_text(robot: TestRobot) -> None:
    robot.messenger().to_robot(ROBOT, "3网格 菜单开了", "周日送菜\nhttps://hub.example/m/1")
    assert robot.texts("group-3") == ["3网格 菜单开了\n周日送菜\nhttps://hub.example/m/1"]


def test_an_answer_of_200_that_says_no_is_no_success(robot: TestRobot) -> None:
    robot.groups.next_codes = [93000]
    with pytest.raises(MessengerRefusedError, match="said_93000"):
        robot.messenger().to_robot(ROBOT, "a", "b")
    assert robot.texts("group-3") == []


def test_a_robot_that_is_told_too_much_is_busy(robot: TestRobot) -> None:
    messenger = robot.messenger()
    for number in range(20):
        messenger.to_robot(ROBOT, str(number), "")
    with pytest.raises(MessengerAwayError, match="busy_45009"):
        messenger.to_robot(ROBOT, "20", "")
    robot.messenger().to_robot("wecombot://group-4/", "another group", "")
    assert len(robot.texts("group-3")) == 20


def test_a_robot_that_is_away_can_be_told_later(robot: TestRobot) -> None:
    robot.groups.away = True
    with pytest.raises(MessengerAwayError):
        robot.messenger().to_robot(ROBOT, "a", "b")
    robot.groups.away = False
    robot.messenger().to_robot(ROBOT, "a", "b")
    assert robot.texts("group-3") == ["a\nb"]


def test_an_answer_that_does_not_come_is_not_waited_for(robot: TestRobot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robot_calls, "ANSWER_SECONDS", 0.2)
    robot.groups.hold = Event()
    with pytest.raises(MessengerAwayError, match="ReadTimeout"):
        robot.messenger().to_robot(ROBOT, "a", "b")
    robot.groups.hold.set()


def test_the_proxy_of_this_machine_is_not_asked_about_a_stand_in(
    robot: TestRobot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    robot.messenger().to_robot(ROBOT, "a", "")
    assert robot.texts("group-3") == ["a"]


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, b'{"errcode":0,"errmsg":"ok"}', None),
        (200, b'{"StatusCode":0,"code":0,"msg":"success"}', None),
        (200, b'{"code":19024,"msg":"Key Words Not Found"}', MessengerRefusedError),
        (200, b'{"code":11232,"msg":"frequency limited"}', MessengerAwayError),
        (200, b'{"errcode":310000,"errmsg":"sign not match"}', MessengerRefusedError),
        (200, b"<html>", MessengerAwayError),
        (200, b"[]", MessengerAwayError),
        (302, b"", MessengerRefusedError),
        (404, b"", MessengerRefusedError),
        (429, b"", MessengerAwayError),
        (502, b"", MessengerAwayError),
    ],
)
def test_what_services_answer_is_told_apart(status: int, content: bytes, expected: type[Exception] | None) -> None:
    found = trouble_in(status, content)
    assert (type(found) if found else None) is expected


def test_nobody_is_led_to_another_host(robot: TestRobot) -> None:
    robot.groups.next_codes = [-302]
    with pytest.raises(MessengerRefusedError, match="http_302"):
        robot.messenger().to_robot(ROBOT, "a", "")


def test_a_mail_arrives_with_its_subject_and_text(mails: MailServer) -> None:
    AppriseMessenger(mail_url=mails.url).to_mail_box("lin+hub@example.org", "日报 11月22日", "下单 1800 户\n静默 12 户")
    (mail,) = mails.taken
    assert mails.subjects() == ["日报 11月22日"]
    assert "hub@example.org" in mail["From"]
    assert "lin+hub@example.org" in mail["To"]
    body = mail.get_payload(decode=True) or mail.get_payload(0).get_payload(decode=True)  # type: ignore[union-attr]
    assert "静默 12 户" in body.decode()  # type: ignore[union-attr]


def test_a_mail_that_is_not_taken_is_sent_again_later(mails: MailServer) -> None:
    mails.answer = "451 4.7.1 Greylisted"
    with pytest.raises(MessengerAwayError):
        AppriseMessenger(mail_url=mails.url).to_mail_box("lin@example.org", "a", "b")
    mails.stop()
    with pytest.raises(MessengerAwayError):
        AppriseMessenger(mail_url=mails.url).to_mail_box("lin@example.org", "a", "b")


def test_a_mail_that_was_taken_stays_so_whatever_the_server_says_at_the_end(mails: MailServer) -> None:
    mails.farewell = "421 4.3.2 shutting down"
    AppriseMessenger(mail_url=mails.url).to_mail_box("lin@example.org", "a", "b")
    assert mails.subjects() == ["a"]


def test_without_a_server_mail_is_off() -> None:
    with pytest.raises(MessengerRefusedError, match="mail_is_off"):
        AppriseMessenger().to_mail_box("lin@example.org", "a", "b")


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ("550 5.1.1 lin@example.org: no such user", MessengerRefusedError, "smtp_550"),
        ("450 4.2.1 lin@example.org: try later", MessengerAwayError, "smtp_450"),
    ],
)
def test_a_mail_box_that_is_not_there_is_not_tried_again(
    mails: MailServer, answer: str, error: type[Exception], reason: str
) -> None:
    mails.refuses = answer
    with pytest.raises(error, match=f": {reason}$"):
        AppriseMessenger(mail_url=mails.url).to_mail_box("lin@example.org", "a", "b")
    assert mails.taken == []


def test_a_mail_that_is_never_taken_is_not_sent_again(mails: MailServer) -> None:
    mails.answer = "554 5.7.1 lin@example.org: looks like spam"
    with pytest.raises(MessengerRefusedError, match=r": smtp_554$"):
        AppriseMessenger(mail_url=mails.url).to_mail_box("lin@example.org", "a", "b")


def test_a_password_that_the_server_does_not_know_is_not_told_to_anybody(mails: MailServer) -> None:
    password, to = "hunter2", "lin@example.org"
    url = mails.url.replace("//", f"//hub:{password}@")
    with pytest.raises(MessengerAwayError) as raised:
        AppriseMessenger(mail_url=url).to_mail_box(to, "a", "b")
    said = "".join(traceback.format_exception(raised.value))
    assert "SMTPNotSupportedError" in said
    assert password not in said
    assert to not in said


def test_a_title_of_several_lines_is_one_header(mails: MailServer) -> None:
    AppriseMessenger(mail_url=mails.url).to_mail_box("lin@example.org", "a\r\nBcc: other@example.org", "b")
    (mail,) = mails.taken
    assert mail["Bcc"] is None
    assert mail["Auto-Submitted"] == "auto-generated"


def test_no_process_loads_the_services_but_the_one_that_carries_messages() -> None:
    code = "import sys, supplyhub.app, supplyhub.cli.working, workers.jobs; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
