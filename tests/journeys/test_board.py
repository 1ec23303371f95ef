"""The board on a wall that nobody touches: it follows within two seconds of its own clock, and says when it can't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.journeys.house import PC
from tests.processes import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.journeys.house import House

TWO_SECONDS = 2_000
LONG_AWAY_SECONDS = 9


# What the page asks for is counted, from the question to the end of its answer.
COUNT_QUESTIONS = """
    window.asking = 0;
    const ask = window.fetch;
    window.fetch = async (...about) => {
        window.asking += 1;
        try {
            const answer = await ask(...about);
            await answer.clone().text();
            return answer;
        } finally {
            window.asking -= 1;
        }
    };
"""


def a_wall(house: House) -> Page:
    """Hang a board on the wall."""
    scene = house.scene.open_cycle().order(0.03).cut_off().send().receive().share()
    wall = house.staff("depot", viewport=PC)
    in_hand(wall, f"/depot?wall=1&cycle={scene.cycle}")
    return wall


def in_hand(wall: Page, path: str) -> None:
    """Show a page, its clock in the test's hand, and write on it: a reload would wipe that off."""
    wall.clock.install()
    wall.add_init_script(COUNT_QUESTIONS)
    wall.goto(path)
    # From now on it moves by the test's hand only.
    wall.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))
    wall.evaluate("window.written = true")


def let_pass(wall: Page, milliseconds: int) -> None:
    """Let so much of the wall's time pass, after what it asked before was answered: an answer takes the machine's time."""
    wait_for(lambda: wall.evaluate("window.asking") == 0)
    wall.clock.run_for(milliseconds)


def row_of(wall: Page, grid: int) -> Locator:
    return wall.locator(f"[data-part=grid-{grid}]")


def test_a_board_shows_what_was_done_within_two_seconds_and_without_a_reload(house: House) -> None:
    wall = a_wall(house)
    expect(row_of(wall, 3)).to_contain_text("没开始")
    house.scene.pack(3)
    let_pass(wall, TWO_SECONDS)
    expect(row_of(wall, 3)).to_contain_text("已装袋")
    assert wall.evaluate("window.written")


def test_a_board_that_gets_no_answer_says_from_when_it_is_and_catches_up(house: House) -> None:
    wall = a_wall(house)
    stale = wall.get_by_text("连不上了")
    expect(stale).to_be_hidden()
    wall.context.set_offline(True)
    house.scene.pack(3)
    for _ in range(LONG_AWAY_SECONDS):
        let_pass(wall, 1_000)
    expect(stale).to_be_visible()
    expect(wall.locator("[data-stale]")).not_to_contain_text("{time}")
    expect(row_of(wall, 3)).to_contain_text("没开始")
    wall.context.set_offline(False)
    let_pass(wall, TWO_SECONDS)
    expect(row_of(wall, 3)).to_contain_text("已装袋")
    expect(stale).to_be_hidden()
    assert wall.evaluate("window.written")
