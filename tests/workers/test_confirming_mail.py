"""A mail box is told nothing before its owner types the code that was mailed there: once, in time, as the account that asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.crypto import Vault
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.notifications.addresses import AddressError
from supplyhub.notifications.channels import add_mail_box, end_channel, own_channels, send_test
from supplyhub.notifications.confirming import (
    MOST_CODES_A_DAY,
    MOST_TRIES,
    CodeExpiredError,
    TooManyCodesError,
    WrongCodeError,
    confirm_mail,
    send_another,
)
from supplyhub.notifications.mailing import write_mails
from supplyhub.notifications.states import Matter
from supplyhub.notifications.writing import News, tell
from supplyhub.outside.apprise_messenger import AppriseMessenger
from tests.factories import Shop, asking
from tests.robot import MailServer
from workers import jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supplyhub.people.asker import Asker

BOX = "lin@example.org"


class Post:
    """A household that wants mail, its neighbour, and the server that gets it."""

    def __init__(self, app: Any, mails: MailServer) -> None:
        shop = Shop()
        self.mails, self.vault = mails, app.extensions["vault"]
        self.home: Asker = asking(shop.home.account_id)
        self.other: Asker = asking(shop.another_home().account_id)

    def add(self, asker: Asker | None = None, address: str = BOX) -> int:
        return add_mail_box(asker or self.home, address, language="zh", vault=self.vault)

    def read(self) -> str:
        """Let the worker send what is due, and return the code of the newest mail."""
        jobs.drain("message")
        found = re.search(r"确认码 ([2-9A-Z]{6})$", self.mails.subjects()[-1])
        assert found
        return found[1]

    def confirm(self, channel: int, typed: str, asker: Asker | None = None) -> None:
        confirm_mail(asker or self.home, channel, typed, vault=self.vault)

    def standing(self, channel: int) -> str:
        (found,) = (each for each in own_channels(self.home, vault=self.vault) if each["id"] == channel)
        return str(found["standing"])


@pytest.fixture
def mails() -> Iterator[MailServer]:
    running = MailServer()
    yield running
    running.stop()


@pytest.fixture
def post(committed: Any, app: Any, mails: MailServer, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setitem(app.extensions, "messenger", AppriseMessenger(mail_url=mails.url))
    return Post(app, mails)


def passes(minutes: int) -> None:
    with transaction():
        execute("UPDATE channel SET code_until = code_until - make_interval(mins => :m)", m=minutes)
        execute("UPDATE message SET made_at = made_at - make_interval(mins => :m)", m=minutes)


def test_a_code_is_mailed_and_typed(post: Post):
    channel = post.add()
    assert post.standing(channel) == "waiting"
    code = post.read()
    assert post.standing(channel) == "waiting"
    post.confirm(channel, f" {code[:3].lower()}-{code[3:].lower()} ")
    assert post.standing(channel) == "confirmed"


def test_before_that_nothing_else_is_sent(post: Post):
    channel = post.add()
    code = post.read()
    with pytest.raises(ConflictError):
        send_test(post.home, channel)
    with transaction():
        execute("UPDATE menu SET opens_at = clock_timestamp() - interval '1 minute'")
        assert tell(Matter.LEVEL_CHANGED, [News("level:1", {}, accounts=[post.home.account_id])]) == 1
    assert write_mails() == 0
    with transaction():
        execute(
            "INSERT INTO message (channel_id, matter, about) VALUES (:channel, 'test', 'test:by hand')", channel=channel
        )
        execute(
            "INSERT INTO outbox (topic, payload) SELECT 'message', jsonb_build_object('message_id', max(id)) FROM message"
        )
    jobs.drain("message")
    assert len(post.mails.taken) == 1
    assert scalar("SELECT state FROM message WHERE matter = 'test'") == "dropped"
    post.confirm(channel, code)
    send_test(post.home, channel)
    jobs.drain("message")
    assert len(post.mails.taken) == 2


def test_the_mail_says_nothing_of_a_person_and_the_code_is_kept_nowhere(post: Post):
    channel = post.add()
    code = post.read()
    (mail,) = post.mails.taken
    body = mail.get_payload(decode=True).decode()  # type: ignore[union-attr]
    link = next(line for line in body.splitlines() if line.startswith("http"))
    assert link == "https://hub.example/messages/settings"
    assert str(post.home.account_id) not in link
    for table in ("channel", "message", "outbox"):
        kept = str([tuple(map(str, line)) for line in rows(f"SELECT * FROM {table}")])
        assert code not in kept
        assert BOX not in kept
    assert len(scalar("SELECT code_hash FROM channel WHERE id = :id", id=channel)) == 32


def test_a_code_is_for_once_and_its_second_tab_does_nothing(post: Post):
    channel = post.add()
    code = post.read()
    post.confirm(channel, code)
    since = scalar("SELECT confirmed_at FROM channel WHERE id = :id", id=channel)
    post.confirm(channel, code)
    post.confirm(channel, "WRONG2")
    assert scalar("SELECT confirmed_at FROM channel WHERE id = :id", id=channel) == since
    assert scalar("SELECT code_hash IS NULL FROM channel WHERE id = :id", id=channel)
    send_another(post.home, channel)
    assert jobs.drain("message") == 0
    end_channel(post.home, channel)
    again = post.add()
    with pytest.raises(CodeExpiredError):
        post.confirm(again, code)


def test_the_code_of_another_household_opens_nothing(post: Post):
    mine, theirs = post.add(), post.add(post.other, "chen@example.org")
    jobs.drain("message")
    codes = {
        mail["To"]: str(subject)[-6:] for mail, subject in zip(post.mails.taken, post.mails.subjects(), strict=True)
    }
    with pytest.raises(NotFoundError):
        post.confirm(theirs, codes["chen@example.org"])
    with pytest.raises(WrongCodeError):
        post.confirm(mine, codes["chen@example.org"])
    with pytest.raises(NotFoundError):
        send_another(post.home, theirs)
    post.confirm(theirs, codes["chen@example.org"], post.other)


def test_after_five_wrong_tries_the_right_code_is_wrong_too(post: Post):
    channel = post.add()
    code = post.read()
    left = []
    for _ in range(MOST_TRIES):
        with pytest.raises(WrongCodeError) as raised:
            post.confirm(channel, "222222")
        left.append(raised.value.data["left"])
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(CodeExpiredError):
        post.confirm(channel, code)
    assert post.standing(channel) == "expired"
    passes(2)
    send_another(post.home, channel)
    post.confirm(channel, post.read())


def test_a_code_is_good_for_an_hour(post: Post):
    channel = post.add()
    code = post.read()
    passes(61)
    assert post.standing(channel) == "expired"
    with pytest.raises(CodeExpiredError):
        post.confirm(channel, code)


def test_only_the_newest_code_counts(post: Post):
    channel = post.add()
    first = post.read()
    passes(2)
    send_another(post.home, channel)
    second = post.read()
    if first != second:
        with pytest.raises(WrongCodeError):
            post.confirm(channel, first)
    post.confirm(channel, second)


def test_before_its_code_is_sent_nothing_confirms_a_mail_box(post: Post):
    channel = post.add()
    for typed in ("", "222222", "\0", "字" * 2000):
        with pytest.raises(CodeExpiredError):
            post.confirm(channel, typed)


def test_codes_are_sent_a_minute_apart_and_five_a_day_whatever_the_mail_boxes(post: Post):
    channel = post.add()
    with pytest.raises(TooManyCodesError) as soon:
        send_another(post.home, channel)
    assert soon.value.data["soon"]
    for _ in range(MOST_CODES_A_DAY - 1):
        end_channel(post.home, channel)
        channel = post.add()
    end_channel(post.home, channel)
    with pytest.raises(TooManyCodesError) as enough:
        post.add()
    assert not enough.value.data["soon"]
    assert scalar("SELECT count(*) FROM channel WHERE kind = 'mail' AND ended_at IS NULL") == 0
    passes(24 * 60)
    post.add()


@pytest.mark.parametrize(
    "address",
    [
        "lin@example.org\r\nBcc: other@example.org",
        "lin@example.org\nX: y",
        "lin@example.org, other@example.org",
        "Lin <lin@example.org>",
        "lin@example.org?bcc=other@example.org",
        "lin\0@example.org",
        '"a b"@example.org',
        "lin@127.0.0.1",
        "",
        "a" * 65 + "@example.org",
    ],
)
def test_an_address_that_would_say_more_than_one_mail_box_is_none(post: Post, address: str):
    with pytest.raises(AddressError):
        post.add(address=address)
    assert jobs.drain("message") == 0


def test_a_hash_of_another_installation_is_no_code(post: Post):
    channel = post.add()
    code = post.read()
    with pytest.raises(WrongCodeError):
        confirm_mail(post.home, channel, code, vault=Vault({"k1": b"\1" * 32}))
