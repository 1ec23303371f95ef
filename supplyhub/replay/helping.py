"""What becomes of help requests: taken, given, waited for, handed on, merged, brought, claimed, credited; strangers read none."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.replay.asking import plan_requests
from supplyhub.replay.delivery import find_volunteers
from supplyhub.replay.requests import COURSE, PHARMACY, TWICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.replay.delivery import Volunteer
    from supplyhub.replay.requests import Asked
    from supplyhub.replay.stage import Stage

NUMBERS = uuid.UUID("7c1a1a6e-6a0c-4a39-8d5f-5b1c0a6f2e77")
CREDIT_FEN = 100
REFUSED = {403, 404}
ENDED = {"solved", "not_solved", "withdrawn", "merged"}
LATE_HOURS = 3


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody's act on a request; `to`: the state by which it is known to be done, when an answer was lost."""

    token: str
    path: str
    body: dict[str, Any]
    to: str = ""
    gives_back: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """Who has to do with a request: `other` is another grid and its lead, None where the play has a single grid."""

    code: str
    same: str
    lead: str
    home: str
    neighbour: str
    volunteer: Volunteer
    mate: Volunteer
    other: tuple[int, str] | None
    coordinator: str

    def does(self, token: str, act: str, to: str = "", **body: Any) -> Move:
        """Return an act on the request."""
        return Move(token, f"/help/{self.code}/{act}", body, to)

    def wishes(self, token: str, act: str, to: str = "", **body: Any) -> Move:
        """Return an act on the wall of wishes."""
        return Move(token, f"/wishes/{self.code}/{act}", body, to, gives_back=act == "give-back")

    def passes(self, token: str, holder: str, place: str, **who: Any) -> Move:
        """Return a pass of the medicine from hand to hand."""
        key = str(uuid.uuid5(NUMBERS, f"{self.code}/{holder}"))
        return self.does(token, "pass", key=key, said=self.code, holder=holder, place=place, **who)

    def takes(self) -> Move:
        """Return the lead's taking of it."""
        return self.does(self.lead, "take")

    def solves(self, note: str) -> Move:
        """Return the lead's end of it."""
        return self.does(self.lead, "solve", "solved", note=note)


def _chain(cast: Cast) -> list[Move]:
    lead, volunteer = cast.lead, cast.volunteer
    return [
        cast.takes(),
        cast.does(lead, "name", account=volunteer.account),
        cast.passes(lead, "pharmacy", PHARMACY, name="值班药师"),
        cast.passes(lead, "border", "区界卡口", name="邻区志愿者"),
        cast.passes(volunteer.token, "volunteer", "区界卡口", account=volunteer.account),
        cast.passes(volunteer.token, "household", "家门口"),
        cast.solves("药送到了"),
    ]


def _twice(cast: Cast) -> list[Move]:
    takes_other = Move(cast.lead, f"/help/{cast.same}/take", {})
    return [cast.takes(), takes_other, cast.does(cast.lead, "merge", "merged", into=cast.same)]


def _handed_on(cast: Cast) -> list[Move]:
    if cast.other is None:
        return [cast.takes(), cast.solves("还给失主了")]
    grid, lead = cast.other
    return [
        cast.takes(),
        cast.does(cast.lead, "hand-on", "new", grid=grid, note="失主住那边"),
        cast.does(lead, "take"),
        cast.does(lead, "solve", "solved", note="还给失主了"),
    ]


def _by_volunteer(cast: Cast) -> list[Move]:
    volunteer = cast.volunteer
    return [
        cast.does(cast.lead, "give", account=volunteer.account),
        cast.does(volunteer.token, "note", note="打过电话，下午去", called=True),
        cast.does(volunteer.token, "solve", "solved", note="打印好了，放在门口"),
    ]


def _waits(cast: Cast) -> list[Move]:
    return [cast.takes(), cast.does(cast.lead, "wait", "waiting", note="等街道派车")]


def _posted(cast: Cast) -> Move:
    return cast.does(cast.lead, "post", public_text=f"邻居的一个心愿：{cast.code}")


# By course: what happens, in order. What stays open at the end has an owner.
WAYS: dict[str, Callable[[Cast], list[Move]]] = {
    "medicine_chain": _chain,
    TWICE: _twice,
    "errand_by_lead": lambda cast: [cast.takes(), cast.solves("充好了")],
    "errand_by_volunteer": _by_volunteer,
    "errand_at_the_door": lambda cast: [cast.takes(), cast.solves("找到了")],
    "errand_handed_on": _handed_on,
    "trip_that_waits": lambda cast: [
        *_waits(cast),
        cast.does(cast.lead, "go-on", "taken", note="车来了"),
        cast.solves("送到医院了"),
    ],
    "trip_past_due": lambda cast: [cast.does(cast.lead, "seen"), cast.takes(), cast.solves("送到医院了")],
    "medicine_held": lambda cast: [cast.takes(), cast.does(cast.lead, "note", note="药房明天到货")],
    "wish_by_neighbour": lambda cast: [
        _posted(cast),
        cast.wishes(cast.neighbour, "claim"),
        cast.wishes(cast.neighbour, "fulfil", "solved", note="聊了一下午"),
    ],
    "wish_given_back": lambda cast: [
        _posted(cast),
        cast.wishes(cast.volunteer.token, "claim"),
        cast.wishes(cast.volunteer.token, "give-back"),
        cast.wishes(cast.mate.token, "claim"),
        cast.wishes(cast.mate.token, "fulfil", "solved", note="修好了"),
    ],
    "wish_on_the_wall": lambda cast: [_posted(cast)],
    "complaint_credited": lambda cast: [
        cast.does(cast.lead, "credit", "solved", amount_fen=CREDIT_FEN, note="退一块钱")
    ],
    "complaint_explained": lambda cast: [cast.does(cast.lead, "explain", "solved", note="路上封了一段，对不起")],
    "other_that_waits": lambda cast: [
        cast.takes(),
        cast.does(cast.lead, "wait", "waiting", note="等物业来修"),
    ],
    "other_withdrawn": lambda cast: [cast.does(cast.home, "withdraw", "withdrawn", note="找到了")],
    "other_given_up": lambda cast: [cast.takes(), cast.does(cast.lead, "give-up", "not_solved", note="现在没有空房")],
    "other_reopened": lambda cast: [
        cast.takes(),
        cast.solves("说过了"),
        cast.does(cast.home, "reopen", "taken", note="还是吵"),
        cast.solves("上门说好了"),
    ],
}


def help_everybody(stage: Stage) -> None:
    """Let each request go its way, what was asked for twice first; count how they stand then."""
    asked = [each for each in plan_requests(stage) if str(each.number) in stage.state.asked]
    cast = _casting(stage, asked)
    late = [each for each in asked if each.course == "trip_past_due" and not stage.moves_made(each.number)]
    if stage.hours is not None:
        stage.hours.pass_for([stage.state.asked[str(each.number)] for each in late], LATE_HOURS)
    twice = [each for each in asked if each.like is not None]
    stage.together("merging what came twice", lambda each: _help(stage, each, cast(each)), twice)
    stage.together(
        "helping", lambda each: _help(stage, each, cast(each)), [each for each in asked if each.like is None]
    )
    _count(stage)


def _casting(stage: Stage, asked: list[Asked]) -> Callable[[Asked], Cast]:
    """Return what finds the people of a request."""
    volunteers, codes, grids = find_volunteers(stage), stage.state.asked, sorted(stage.leads)
    homes = {
        grid: [home.id for home in stage.homes if home.grid == grid] + stage.others.get(grid, []) for grid in grids
    }
    beside = {each.number: next((home for home in homes[each.grid] if home != each.home), each.home) for each in asked}
    own = stage.tokens.residents({each.home for each in asked} | set(beside.values()))

    def cast(each: Asked) -> Cast:
        others = [grid for grid in grids if grid != each.grid]
        other = others[each.number % len(others)] if others else None
        own_volunteers = volunteers[each.grid]
        return Cast(
            code=codes[str(each.number)],
            same=codes.get(str(each.like), ""),
            lead=stage.leads[each.grid],
            home=own[each.home],
            neighbour=own[beside[each.number]],
            volunteer=own_volunteers[each.number % len(own_volunteers)],
            mate=own_volunteers[(each.number + 1) % len(own_volunteers)],
            other=None if other is None else (other, stage.leads[other]),
            coordinator=stage.coordinator,
        )

    return cast


def _help(stage: Stage, asked: Asked, cast: Cast) -> None:
    """Take one request through whatever is left of its way."""
    if stage.moves_made(asked.number) is None:
        stage.begin_request(asked.number, _tried_by_strangers(stage, cast) if _is_restricted(asked) else [])
    for place, move in enumerate(_ways(stage, asked, cast)):
        if place >= (stage.moves_made(asked.number) or 0):
            stage.api.advance(move.token, move.path, move.body or None, reached=_reached(stage, cast, move))
            stage.count_move(asked.number)


def _ways(stage: Stage, asked: Asked, cast: Cast) -> list[Move]:
    moves = WAYS[asked.course](cast)
    # Nothing is past due where no hours pass.
    return [move for move in moves if stage.hours is not None or not move.path.endswith("/seen")]


def _reached(stage: Stage, cast: Cast, move: Move) -> Callable[[], bool]:
    if move.gives_back:
        return lambda: not any(one["mine"] and one["code"] == cast.code for one in stage.api.get(move.token, "/wishes"))
    return lambda: bool(move.to) and stage.api.get(stage.coordinator, f"/help/{cast.code}")["state"] == move.to


def _is_restricted(asked: Asked) -> bool:
    return COURSE[asked.course].kind == "medicine"


def _tried_by_strangers(stage: Stage, cast: Cast) -> list[bool]:
    """Let everybody whom medicine is no business of try to see it and to read it; return which attempts were refused."""
    strangers = [cast.neighbour, stage.depot, cast.volunteer.token, *([cast.other[1]] if cast.other else [])]
    calls = [("GET", ""), ("POST", "/read")]
    return [
        stage.api.call(token, method, f"/help/{cast.code}{act}").status in REFUSED
        for token in strangers
        for method, act in calls
    ]


def _count(stage: Stage) -> None:
    """Count how the play's requests stand."""
    found = stage.together(
        "looking how the requests stand",
        lambda code: stage.api.get(stage.coordinator, f"/help/{code}"),
        list(stage.state.asked.values()),
    )
    states = [request["state"] for request in found]
    counts = stage.counts
    counts.requests = len(found)
    counts.requests_solved, counts.requests_merged = states.count("solved"), states.count("merged")
    counts.requests_ended_otherwise = states.count("withdrawn") + states.count("not_solved")
    counts.requests_with_owner = sum(one["state"] not in ENDED and bool(one["owner"]) for one in found)
    counts.requests_forgotten = sum(one["state"] not in ENDED and not one["owner"] for one in found)
    counts.requests_past_due_seen = sum(one["overdue_seen_at"] is not None for one in found)
