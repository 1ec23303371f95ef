"""The live board: a tag for what a screen has, 304 while it is so, and a database that is asked only after a change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.delivery.commands import pass_crates
from supplyhub.delivery.states import CrateStep
from supplyhub.depot.commands import pack
from supplyhub.web.pages import board_rows, board_watch
from tests.factories_depot import Town, a_walk
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

LIVE = re.compile('data-live="([^"]+)" data-tag="([^"]+)"')


class Screen:
    """A board on a screen: its page, then the parts that changed."""

    def __init__(self, client: FlaskClient, account_id: int, address: str = "/depot") -> None:
        self.client = sign_in(client, account_id)
        self.page = client.get(address).text
        found = LIVE.search(self.page)
        assert found
        self.address, self.tag = found[1].replace("&amp;", "&"), found[2]

    def look(self) -> Any:
        """Ask what changed since the screen was last drawn."""
        answer = self.client.get(self.address, headers={"If-None-Match": f'"{self.tag}"'})
        self.tag = answer.headers["ETag"].strip('"')
        return answer


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of 2 grids whose goods were shared out."""
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=1)
    town.share()
    return town


def test_a_screen_that_is_up_to_date_is_told_so_in_an_empty_answer(client, town):
    screen = Screen(client, town.depot.account_id)
    answer = screen.look()
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_packed_parcel_changes_the_tag_and_the_row_of_its_grid(client, town):
    screen = Screen(client, town.depot.account_id)
    before = screen.tag
    pack(town.depot, town.batch_of(town.first), town.codes(town.first)[:1])
    answer = screen.look()
    assert (answer.status_code, screen.tag != before) == (200, True)
    row = re.search(r'data-part="grid-1".+?</tr>', answer.text, re.DOTALL)
    assert row
    assert "装袋中" in row[0]
    assert "<b>1</b>" in row[0]
    assert screen.look().status_code == 304


def test_a_board_without_a_tag_or_with_an_old_one_is_drawn_whole(client, town):
    screen = Screen(client, town.depot.account_id)
    assert client.get(screen.address).status_code == 200
    answer = client.get(screen.address, headers={"If-None-Match": '"old"'})
    assert re.findall('data-part="([^"]+)"', answer.text) == [
        "purchase",
        "receive",
        "short",
        "pack",
        "hand",
        "grid-1",
        "grid-2",
        "refusal",
    ]


def test_another_language_and_another_role_are_another_tag(client, town):
    tags = {Screen(client, town.depot.account_id).tag, Screen(client, town.coordinator.account_id).tag}
    client.set_cookie("lang", "en")
    tags.add(Screen(client, town.coordinator.account_id).tag)
    assert len(tags) == 3


def test_a_wall_screen_without_script_renews_itself_and_has_no_links_away(client, town):
    wall = Screen(client, town.depot.account_id, "/depot?wall=1")
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in wall.page
    assert 'data-type="wall"' in wall.page
    assert "wall=1" in wall.address
    assert 'class="rooms"' not in wall.page


def test_many_grids_come_in_pages_on_a_desk_and_by_word_on_a_wall(client, town, monkeypatch):
    monkeypatch.setattr(board_rows, "MANY", 1)
    monkeypatch.setattr(board_rows, "PAGE_SIZE", 1)
    screen = Screen(client, town.depot.account_id)
    assert re.findall('data-part="(grid-[^"]+)"', screen.page) == ["grid-1"]
    second = Screen(client, town.depot.account_id, "/depot?page=2")
    assert re.findall('data-part="(grid-[^"]+)"', client.get(second.address).text) == ["grid-2"]
    assert "没有这样的网格" in client.get("/depot?only=done").text
    wall = Screen(client, town.depot.account_id, "/depot?wall=1")
    assert 'data-part="word-waiting"' in wall.page
    assert 'data-part="grid-' not in wall.page


def test_another_communitys_board_is_not_found(client, town):
    other = Screen(client, town.depot.account_id).address
    sign_in(client, Town().depot.account_id)
    assert client.get(other).status_code == 404


def test_the_board_follows_crates_to_the_point_and_into_hands(client, database):
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    town.to_tickets()
    screen = Screen(client, town.depot.account_id)
    assert "已装袋" in screen.page
    words = []
    for step in (CrateStep.LEFT_DEPOT, CrateStep.REACHED_POINT):
        pass_crates(town.depot, town.batch_of(town.first), step, counted=1)
        words.append(screen.look().text)
    assert "出库中" in words[0]
    assert "到配送点" in words[1]
    a_walk(town=town)
    assert "配送中" in screen.look().text


def test_nothing_is_read_again_until_somebody_writes(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    town.share()
    # The other tests of this run write beside this one, and whoever writes on the server is seen.
    over = ["1:1:"]
    monkeypatch.setattr(board_watch, "_snapshot", lambda: over[0])
    screen = Screen(committed.test_client(), town.depot.account_id)
    read: list[int] = []
    board_for = board_watch.board_for
    monkeypatch.setattr(board_watch, "board_for", lambda *given: read.append(1) or board_for(*given))
    assert [screen.look().status_code for _ in range(3)] == [304] * 3
    assert read == []
    pack(town.depot, town.batch_of(town.first), town.codes(town.first))
    over[0] = "2:2:"
    assert [screen.look().status_code for _ in range(3)] == [200, 304, 304]
    assert read == [1]
