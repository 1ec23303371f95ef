"""What a rush decides by itself: who comes when, what people ask for, what they do with an answer, what counts as wrong."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from supplyhub.replay.client import Answer, Client
from supplyhub.replay.rush import arrivals, shortcomings, waits
from supplyhub.replay.shopper import End, Shopper, Visit, chosen

ITEMS = [{"id": number, "price_fen": 100 * number, "left": 5, "cap": 2} for number in range(1, 41)]
MENU = Answer(200, {"items": ITEMS}, {})
PLACED = Answer(201, {}, {})
TOKEN = "hub_token"
BUSY = Answer(503, {"code": "busy"}, {"retry-after": "2"})
# Draws five lines and no second phone; a few and one.
SEED, WITH_SECOND_PHONE = 5, 15


class Scripted(Client):
    """A client whose answers are given; keeps what was asked."""

    script: list[Answer | Exception]
    asked: list[tuple[Any, ...]]

    def once(self, token: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
        assert token == TOKEN
        self.asked.append((method, path, body, headers))
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def shop(*script: Answer | Exception, seed: int = SEED) -> tuple[Visit, Scripted, list[float]]:
    """Let a household order with these answers; return the visit, the client, and how long it waited each time."""
    client, paused = Scripted("http://127.0.0.1:1"), []
    client.script, client.asked = list(script), []
    visit = Shopper(client, pause=paused.append).visit(TOKEN, 7, Random(seed))
    return visit, client, paused


def refused(code: str, status: int = 409, **data: Any) -> Answer:
    return Answer(status, {"code": code, **data}, {})


def test_most_come_at_the_beginning_and_all_in_time() -> None:
    due = arrivals(2219, 180, Random(1))
    assert len(due) == 2219
    assert due == sorted(due)
    assert due[0] >= 0
    assert due[-1] <= 180
    assert 0.6 < sum(moment < 180 / 12 for moment in due) / len(due) < 0.67


def test_people_want_one_to_six_things_within_the_cap_and_the_first_of_the_menu_most() -> None:
    baskets = [chosen(Random(number), ITEMS, lines=1 + number % 6) for number in range(600)]
    assert {len(basket) for basket in baskets} == {1, 2, 3, 4, 5, 6}
    assert {units for basket in baskets for units in basket.values()} == {1, 2}
    assert sum(1 in basket for basket in baskets) > 4 * sum(40 in basket for basket in baskets)
    assert set(chosen(Random(1), ITEMS[:2], lines=6)) == {1, 2}


def test_a_household_reads_the_menu_and_puts_a_first_order() -> None:
    visit, client, _ = shop(MENU, PLACED)
    (_, path, body, headers) = client.asked[1]
    assert (visit.end, path, headers) == (End.ORDERED, "/menus/7/order", {"If_None_Match": "*"})
    assert body["lines"] == [{"item": item, "quantity": units} for item, units in visit.basket.items()]
    assert body["total_fen"] == sum(100 * item * units for item, units in visit.basket.items())


def test_asked_to_come_back_it_waits_as_told_and_a_little_more() -> None:
    visit, client, paused = shop(MENU, BUSY, BUSY, PLACED)
    assert visit.end == End.ORDERED
    assert all(2 <= pause <= 3 for pause in paused)
    assert paused[0] != paused[1]
    assert (visit.counts["busy"], visit.counts["requests"]) == (2, 4)
    assert client.asked[1] == client.asked[3]


def test_a_lost_answer_is_asked_for_again() -> None:
    visit, client, _ = shop(MENU, ConnectionResetError(), PLACED)
    assert (visit.end, visit.counts["lost"]) == (End.ORDERED, 1)
    assert client.asked[1] == client.asked[2]


def test_what_is_refused_is_left_out_and_the_rest_ordered() -> None:
    _, first, _ = shop(MENU, PLACED)
    lines = first.asked[1][2]["lines"]
    assert len(lines) > 3
    gone, capped, withdrawn = (line["item"] for line in lines[:3])
    refusal = refused("sold_out", sold_out=[{"item": gone}], over_cap=[{"item": capped}], withdrawn=[withdrawn])
    visit, client, _ = shop(MENU, refusal, PLACED)
    assert visit.end == End.ORDERED
    assert client.asked[2][2]["lines"] == lines[3:]
    assert list(visit.basket) == [line["item"] for line in lines[3:]]


def test_with_nothing_left_to_order_it_goes_home_with_a_clear_refusal() -> None:
    everything = refused("sold_out", sold_out=[{"item": item["id"]} for item in ITEMS], over_cap=[])
    visit, _, _ = shop(MENU, everything)
    assert (visit.end, visit.basket) == (End.SOLD_OUT, {})


def test_an_order_made_meanwhile_is_read_and_changed() -> None:
    visit, client, _ = shop(MENU, refused("stale", 412, current={"version": 4}), PLACED)
    assert (visit.end, visit.counts["stale"]) == (End.ORDERED, 1)
    assert client.asked[2][3] == {"If_Match": '"4"'}


def test_a_second_phone_that_knows_of_no_order_is_told_and_changes_it() -> None:
    stale = refused("stale", 412, current={"version": 1})
    visit, client, _ = shop(MENU, PLACED, MENU, stale, Answer(200, {}, {}), seed=WITH_SECOND_PHONE)
    assert (visit.end, visit.counts["changed"], visit.counts["stale"]) == (End.ORDERED, 1, 1)
    assert [headers for *_, headers in client.asked if headers] == [
        {"If_None_Match": "*"}, {"If_None_Match": "*"}, {"If_Match": '"1"'},
    ]  # fmt: skip
    assert visit.basket == {line["item"]: line["quantity"] for line in client.asked[-1][2]["lines"]}


def test_a_second_phone_that_finds_nothing_left_keeps_the_first_ones_order() -> None:
    gone = refused("sold_out", sold_out=[{"item": item["id"]} for item in ITEMS])
    visit, client, _ = shop(MENU, PLACED, MENU, gone, seed=WITH_SECOND_PHONE)
    assert (visit.end, visit.counts["changed"]) == (End.ORDERED, 0)
    assert visit.basket == {line["item"]: line["quantity"] for line in client.asked[1][2]["lines"]}


@pytest.mark.parametrize("answer", [refused("menu_closed"), refused("unexpected", 500), refused("not_allowed", 403)])
def test_any_other_refusal_ends_the_visit_and_says_why(answer: Answer) -> None:
    visit, _, _ = shop(MENU, answer)
    assert (visit.end, visit.why) == (End.REFUSED, f"{answer.status} {answer.code}")


def test_a_menu_that_cannot_be_read_ends_it_too() -> None:
    assert shop(refused("not_found", 404))[0].end == End.REFUSED


def test_waits_are_in_milliseconds() -> None:
    found = waits([0.001 * number for number in range(1, 201)])
    assert (found.p50_ms, found.p99_ms, found.longest_ms) == (100.0, 198.0, 200.0)
    assert waits([]).longest_ms == 0.0


RIGHT = {
    "households": 10,
    "ordered": 9,
    "sold_out": 1,
    "oversold": 0,
    "differing": 0,
    "twice": 0,
    "laws": {"broken": 0},
}


def test_an_order_or_a_clear_refusal_for_everybody_is_right() -> None:
    assert shortcomings(RIGHT) == []


@pytest.mark.parametrize(
    "wrong", [{"ordered": 8}, {"oversold": 1}, {"differing": 2}, {"twice": 1}, {"laws": {"broken": 1}}]
)
def test_each_thing_that_is_wrong_is_named(wrong: dict[str, Any]) -> None:
    assert len(shortcomings(RIGHT | wrong)) == 1
