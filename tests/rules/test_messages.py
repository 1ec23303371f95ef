"""What messages say, when they wait, and which addresses are ones."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.states import InboxKind
from supplyhub.help.states import HelpKind
from supplyhub.notifications.addresses import AddressError, mail_address, robot_address, service_of
from supplyhub.notifications.rules import GROUP_DEFAULT, GROUP_MATTERS, MATTERS, is_urgent, pause_after, quiet_ends
from supplyhub.notifications.states import Matter
from supplyhub.notifications.words import EN, INBOX, LEVELS, ZH, said
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.rules.messages import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

ZONE = "Asia/Shanghai"
CHINA = ZoneInfo(ZONE)
MINUTES = st.integers(0, 24 * 60 - 1)


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


@given(MINUTES, MINUTES, MINUTES)
def test_quiet_hours_end_with_the_first_end_after_now(now: int, since: int, until: int) -> None:
    at = datetime(2026, 11, 22, now // 60, now % 60, tzinfo=CHINA)
    ends = quiet_ends(at, clock(since), clock(until))
    length = (until - since) % (24 * 60)
    if since != until and (now - since) % (24 * 60) < length:
        assert ends is not None
        assert at < ends <= at + timedelta(days=1)
        assert ends.time() == clock(until)
    elif since != until:
        assert ends is None


def test_without_quiet_hours_nothing_waits() -> None:
    assert quiet_ends(datetime(2026, 11, 22, 3, tzinfo=CHINA), None, None) is None


@pytest.mark.parametrize(
    ("matter", "facts", "urgent"),
    [
        (Matter.LEVEL_CHANGED, {}, True),
        (Matter.HELP_OPENED, {"help": "medicine"}, True),
        (Matter.HELP_OVERDUE, {"help": "transport"}, True),
        (Matter.HELP_OPENED, {"help": "errand"}, False),
        (Matter.MENU_OPENED, {}, False),
        (Matter.DAY_REPORT, {}, False),
    ],
)
def test_what_is_urgent_comes_in_quiet_hours_too(matter: Matter, facts: Mapping[str, Any], urgent: bool) -> None:
    assert is_urgent(matter, facts) is urgent


def test_pauses_grow_up_to_an_hour() -> None:
    assert [pause_after(attempt).total_seconds() for attempt in (1, 2, 3, 7, 8, 30)] == [30, 60, 120, 1920, 3600, 3600]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("matter", "facts"), FACTS, ids=str)
def test_every_message_is_written_in_both_languages(matter: Matter, facts: dict[str, Any], lang: str) -> None:
    words = said(matter, facts, lang=lang, zone=ZONE)
    assert words.title
    whole = words.title + words.text
    assert "{" not in whole
    assert any("一" <= letter <= "鿿" for letter in whole.replace("小白菜", "")) is (lang == "zh")
    # WeCom takes 2048 bytes; the link comes on top.
    assert len(whole.encode()) < 1800


def test_every_matter_and_form_is_tried() -> None:
    forms = {(matter, facts.get("as", "")) for matter, facts in FACTS}
    assert forms == set(ZH) == set(EN)
    assert {matter for matter, _ in forms} == set(Matter)


def test_what_a_text_does_not_name_is_not_shown() -> None:
    for matter, facts in FACTS:
        for lang in ("zh", "en"):
            planted = facts | {"name": "陈某某", "phone": "13800138000", "door": "58-2-301", "note": "胰岛素"}
            words = said(matter, planted, lang=lang, zone=ZONE)
            assert words == said(matter, facts, lang=lang, zone=ZONE)


def test_moments_are_told_by_the_clock_of_the_community() -> None:
    facts = {"grid": 3, "delivery_on": "2026-04-12", "cutoff_at": "2026-04-11T12:00:00+00:00"}
    words = said(Matter.MENU_OPENED, facts, lang="zh", zone=ZONE)
    assert words.text == "4月12日送菜，4月11日 20:00 截单。"
    assert (
        said(Matter.MENU_OPENED, facts, lang="en", zone=ZONE).text
        == "Delivery on 12 April, orders until 11 April 20:00."
    )


def test_one_household_is_one_in_english() -> None:
    facts = {"grid": 3, "cutoff_at": datetime.now(UTC).isoformat(), "silent_homes": 1}
    assert said(Matter.CUT_OFF_SOON, facts, lang="en", zone=ZONE).text.startswith("1 household ")


def test_words_are_there_for_every_level_and_every_kind_of_inbox() -> None:
    assert set(LEVELS) == set(ZoneLevel)
    assert set(INBOX) == set(InboxKind)


def test_a_group_is_told_of_nothing_that_is_one_households() -> None:
    own = {Matter.ON_ITS_WAY, Matter.DELIVERED, Matter.REFUNDED, Matter.HELP_ASSIGNED, Matter.HELP_ENDED}
    assert not own & set(GROUP_MATTERS)
    assert set(GROUP_DEFAULT) <= set(GROUP_MATTERS)
    assert set(MATTERS) == set(Role)


def test_a_group_reads_no_kind_of_a_request() -> None:
    for kind in HelpKind:
        facts = {"grid": 3, "code": "K7MPQ2", "help": kind, "due_at": "2026-04-11T12:00:00+00:00"}
        first = said(Matter.HELP_OPENED, facts, lang="zh", zone=ZONE)
        assert first == said(Matter.HELP_OPENED, facts | {"help": "other"}, lang="zh", zone=ZONE)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx", "wecombot://693a91f6-7xxx/"),
        (" wecombot://693a91f6-7xxx ", "wecombot://693a91f6-7xxx/"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/abc-DEF", "feishu://abc-DEF/"),
        ("https://open.larksuite.com/open-apis/bot/v2/hook/abc/", "lark://abc/"),
        ("https://oapi.dingtalk.com/robot/send?access_token=abc123", "dingtalk://abc123/"),
        ("dingtalk://SEC000@abc123", "dingtalk://SEC000@abc123/"),
        ("ntfy://ntfy.lan/grid-3", "ntfy://ntfy.lan/grid-3"),
        ("jsons://hub:word@chat.lan:8065/in?redirect=yes", "jsons://hub:word@chat.lan:8065/in"),
    ],
)
def test_addresses_are_taken_as_chat_programs_show_them(typed: str, kept: str) -> None:
    assert robot_address(typed, hosts={"ntfy.lan", "chat.lan:8065"}) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "693a91f6-7xxx",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=a",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=a",
        "https://evil.example/hook",
        "https://127.0.0.1:5432/",
        "wecombot://a/../b",
        "wecombot://a/?key=b",
        "wecombot://a@b",
        "json://127.0.0.1/",
        "json://chat.lan:22/",
        "json://chat.lan\\@evil.example/",
        "json://evil.example#@chat.lan/",
        "json://[::1]/",
        "file:///etc/passwd",
        "syslog://",
        "dbus://",
        "mailto://hub:word@smtp.example.org",
        "wecombot://中文",
        "wecombot://" + "a" * 600,
        "wecombot://a b",
        "json://chat.lan:99999999/",
    ],
)
def test_no_address_leads_where_nobody_said(typed: str) -> None:
    with pytest.raises(AddressError):
        robot_address(typed, hosts={"chat.lan"})


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        kept = robot_address(text, hosts=frozenset())
    except AddressError:
        return
    assert service_of(kept) in {"wecombot", "feishu", "lark", "dingtalk"}


@pytest.mark.parametrize("typed", ["lin@example.org", " lin+hub@mail.example.org "])
def test_mail_boxes(typed: str) -> None:
    assert mail_address(typed) == typed.strip()


@pytest.mark.parametrize("typed", ["", "lin", "lin@example", "a@b.org,c@d.org", "a@b.org\nBcc: c@d.org", "a b@c.org"])
def test_what_is_no_mail_box(typed: str) -> None:
    with pytest.raises(AddressError):
        mail_address(typed)
