"""On the way: tickets are claimed, handed over, delivered and handed back, and nobody gets out of the own grid."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from supplyhub.replay import asking, phone

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.replay.stage import Stage

VOLUNTEERS_A_GRID = 2
FAILING_DOORS = 0.02
# At the door it is as often nobody as anything else.
PROBLEMS = ("nobody_home", "nobody_home", "refused", "wrong_door", "damaged")
WRONG_GRID = "wrong_grid"


@dataclass(frozen=True, slots=True)
class Volunteer:
    """A volunteer of the play: the badge's code, the account's id and a token."""

    badge: str
    account: int
    token: str


def find_volunteers(stage: Stage) -> dict[int, list[Volunteer]]:
    """Return volunteers with a live badge by grid number; new ones are taken on where a grid lacks some."""
    stage.progress.start("looking for volunteers")
    badges: dict[int, list[tuple[str, int]]] = {}
    for grid in stage.leads:
        found = [
            (badge["code"], badge["account"])
            for badge in stage.api.pages(stage.coordinator, "/badges", grid=grid)
            if badge["state"] == "live"
        ]
        for number in range(len(found), VOLUNTEERS_A_GRID):
            new = {"name": f"志愿者{grid}-{number + 1}", "grid": grid, "training": {"topic": "上岗培训"}}
            made = stage.api.must(stage.coordinator, "POST", "/volunteers", new)
            found.append((made["badge"]["code"], made["account"]))
        badges[grid] = found
    tokens = stage.tokens.volunteers(account for found in badges.values() for _, account in found)
    return {
        grid: [Volunteer(code, account, tokens[account]) for code, account in found] for grid, found in badges.items()
    }


def deliver(stage: Stage) -> None:
    """Take every ticket from the depot to its doors and back, and try each in another grid on the way."""
    volunteers = find_volunteers(stage)
    stage.wait_for("the tickets", lambda: _tickets(stage))
    batches = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/batches")
    stage.together("bringing the crates to the delivery points", lambda batch: _bring_crates(stage, batch), batches)
    tickets = _tickets(stage)
    stage.counts.tickets = len(tickets)
    stage.counts.stops = sum(ticket["stop_count"] for ticket in tickets)
    failing = failing_doors({ticket["code"]: ticket["stop_count"] for ticket in tickets})
    hear = asking.listening(stage, tickets)
    stage.together(
        "delivering",
        lambda entry: _deliver(stage, entry[1], _crew(volunteers, entry[1], entry[0]), failing, hear),
        list(enumerate(tickets)),
    )


def deal_with_returns(stage: Stage) -> None:
    """Look at what came back: what is still good goes on the shelf again, the rest is written off."""
    back = list(stage.api.pages(stage.depot, "/stock", place="returned"))
    stage.together("dealing with what came back", lambda lot: _deal_with(stage, lot), back)


def _deal_with(stage: Stage, lot: Any) -> None:
    units = lot["returned"]
    good = lot["days_left"] >= 0
    # Pressed twice it is done once: by then another number is there.
    body = {"quantity": units, "seen": units} | ({} if good else {"place": "returned", "reason": "expired"})
    stage.api.advance(
        stage.depot,
        f"/lots/{lot['id']}/{'put-back' if good else 'write-off'}",
        body,
        reached=lambda: stage.api.get(stage.depot, f"/lots/{lot['id']}")["returned"] == 0,
    )


def clear_the_inbox(stage: Stage) -> None:
    """Let the leads see to what is in their inbox; clearing twice is harmless."""
    items = list(stage.api.pages(stage.coordinator, "/inbox"))
    stage.together(
        "clearing the inbox",
        lambda item: stage.api.must(stage.coordinator, "POST", f"/inbox/{item['id']}/clear", {"note": "看过了"}),
        items,
    )


def _bring_crates(stage: Stage, batch: Any) -> None:
    """Scan a batch's crates out of the depot and in at its delivery point; scanning one again is harmless."""
    if batch["delivery_point"] is None:
        return
    crates = stage.api.get(stage.depot, f"/batches/{batch['id']}/crates")
    scanned = {"crates": [crate["code"] for crate in crates if crate["handed_at"] is None]}
    for step in ("left-depot", "reached-point") if scanned["crates"] else ():
        stage.api.must(stage.depot, "POST", f"/batches/{batch['id']}/crates/{step}", scanned)


def failing_doors(stops: dict[str, int]) -> dict[tuple[str, int], str]:
    """Return 2 % of the doors (ticket code, position) with what goes wrong there, given each ticket's stops."""
    doors = [(code, position) for code, many in stops.items() for position in range(1, many + 1)]
    drawn = sorted(doors, key=lambda door: hashlib.sha256(f"{door}".encode()).digest())
    chosen = drawn[: max(1, round(FAILING_DOORS * len(doors)))]
    return {door: PROBLEMS[place % len(PROBLEMS)] for place, door in enumerate(chosen)}


@dataclass(frozen=True, slots=True)
class Crew:
    """Who goes with a ticket, and who of another grid tries to; none where the play has a single grid."""

    own: dict[str, Volunteer]
    turn: Volunteer
    stranger: Volunteer | None


def _crew(volunteers: dict[int, list[Volunteer]], ticket: Any, number: int) -> Crew:
    own = volunteers[ticket["grid"]]
    others = [grid for grid in sorted(volunteers) if grid != ticket["grid"]]
    stranger = volunteers[others[number % len(others)]][0] if others else None
    return Crew({one.badge: one for one in own}, own[number % len(own)], stranger)


def _tickets(stage: Stage) -> list[Any]:
    return list(stage.api.pages(stage.coordinator, "/tickets", cycle=stage.cycle))


def _view(stage: Stage, token: str, code: str) -> Any:
    return stage.api.get(token, f"/tickets/{code}")


def _ticket(stage: Stage, code: str) -> Any:
    return _view(stage, stage.depot, code)["ticket"]


def _deliver(
    stage: Stage, ticket: Any, crew: Crew, failing: dict[tuple[str, int], str], hear: Callable[[str, str], None]
) -> None:
    """Take one ticket through whatever is left of its way. `hear`: somebody at a door asks for help."""
    code = ticket["code"]
    if ticket["state"] == "issued":
        _try_another_grid(stage, code, crew)
        _claim(stage, code, crew.turn)
        ticket = _ticket(stage, code)
    if ticket["state"] == "claimed":
        _hand_over(stage, ticket)
        ticket = _ticket(stage, code)
    if ticket["state"] in {"handed_over", "under_way"}:
        volunteer = crew.own[ticket["badge"]]
        hear(code, volunteer.token)
        _go_to_the_doors(stage, code, volunteer, failing)
        _hand_back(stage, code, volunteer)


def _try_another_grid(stage: Stage, code: str, crew: Crew) -> None:
    if crew.stranger is None:
        return
    entry = {"id": str(uuid.uuid4()), "stop": 1, "outcome": "delivered", "happened_at": _now()}
    calls: list[tuple[str, str, object]] = [
        (crew.stranger.token, "claim", None),
        (stage.depot, "hand-over", {"badge": crew.stranger.badge}),
        (crew.stranger.token, "entries", {"entries": [entry]}),
    ]
    answers = [stage.api.call(token, "POST", f"/tickets/{code}/{what}", body) for token, what, body in calls]
    # Before the ticket moves on: as long as it is issued, a resumed replay tries and counts again.
    stage.count_attempts([answer.code == WRONG_GRID for answer in answers])


def _claim(stage: Stage, code: str, volunteer: Volunteer) -> None:
    stage.api.advance(
        volunteer.token,
        f"/tickets/{code}/claim",
        reached=lambda: _ticket(stage, code)["badge"] == volunteer.badge,
    )


def _hand_over(stage: Stage, ticket: Any) -> None:
    stage.api.advance(
        stage.depot,
        f"/tickets/{ticket['code']}/hand-over",
        {"badge": ticket["badge"], "crates": ticket["crates"]},
        reached=lambda: _ticket(stage, ticket["code"])["state"] in {"handed_over", "under_way", "done", "handed_back"},
    )


def _go_to_the_doors(stage: Stage, code: str, volunteer: Volunteer, failing: dict[tuple[str, int], str]) -> None:
    """Take the day along, go to the doors without signal, and send it all when there is some."""
    here = {position: problem for (ticket, position), problem in failing.items() if ticket == code}
    kept = phone.keep(stage.api.get(volunteer.token, "/day"), code, here)
    phone.send(stage, volunteer.token, phone.shuffled(kept, f"{stage.cycle}/{code}"))


def _hand_back(stage: Stage, code: str, volunteer: Volunteer) -> None:
    cash = sum(stop["taken_fen"] for stop in _view(stage, volunteer.token, code)["stops"])
    parcels = _view(stage, stage.depot, code)["parcels"]
    undelivered = [parcel["code"] for parcel in parcels if parcel["outcome"] != "delivered"]
    stage.api.advance(
        stage.depot,
        f"/tickets/{code}/hand-back",
        {"parcels": undelivered, "cash": {"counted_fen": cash, "expected_fen": cash} if cash else None},
        reached=lambda: _ticket(stage, code)["state"] in {"done", "handed_back"},
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
