"""However often, and by however many at once, somebody is told of something: it is one message, sent once."""

from __future__ import annotations

import itertools
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.notifications import telling
from supplyhub.notifications.channels import add_mail_box, add_robot
from supplyhub.notifications.confirming import (
    MOST_TRIES,
    CodeExpiredError,
    TooManyCodesError,
    WrongCodeError,
    confirm_mail,
    new_code,
    send_another,
)
from supplyhub.notifications.reading import count_new, mark_seen
from supplyhub.notifications.sending import send_message
from supplyhub.notifications.states import Matter
from supplyhub.notifications.writing import News, tell
from tests.factories import Shop
from tests.factories_depot import work
from tests.robot import TestRobot

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

PEOPLE = 8


class World:
    """A grid with a lead, a group with a robot, and what it hears."""

    def __init__(self, app: Any) -> None:
        shop = Shop()
        self.vault = app.extensions["vault"]
        self.lead: Asker = shop.lead()
        self.menu, self.grid = shop.menu.id, shop.grid.id
        self.channel = add_robot(
            self.lead, "wecombot://group", label="群", grid=None, language="zh", vault=self.vault, hosts=()
        )


@pytest.fixture
def world(committed: Any, app: Any) -> World:
    return World(app)


def test_what_many_tell_at_once_is_one_message_a_channel(world: World, crowd: Crowd):
    crowd.at_once([partial(work, telling.tell_menu_opened, world.menu)] * PEOPLE)
    assert scalar("SELECT count(*) FROM message") == 1
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'message'") == 1


def test_pages_that_many_open_at_once_are_one_channel(world: World, crowd: Crowd):
    news = [News("menu:1", {"grid": 1}, accounts=[world.lead.account_id])]
    told = partial(work, tell, Matter.CUT_OFF_SOON, news)
    results = crowd.at_once([told, partial(mark_seen, world.lead)] * (PEOPLE // 2))
    assert not [result for result in results if isinstance(result, Exception)]
    assert scalar("SELECT count(*) FROM channel WHERE kind = 'page'") == 1
    assert scalar("SELECT count(*) FROM message") == 1
    assert count_new(world.lead) <= 1


def test_a_message_that_many_send_at_once_is_sent_once(world: World, crowd: Crowd):
    work(telling.tell_menu_opened, world.menu)
    message = scalar("SELECT id FROM message")
    robot = TestRobot()
    robot.start()
    try:
        send = partial(send_message, message, messenger=robot.messenger(), vault=world.vault, public_url="")
        results = crowd.at_once([send] * PEOPLE)
    finally:
        robot.stop()
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(robot.texts("group")) == 1
    assert tuple(rows("SELECT state, attempt FROM message")[0]) == ("sent", 1)


def test_messages_of_a_robot_that_many_send_at_once_take_turns(world: World, crowd: Crowd):
    with transaction():
        facts = {"grid": 1, "delivery_on": "2026-04-12", "cutoff_at": "2999-04-12T12:00:00+00:00"}
        tell(Matter.MENU_OPENED, [News(f"menu:{number}", facts, grid_id=world.grid) for number in range(PEOPLE)])
    messages = [message.id for message in rows("SELECT id FROM message")]
    robot = TestRobot()
    robot.start()
    try:
        carrier = robot.messenger()
        crowd.at_once(
            [partial(send_message, each, messenger=carrier, vault=world.vault, public_url="") for each in messages]
        )
    finally:
        robot.stop()
    assert len(robot.texts("group")) == 1
    turns = [message.due_at for message in rows("SELECT due_at FROM message WHERE state = 'due' ORDER BY due_at")]
    assert len(turns) == PEOPLE - 1
    assert all((later - sooner).total_seconds() == 4 for sooner, later in itertools.pairwise(turns))


def test_codes_for_a_mail_box_that_many_ask_for_at_once_are_one_mail(world: World, crowd: Crowd):
    channel = add_mail_box(world.lead, "lin@example.org", language="zh", vault=world.vault)
    with transaction():
        execute("UPDATE message SET made_at = made_at - interval '2 minutes'")
    results = crowd.at_once([partial(send_another, world.lead, channel)] * PEOPLE)
    assert sum(isinstance(result, TooManyCodesError) for result in results) == PEOPLE - 1
    assert scalar("SELECT count(*) FROM message") == 2


def test_wrong_codes_that_many_type_at_once_are_counted_one_by_one(world: World, crowd: Crowd):
    channel = add_mail_box(world.lead, "lin@example.org", language="zh", vault=world.vault)
    with transaction():
        code = new_code(channel, vault=world.vault)
    wrong = partial(confirm_mail, world.lead, channel, "2222222", vault=world.vault)
    results = crowd.at_once([wrong] * PEOPLE)
    assert sum(isinstance(result, WrongCodeError) for result in results) == MOST_TRIES
    assert sum(isinstance(result, CodeExpiredError) for result in results) == PEOPLE - MOST_TRIES
    with pytest.raises(CodeExpiredError):
        confirm_mail(world.lead, channel, code, vault=world.vault)


def test_without_the_words_on_conflict_the_second_fails(world: World, crowd: Crowd):
    """The negative control: this race can be lost."""
    both_have_read = Barrier(2, timeout=60)

    def told() -> None:
        with transaction():
            if scalar("SELECT count(*) FROM message") == 0:
                both_have_read.wait()
                execute(
                    "INSERT INTO message (channel_id, matter, about) VALUES (:channel, 'test', 'test:1')",
                    channel=world.channel,
                )

    results = crowd.at_once([told] * 2)
    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
