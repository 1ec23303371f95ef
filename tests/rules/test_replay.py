"""What the replay decides by itself: baskets, what comes, which doors fail, where it goes on."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.replay import phone
from supplyhub.replay.baskets import BadBasketsError, digest, read_baskets, read_doors
from supplyhub.replay.client import Answer, Client, LostAnswerError, ServerAwayError, UnexpectedAnswerError
from supplyhub.replay.delivery import failing_doors
from supplyhub.replay.depot import in_parts, what_came
from supplyhub.replay.helping import WAYS
from supplyhub.replay.ordering import at_most, count_orders
from supplyhub.replay.packs import NAME, told_apart
from supplyhub.replay.play import shortcomings
from supplyhub.replay.requests import COURSE, COURSES, Asked, courses_of, plan
from supplyhub.replay.stage import Stage
from supplyhub.replay.state import Counts, NothingToResumeError, State, load_state

if TYPE_CHECKING:
    from pathlib import Path

SKUS = {"V001", "V002"}


def baskets_file(folder: Path, *lines: str, header: str = "household_row,sku,quantity") -> Path:
    path = folder / "baskets.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_baskets_are_read_by_household_row(tmp_path: Path) -> None:
    path = baskets_file(tmp_path, "7,V001,2", "3,V002,1", "7,V002,9")
    assert read_baskets(path, rows=10, skus=SKUS) == {3: {"V002": 1}, 7: {"V001": 2, "V002": 9}}


def test_every_mistake_of_a_baskets_file_is_named_with_its_line(tmp_path: Path) -> None:
    lines = ["0,V001,1", "11,V001,1", "x,V001,1", "1,V009,1", "1,V001,-1", "1,V001,0", "1,V001", "2,V001,1", "2,V001,1"]
    with pytest.raises(BadBasketsError) as caught:
        read_baskets(baskets_file(tmp_path, *lines), rows=10, skus=SKUS)
    mistakes: Any = caught.value.data["mistakes"]
    assert [mistake.partition(":")[0] for mistake in mistakes] == [f"line {n}" for n in (2, 3, 4, 5, 6, 7, 8, 10)]
    assert "'V009'" in mistakes[3]
    assert "'-1'" in mistakes[4]


@pytest.mark.parametrize(("header", "line"), [("row,sku,quantity", "1,V001,1"), ("household_row,sku,quantity", "")])
def test_another_header_and_no_baskets_are_refused(tmp_path: Path, header: str, line: str) -> None:
    with pytest.raises(BadBasketsError):
        read_baskets(baskets_file(tmp_path, line, header=header), rows=10, skus=SKUS)


def test_data_row_1_is_the_first_door_of_the_register(tmp_path: Path) -> None:
    path = tmp_path / "households.csv"
    path.write_text("﻿楼栋,单元,门牌号,人数\n1号楼,1单元,101,4\n2号楼,2单元,301,1\n", encoding="utf-8")
    doors = read_doors(path)
    assert (doors[0].building, doors[0].door, doors[1].unit) == ("1号楼", "101", "2单元")


def test_six_products_come_with_70_to_95_percent_and_the_rest_whole() -> None:
    bought = {line: 10 * line for line in range(1, 40)}
    came = what_came(bought, seed=5)
    short = {line: came[line] / bought[line] for line in bought if came[line] != bought[line]}
    assert len(short) == 6
    assert all(0.70 <= share <= 0.95 for share in short.values())
    assert what_came(bought, seed=5) == came
    assert what_came(bought, seed=6) != came


def test_of_a_few_lines_those_that_can_be_short_are() -> None:
    came = what_came({1: 1, 2: 0, 3: 20}, seed=1)
    assert (came[1], came[2]) == (1, 0)
    assert 14 <= came[3] <= 19


def test_two_percent_of_the_doors_fail_the_same_in_every_run() -> None:
    stops = {f"T{number}": 15 for number in range(70)}
    failing = failing_doors(stops)
    assert len(failing) == 21
    assert failing == failing_doors(dict(reversed(stops.items())))
    assert len(failing_doors({"T1": 3})) == 1


def test_parts_are_whole() -> None:
    assert list(in_parts(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_a_replay_goes_on_after_the_phases_that_are_done(tmp_path: Path) -> None:
    path = tmp_path / "replay" / "state.json"
    state = State(path=path, baskets="mark", cycle=7)
    with state.phase("orders"):
        state.counts.orders = 12
    with pytest.raises(RuntimeError), state.phase("pack"):
        raise RuntimeError
    resumed = load_state(path, baskets="mark")
    assert (resumed.cycle, resumed.counts.orders, resumed.done) == (7, 12, ["orders"])
    with resumed.phase("orders") as still_to_play:
        assert not still_to_play
    with resumed.phase("pack") as still_to_play:
        assert still_to_play


def a_stage(tmp_path: Path, client: Client) -> Stage:
    state = State(path=tmp_path / "replay" / "state.json", baskets="mark", cycle=7)
    unused: Any = None
    return Stage(
        api=client, tokens=unused, state=state, progress=unused, baskets={}, doors=[], coordinator="", depot=""
    )


def test_attempts_in_other_grids_are_kept_at_once_from_any_thread(tmp_path: Path) -> None:
    stage = a_stage(tmp_path, answering())
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(stage.count_attempts, [[True, True, False]] * 40))
    kept = load_state(stage.state.path, baskets="mark").counts
    assert (kept.wrong_grid_attempts, kept.wrong_grid_refused) == (120, 80)


def test_what_was_ordered_is_what_the_server_has(tmp_path: Path) -> None:
    orders = [
        {"state": "placed", "lines": [{"quantity": 2}, {"quantity": 3}]},
        {"state": "cancelled", "lines": [{"quantity": 9}]},
        {"state": "placed", "lines": [{"quantity": 1}]},
    ]
    stage = a_stage(tmp_path, answering(Answer(200, orders, {})))
    count_orders(stage)
    assert (stage.counts.orders, stage.counts.lines, stage.counts.units) == (2, 3, 6)


@pytest.mark.parametrize(
    ("attempts", "refused", "broken", "grids", "sentences"),
    [
        (9, 9, 0, 3, []),
        (0, 0, 0, 1, []),
        (0, 0, 0, 2, ["no ticket was tried in another grid"]),
        (9, 8, 1, 3, ["laws that are broken: 1", "1 of 9 attempts in another grid were not refused"]),
    ],
)
def test_a_play_that_proves_nothing_or_finds_a_fault_has_failed(
    attempts: int, refused: int, broken: int, grids: int, sentences: list[str]
) -> None:
    tried = {"wrong_grid_attempts": attempts, "wrong_grid_refused": refused, "laws": {"checked": 9, "broken": broken}}
    assert shortcomings(asdict(Counts()) | tried, grids=grids) == sentences


@pytest.mark.parametrize(
    ("counted", "sentence"),
    [
        ({"packs_missing": 2}, "care packs that neither arrived nor came back: 2"),
        ({"packs_outside_register": 1}, "care packs of households that aren't in the care register: 1"),
        ({"packs_told_apart": 3}, "parcels by which a care pack can be told: 3"),
        ({"requests": 9, "requests_forgotten": 1}, "help requests without an outcome or an owner: 1"),
        (
            {"requests": 9, "medicine_read_refused": 5},
            "1 of 6 attempts to read of somebody's medicine were not refused",
        ),
        ({"requests": 9, "medicine_read_attempts": 0}, "nobody tried to read of somebody's medicine"),
    ],
)
def test_a_play_that_loses_a_pack_or_a_request_or_says_too_much_has_failed(
    counted: dict[str, int], sentence: str
) -> None:
    whole = asdict(Counts(medicine_read_attempts=6, medicine_read_refused=6)) | {"laws": {"checked": 10, "broken": 0}}
    assert shortcomings(whole, grids=1) == []
    if "medicine_read_attempts" in counted:
        counted = {"medicine_read_refused": 0} | counted
    assert shortcomings(whole | counted, grids=1) == [sentence]


def test_a_hundred_requests_are_of_each_course_as_many_as_its_share_and_a_few_of_many() -> None:
    hundred = courses_of(100)
    assert {course.name: hundred.count(course.name) for course in COURSES} == {one.name: one.share for one in COURSES}
    assert set(courses_of(len(COURSES))) == set(COURSE) == set(WAYS)
    assert {COURSE[name].kind for name in hundred} == {
        "medicine", "errand", "transport", "complaint", "wish", "other",
    }  # fmt: skip
    assert {COURSE[name].channel for name in hundred} == {"web", "phone", "doorstep", "chat"}


def test_requests_go_through_all_grids_and_what_is_asked_twice_is_the_same_households() -> None:
    homes = {grid: [10 * grid + n for n in range(3)] for grid in (1, 2, 3)}
    asked = plan(100, homes, {grid: [(10 * grid, 100 * grid + n) for n in range(9)] for grid in homes})
    assert len(asked) == 100
    assert {each.grid for each in asked} == set(homes)
    twice = [(asked[place - 1], each) for place, each in enumerate(asked) if each.like is not None]
    assert len(twice) == 4
    assert all((one.number, one.home, one.course) == (two.like, two.home, "medicine_chain") for one, two in twice)
    orders = [each.order for each in asked if each.order]
    assert len(orders) == len(set(orders)) == 10


def test_without_an_order_that_came_nobody_complains_and_the_others_keep_their_numbers() -> None:
    homes = {1: [11, 12], 2: [21]}
    without = plan(40, homes, {})
    whole = plan(40, homes, {1: [(11, 5)] * 9, 2: [(21, 6)] * 9})
    assert without == [each for each in whole if each.order is None]
    assert len(without) < len(whole)
    assert without[0] == Asked(0, "medicine_chain", 1, 11)


@pytest.mark.parametrize("told", [{"channel": "care_pack"}, {"door": NAME}])
def test_a_parcel_that_tells_of_a_care_pack_is_found(told: dict[str, str]) -> None:
    parcel = {"code": "A", "door": "7-1-101", "lines": [{"item": 1, "quantity": 2}]}
    assert told_apart([parcel, {**parcel, "code": "B"}, {**parcel, "lines": []}][:2]) == 0
    assert told_apart([parcel, parcel, parcel | told]) == 1


def test_a_request_keeps_its_first_code_and_its_moves_and_counts_what_was_sent_again(tmp_path: Path) -> None:
    stage = a_stage(tmp_path, answering())
    assert [stage.keep_request(3, code) for code in ("AAAAAA", "AAAAAA", "BBBBBB")] == ["AAAAAA"] * 3
    assert stage.moves_made(3) is None
    stage.begin_request(3, [True, False])
    stage.count_move(3)
    kept = load_state(stage.state.path, baskets="mark")
    assert (kept.asked, kept.helped, kept.counts.requests_sent_again) == ({"3": "AAAAAA"}, {"3": 1}, 2)
    assert (kept.counts.medicine_read_attempts, kept.counts.medicine_read_refused) == (2, 1)


def test_there_is_nothing_to_resume_before_a_replay_or_with_other_baskets(tmp_path: Path) -> None:
    with pytest.raises(NothingToResumeError):
        load_state(tmp_path / "state.json", baskets="mark")
    State(path=tmp_path / "state.json", baskets="mark").save()
    with pytest.raises(NothingToResumeError):
        load_state(tmp_path / "state.json", baskets=digest(baskets_file(tmp_path, "1,V001,1")))


class Scripted(Client):
    """A client whose answers are given."""

    script: list[Answer | Exception]

    def _once(self, *_call: Any) -> Answer:
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _drop(self) -> None:
        pass


def answering(*script: Answer | Exception, patience: float = 5.0) -> Scripted:
    client = Scripted("http://127.0.0.1:1", patience_seconds=patience)
    client.script = list(script)
    return client


def test_a_lost_connection_and_a_server_that_starts_are_waited_for() -> None:
    done = Answer(200, {"id": 1}, {})
    client = answering(ConnectionResetError(), Answer(503, None, {"retry-after": "0"}), Answer(502, None, {}), done)
    assert client.must("", "PUT", "/x") == {"id": 1}


def test_a_refusal_is_not_repeated() -> None:
    client = answering(Answer(409, {"code": "sold_out", "detail": "gone"}, {}), Answer(200, None, {}))
    with pytest.raises(UnexpectedAnswerError, match="409 sold_out gone"):
        client.must("", "PUT", "/x")


@pytest.mark.parametrize("lost", [ConnectionResetError(), Answer(502, None, {})])
def test_a_call_that_must_not_be_repeated_is_not(lost: Answer | Exception) -> None:
    client = answering(lost, Answer(201, {"id": 1}, {}))
    with pytest.raises(LostAnswerError):
        client.must_once("", "POST", "/x", {})
    assert len(client.script) == 1


def test_patience_ends() -> None:
    client = answering(*[ConnectionRefusedError("refused")] * 50, patience=0.1)
    with pytest.raises(ServerAwayError, match="refused"):
        client.call("", "GET", "/x")


def test_a_move_that_was_made_already_is_no_error() -> None:
    refusal = Answer(409, {"code": "conflict", "detail": "claimed"}, {})
    answering(refusal).advance("", "/x", reached=lambda: True)
    with pytest.raises(UnexpectedAnswerError):
        answering(refusal).advance("", "/x", reached=lambda: False)


def test_all_pages_of_a_list_are_read() -> None:
    first = Answer(200, [1, 2], {"x-pagination": json.dumps({"last_page": 2})})
    second = Answer(200, [3], {"x-pagination": json.dumps({"last_page": 2})})
    assert list(answering(first, second).pages("", "/x")) == [1, 2, 3]


@pytest.mark.parametrize(
    ("row", "basket", "most"),
    [
        (1, {"V001": 2}, {}),
        (5, {"V001": 2, "V002": 1}, {"V001": 4}),
        (10, {"V001": 9_998}, {"V001": 9_999}),
        (15, {"V001": 9_999}, {}),
    ],
)
def test_one_household_in_five_takes_more_of_the_first_thing_to_fill_a_case(
    row: int, basket: dict[str, int], most: dict[str, int]
) -> None:
    assert at_most(row, basket) == most


def a_day(**told: Any) -> dict[str, Any]:
    """Return a phone's day with a ticket of forty doors, each of which owes 4.80 yuan."""
    stop = {"outcome": None, "collect_fen": 480}
    return {"tickets": [{"code": "T1", "stops": [{"id": n, "position": n} | stop | told for n in range(1, 41)]}]}


def test_a_phone_keeps_an_entry_and_the_cash_of_each_door_and_none_of_one_that_fails() -> None:
    kept = phone.keep(a_day(), "T1", {3: "refused"})
    failed = [each for each in kept if each["stop"] == 3]
    assert [(each["outcome"], each["problem"]) for each in failed] == [("failed", "refused")]
    assert len(kept) == 79
    assert len({each["id"] for each in kept}) == 79
    assert [each["id"] for each in phone.keep(a_day(), "T1", {3: "refused"})] == [each["id"] for each in kept]


def test_after_an_interruption_only_what_did_not_come_is_kept() -> None:
    assert phone.keep(a_day(outcome="delivered", collect_fen=0), "T1", {}) == []
    left = phone.keep(a_day(outcome="delivered"), "T1", {})
    assert {each["way"] for each in left} == {"cash"}


def test_all_of_it_is_sent_in_disorder_and_about_one_in_twenty_twice() -> None:
    kept = phone.keep(a_day(), "T1", {})
    sent = phone.shuffled(kept, "1/T1")
    assert sent == phone.shuffled(kept, "1/T1")
    assert {each["id"] for each in sent} == {each["id"] for each in kept}
    assert sent[: len(kept)] != kept
    many = [len(phone.shuffled(kept, str(seed))) - len(kept) for seed in range(100)]
    assert 0.03 < sum(many) / 100 / len(kept) < 0.07
