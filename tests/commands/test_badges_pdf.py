"""Printing badges: a card with a number, a grid, a person and the QR that signs in."""

from __future__ import annotations

import pytest

from supplyhub.db import scalar
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.commands import (
    SignInError,
    badge_in_hand,
    choose_pin,
    keep_badge_photo,
    revoke_badge,
    sign_in_with_badge,
    suspend_badge,
)
from supplyhub.people.states import Role
from supplyhub.photos.cleaning import cleaned, turned
from supplyhub.photos.commands import keep_photo
from supplyhub.reports import badges
from supplyhub.reports.badges import badges_pdf
from supplyhub.reports.cards import PublicUrlError
from tests.factories import a_badge, a_building, a_community, a_grid, a_household, an_account, asking
from tests.printed import codes_of, texts_of
from tests.rules.test_photos import a_jpeg, a_png, exif, segment

URL = "https://hub.example"
PIN = "802175"


class Printer:
    """Eleven badges of grid 3, so two pages, and a coordinator who prints."""

    def __init__(self) -> None:
        self.community = a_community("梧桐社区")
        self.grid = a_grid(self.community, 3)
        self.codes = [a_badge(self.grid, number=number).code for number in range(1, 12)]
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)

    def print(self, *codes: str) -> bytes:
        return badges_pdf(self.coordinator, codes or self.codes, public_url=URL)


@pytest.fixture
def printer(database) -> Printer:
    return Printer()


def scanned(pdf: bytes) -> list[str]:
    """Return what stands behind the # of each badge, as a phone reads it."""
    return [code.rpartition("#")[2] for page in codes_of(pdf) for code in page]


def test_ten_badges_go_on_a_page_and_each_opens_itself(printer):
    pdf = printer.print()
    pages = codes_of(pdf)
    assert [len(page) for page in pages] == [10, 1]
    assert all(code.startswith(f"{URL}/badge#3-0") for page in pages for code in page)
    assert sorted(badge_in_hand(given).code for given in scanned(pdf)) == printer.codes


def test_a_badge_says_the_person_the_number_the_grid_the_last_day_and_nothing_of_a_home(printer):
    a_household(a_building(printer.grid, number=58), door="301")
    name = scalar("SELECT display_name FROM account AS a JOIN badge AS b ON b.account_id = a.id WHERE b.code = '3-001'")
    until = scalar("SELECT to_char(valid_until AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') FROM badge LIMIT 1")
    (said,) = texts_of(printer.print("3-001"))
    for part in (name, "3-001", "第三网格", "志愿者证", "梧桐社区", until):
        assert part in said
    for part in ("58号楼", "58-1-301", "1单元"):
        assert part not in said


def test_printing_again_ends_the_card_before_and_keeps_the_pin(printer):
    (old,) = scanned(printer.print("3-001"))
    choose_pin(old, PIN)
    (new,) = scanned(printer.print("3-001"))
    with pytest.raises(SignInError):
        sign_in_with_badge(old, PIN)
    assert sign_in_with_badge(new, PIN)


def test_a_failed_printing_leaves_the_old_cards_alive(printer, monkeypatch):
    (old,) = scanned(printer.print("3-001"))

    def no_paper(*_args: object, **_kwargs: object) -> bytes:
        raise OSError("no paper")

    monkeypatch.setattr(badges, "draw", no_paper)
    with pytest.raises(OSError, match="no paper"):
        printer.print("3-001")
    assert badge_in_hand(old).code == "3-001"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", ""])
def test_badges_that_lead_to_the_reader_are_not_printed(printer, url):
    with pytest.raises(PublicUrlError, match="PUBLIC_URL"):
        badges_pdf(printer.coordinator, printer.codes, public_url=url)
    assert scalar("SELECT count(secret_hash) FROM badge") == 0


def test_only_badges_that_are_there_and_the_own_are_printed_and_all_or_none(printer):
    suspend_badge(printer.coordinator, "3-001")
    assert printer.print("3-001")
    revoke_badge(printer.coordinator, "3-002")
    for codes in (["3-002"], ["3-003", "3-099"], [], [""]):
        with pytest.raises(NotFoundError):
            badges_pdf(printer.coordinator, codes, public_url=URL)
    assert scalar("SELECT count(secret_hash) FROM badge WHERE code = '3-003'") == 0
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    with pytest.raises(NotFoundError):
        badges_pdf(stranger, ["3-003"], public_url=URL)
    with pytest.raises(NotAllowedError):
        badges_pdf(asking(an_account(printer.community, Role.DEPOT).id), ["3-003"], public_url=URL)


def test_a_badge_revoked_while_it_is_printed_signs_nobody_in(printer, monkeypatch):
    real = badges.draw

    def slow(*args: object, **kwargs: object) -> bytes:
        drawn = real(*args, **kwargs)  # type: ignore[arg-type]
        revoke_badge(printer.coordinator, "3-001")
        return drawn

    monkeypatch.setattr(badges, "draw", slow)
    for given in scanned(printer.print("3-001", "3-002")):
        if given.startswith("3-001"):
            with pytest.raises(SignInError):
                badge_in_hand(given)
        else:
            assert badge_in_hand(given).code == "3-002"


@pytest.mark.parametrize("photo", [a_png(), a_jpeg(), a_jpeg(segment(0xE1, exif(6)))])
def test_a_photo_that_can_hardly_be_drawn_spoils_no_sheet(printer, photo):
    keep_badge_photo(printer.coordinator, "3-001", keep_photo(printer.coordinator, photo))
    assert scanned(printer.print("3-001"))


@pytest.mark.parametrize("way", range(1, 9))
def test_which_way_is_up_is_read_from_a_cleaned_photo(way):
    assert turned(cleaned(a_jpeg(segment(0xE1, exif(way)))).content) == way
    assert turned(cleaned(a_jpeg()).content) == turned(a_png()) == 1


def test_a_long_name_is_set_smaller():
    assert badges._points("李晓东") == badges.LARGEST_NAME_POINTS
    assert badges._points("长" * 40) == badges.SMALLEST_NAME_POINTS
