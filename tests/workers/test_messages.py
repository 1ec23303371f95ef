"""The worker sends messages: in each robot's turn, again while nobody takes them, never while a connection is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from supplyhub.db import db, execute, row, rows, scalar, transaction
from supplyhub.notifications import telling, telling_help
from supplyhub.notifications.channels import (
    Wishes,
    add_mail_box,
    add_robot,
    change_channel,
    end_channel,
    robots_for,
    send_test,
)
from supplyhub.notifications.events import MessageDue
from supplyhub.notifications.mailing import write_mails
from supplyhub.notifications.rules import GROUP_DEFAULT, MOST_ATTEMPTS
from supplyhub.notifications.sending import send_message
from supplyhub.notifications.states import Matter
from supplyhub.notifications.writing import News, tell
from supplyhub.outbox import record
from supplyhub.outside.apprise_messenger import AppriseMessenger
from supplyhub.reports.daily import make_due_reports
from tests.factories import Shop, asking
from tests.factories_depot import work
from tests.robot import MailServer, TestRobot
from workers import jobs
from workers.handlers import ASKING_HANDLERS, HANDLERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker


@pytest.fixture
def robot(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestRobot]:
    """Return a robot's service that the worker reaches."""
    running = TestRobot()
    running.start()
    monkeypatch.setitem(app.extensions, "messenger", running.messenger())
    yield running
    running.stop()


@pytest.fixture
def vault(app: Any) -> Vault:
    found: Vault = app.extensions["vault"]
    return found


@dataclass(frozen=True)
class Place:
    """What a test needs to know of a shop; the worker lets go of its rows."""

    office: Asker
    home: int
    menu: int
    grid: int
    number: int


@pytest.fixture
def shop(committed: Any) -> Place:
    made = Shop()
    return Place(made.coordinator(), made.home.account_id, made.menu.id, made.grid.id, made.grid.number)


def a_robot(shop: Place, vault: Vault, key: str = "group") -> int:
    return add_robot(
        shop.office, f"wecombot://{key}", label="群", grid=shop.number, language="zh", vault=vault, hosts=()
    )


def opened(shop: Place) -> None:
    work(telling.tell_menu_opened, shop.menu)


def due_again() -> None:
    """Let the time pass that the messages wait for."""
    with transaction():
        execute(
            "UPDATE message SET due_at = clock_timestamp(), slot_at = slot_at - (due_at - clock_timestamp()) WHERE state = 'due'"
        )
        execute("UPDATE channel SET free_at = clock_timestamp() - interval '1 second'")
        execute("UPDATE outbox SET due_at = clock_timestamp() WHERE finished_at IS NULL")


def test_a_group_reads_what_happened_with_a_link(shop, robot, vault):
    a_robot(shop, vault)
    opened(shop)
    assert jobs.drain("message") == 1
    (text,) = robot.texts("group")
    assert "菜单开了" in text
    assert text.endswith("https://hub.example/menu")
    message = row("SELECT state, attempt, sent_at IS NOT NULL AS was_sent, last_error FROM message")
    assert tuple(message) == ("sent", 1, True, None)
    assert jobs.drain("message") == 0


def test_the_same_message_is_sent_once_however_often_it_is_asked_for(shop, robot, vault):
    a_robot(shop, vault)
    opened(shop)
    message = scalar("SELECT id FROM message")
    with transaction():
        record(MessageDue(message))
    assert jobs.drain("message") == 2
    assert len(robot.texts("group")) == 1


def test_a_service_is_asked_without_a_connection(shop, vault, app, monkeypatch):
    kept = []

    class Watched:
        def to_robot(self, *_words: str) -> None:
            kept.append(db.engine.pool.checkedout())

    monkeypatch.setitem(app.extensions, "messenger", Watched())
    a_robot(shop, vault)
    opened(shop)
    jobs.drain("message")
    assert kept == [0]


def test_a_busy_robot_is_told_later(shop, robot, vault):
    a_robot(shop, vault)
    opened(shop)
    robot.groups.next_codes = [45009]
    jobs.drain("message")
    assert robot.texts("group") == []
    waits = row("SELECT state, attempt, last_error, due_at > clock_timestamp() + interval '25 s' AS later FROM message")
    assert tuple(waits) == ("due", 1, "busy_45009", True)
    due_again()
    jobs.drain("message")
    assert len(robot.texts("group")) == 1
    assert scalar("SELECT last_error IS NULL AND state = 'sent' FROM message")


def test_after_a_day_nobody_tries_any_more_and_the_keeper_sees_it(shop, robot, vault):
    a_robot(shop, vault)
    opened(shop)
    robot.groups.away = True
    with transaction():
        execute("UPDATE message SET attempt = :most", most=MOST_ATTEMPTS - 2)
    jobs.drain("message")
    (channel,) = robots_for(shop.office, vault=vault)
    assert (channel["waiting"], channel["failed"], channel["trouble"]) == (1, 0, "ConnectionError")
    due_again()
    jobs.drain("message")
    (channel,) = robots_for(shop.office, vault=vault)
    assert (channel["waiting"], channel["failed"]) == (0, 1)
    robot.groups.away = False
    with transaction():
        execute("UPDATE message SET made_at = made_at - interval '1 minute'")
    send_test(shop.office, channel["id"])
    due_again()
    jobs.drain("message")
    (channel,) = robots_for(shop.office, vault=vault)
    assert (channel["failed"], channel["trouble"]) == (0, None)
    assert channel["sent_at"] is not None


def test_a_wrong_key_is_not_tried_again(shop, robot, vault):
    a_robot(shop, vault)
    opened(shop)
    robot.groups.next_codes = [93000]
    jobs.drain("message")
    assert tuple(row("SELECT state, last_error FROM message")) == ("failed", "said_93000")
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'message' AND finished_at IS NULL") == 0


def test_a_robot_is_never_told_more_than_its_service_takes(shop, robot, vault):
    channel = a_robot(shop, vault)
    with transaction():
        tell(
            Matter.MENU_OPENED,
            [
                News(
                    f"menu:{number}",
                    {"grid": 1, "delivery_on": "2026-04-12", "cutoff_at": "2999-04-12T12:00:00+00:00"},
                    grid_id=shop.grid,
                )
                for number in range(25)
            ],
        )
    start = datetime.now(UTC)
    jobs.drain("message")
    assert len(robot.texts("group")) == 1
    turns = [message.due_at for message in rows("SELECT due_at FROM message WHERE state = 'due' ORDER BY due_at")]
    assert len(turns) == 24
    for number, turn in enumerate(turns, 1):
        assert abs((turn - start).total_seconds() - 4 * number) < 3
    assert scalar("SELECT free_at FROM channel WHERE id = :id", id=channel) > turns[-1]


def test_a_turn_that_was_missed_is_given_anew(shop, robot, vault):
    channel = a_robot(shop, vault)
    opened(shop)
    with transaction():
        execute("UPDATE message SET slot_at = clock_timestamp() - interval '1 minute'")
        execute("UPDATE channel SET free_at = clock_timestamp() + interval '30 seconds' WHERE id = :id", id=channel)
    jobs.drain("message")
    assert robot.texts("group") == []
    assert scalar("SELECT due_at > clock_timestamp() + interval '20 seconds' FROM message")


def test_in_quiet_hours_a_message_waits_for_their_end_and_an_urgent_one_does_not(shop, robot, vault):
    channel = a_robot(shop, vault)
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    since, until = ((now + timedelta(hours=hours)).time().replace(second=0, microsecond=0) for hours in (-1, 2))
    change_channel(shop.office, channel, Wishes(GROUP_DEFAULT, "en", since, until))
    opened(shop)
    jobs.drain("message")
    assert robot.texts("group") == []
    assert scalar("SELECT due_at FROM message").astimezone(ZoneInfo("Asia/Shanghai")).time() == until
    with transaction():
        execute(
            "INSERT INTO grid_zone_level (grid_id, level, valid_from) VALUES (:grid, 'lockdown', now())",
            grid=shop.grid,
        )
    work(telling.tell_level, shop.grid)
    jobs.drain("message")
    (text,) = robot.texts("group")
    assert "lockdown" in text


def test_what_comes_too_late_is_dropped(shop, robot, vault):
    a_robot(shop, vault)
    opened(shop)
    with transaction():
        execute('UPDATE message SET facts = facts || \'{"until_at": "2020-01-01T00:00:00+00:00"}\'')
    jobs.drain("message")
    assert scalar("SELECT state FROM message") == "dropped"
    assert robot.texts("group") == []


def test_a_channel_that_ended_is_told_nothing(shop, robot, vault):
    channel = a_robot(shop, vault)
    opened(shop)
    end_channel(shop.office, channel)
    jobs.drain("message")
    assert robot.texts("group") == []


def test_a_killed_worker_lets_the_message_be_sent_again(shop, robot, vault, app):
    a_robot(shop, vault)
    opened(shop)
    message = scalar("SELECT id FROM message")

    class Killed(BaseException):
        pass

    class Dying:
        def to_robot(self, *_words: str) -> None:
            raise Killed

    with pytest.raises(Killed):
        send_message(message, messenger=Dying(), vault=vault, public_url="")  # type: ignore[arg-type]
    assert scalar("SELECT state FROM message") == "due"
    jobs.drain("message")
    assert robot.texts("group") == []
    due_again()
    jobs.drain("message")
    assert len(robot.texts("group")) == 1


def test_a_worker_killed_while_it_tells_of_the_report_tells_of_it_later_and_once(shop, robot, vault, monkeypatch):
    a_robot(shop, vault)
    (report,) = make_due_reports(datetime.now(UTC).replace(hour=12))

    class Killed(BaseException):
        pass

    def dying(*_report: object) -> None:
        tell(Matter.DAY_REPORT, [News("report:lost", {"day_on": "2026-11-22"}, grid_id=shop.grid)])
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(telling_help, "tell_day_report", dying)
        with pytest.raises(Killed):
            jobs.drain("day_reported")
    db.session.remove()
    assert scalar("SELECT count(*) FROM message") == 0
    due_again()
    assert jobs.drain("day_reported") == 1
    assert jobs.drain("day_reported") == 0
    jobs.drain("message")
    (text,) = robot.texts("group")
    assert "日报" in text
    assert scalar("SELECT about FROM message WHERE state = 'sent'").startswith("report:20")
    assert make_due_reports(datetime.now(UTC).replace(hour=12)) == []
    assert scalar("SELECT id FROM daily_report") == report


def test_a_household_gets_its_mail(shop, vault, app, monkeypatch):
    mails = MailServer()
    try:
        monkeypatch.setitem(app.extensions, "messenger", AppriseMessenger(mail_url=mails.url))
        add_mail_box(asking(shop.home), "lin@example.org", language="zh", vault=vault)
        with transaction():
            execute("UPDATE channel SET confirmed_at = clock_timestamp() - interval '2 hours' WHERE kind = 'mail'")
        assert write_mails() >= 1
        jobs.drain("message")
        assert any("菜单开了" in subject for subject in mails.subjects())
        assert all(mail["To"] == "lin@example.org" for mail in mails.taken)
    finally:
        mails.stop()


def test_every_event_that_is_told_has_its_handler():
    for topic in ("menu_opened", "cut_off_nears", "item_withdrawn", "shared_out", "level_told", "inbox_opened"):
        assert topic in HANDLERS
    for topic in ("help_opened", "help_assigned", "help_overdue", "help_ended"):
        assert topic in HANDLERS
    assert "message" in ASKING_HANDLERS
