"""Help requests are asked for: by households, at doors, by telephone and in chats; some twice, from two clients at once."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from supplyhub.errors import HubError
from supplyhub.replay.requests import AT_THE_DOOR, BY_CHAT, COURSE, Asked, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from supplyhub.replay.stage import Stage

NUMBERS = uuid.UUID("0c6f7a53-7df2-4e0a-8f43-2f3a3f0d9a11")
# One in so many is sent a second time while the first is on its way.
SENT_TWICE = 4
# Nobody complains about an order of less.
LEAST_FEN = 1000


class AskedTwiceError(HubError):
    """What was sent twice became two requests."""

    code = "asked_twice"


def plan_requests(stage: Stage) -> list[Asked]:
    """Return the requests of this play; of those that a volunteer hears at a door, the household is found there."""
    homes: dict[int, list[int]] = {}
    for home in stage.homes:
        homes.setdefault(home.grid, []).append(home.id)
    for grid, found in homes.items():
        # A neighbour is needed, too.
        homes[grid] = found if len(found) > 1 else found + stage.others.get(grid, [])[:1]
    orders: dict[int, list[tuple[int, int]]] = {}
    came = _came(stage)
    for order in sorted(_orders(stage), key=lambda order: (-order["total_fen"], order["id"])):
        if order["total_fen"] >= LEAST_FEN and order["number"] in came:
            orders.setdefault(order["grid"], []).append((order["household"], order["id"]))
    return plan(stage.state.requests, homes, orders)


def listening(stage: Stage, tickets: Sequence[Any]) -> Callable[[str, str], None]:
    """Return what lets a volunteer (ticket code, token) write down what is asked for at the doors: each twice.

    Of a grid, the requests are heard at its tickets in turn.
    """
    by_grid: dict[int, list[str]] = {}
    for ticket in sorted(tickets, key=lambda ticket: str(ticket["code"])):
        by_grid.setdefault(ticket["grid"], []).append(ticket["code"])
    heard: dict[str, list[Asked]] = {}
    doorsteps = [each for each in plan_requests(stage) if COURSE[each.course].channel == AT_THE_DOOR]
    for place, asked in enumerate(each for each in doorsteps if each.grid in by_grid):
        codes = by_grid[asked.grid]
        heard.setdefault(codes[place % len(codes)], []).append(asked)
    homes = {order["number"]: order["household"] for order in _orders(stage)}

    def hear(code: str, token: str) -> None:
        asked = heard.get(code, [])
        stops = stage.api.get(token, f"/tickets/{code}")["stops"] if asked else []
        for each, stop in zip(asked, stops, strict=False):
            for _ in range(2):
                _send(stage, token, each, {"household": homes[stop["order_number"]]})

    return hear


def ask(stage: Stage) -> None:
    """Ask for everything that nobody has asked for yet; played again, the same keys are the same requests."""
    asked = [each for each in plan_requests(stage) if str(each.number) not in stage.state.asked]
    own = stage.tokens.residents({each.home for each in asked})
    again = [each for each in asked if each.number % SENT_TWICE == 0]
    # Side by side, so that two hands send them at the same moment.
    sent = sorted([*asked, *again], key=lambda each: each.number)
    stage.together("asking for help", lambda each: _send(stage, *_from(stage, each, own)), sent)
    stage.counts.requests = len(stage.state.asked)


def _from(stage: Stage, asked: Asked, own: Mapping[int, str]) -> tuple[str, Asked, dict[str, Any]]:
    """Return who sends a request, and what it says of whose it is."""
    about = {"order": asked.order} if asked.order else {}
    if COURSE[asked.course].channel == "web":
        return own[asked.home], asked, about
    if asked.course == BY_CHAT:
        return stage.coordinator, asked, {"grid": asked.grid}
    return stage.leads[asked.grid], asked, about | {"household": asked.home}


def _send(stage: Stage, token: str, asked: Asked, whose: dict[str, Any]) -> None:
    course = COURSE[asked.course]
    body = {
        "key": str(uuid.uuid5(NUMBERS, f"{stage.cycle}/{asked.number}")),
        "kind": course.kind,
        "channel": course.channel,
        "text": course.text,
        "facts": course.facts,
    }
    code = stage.api.must(token, "POST", "/help", body | whose)["code"]
    if stage.keep_request(asked.number, code) != code:
        raise AskedTwiceError(f"request {asked.number} became {code} and another one")


def _orders(stage: Stage) -> list[Any]:
    return list(stage.api.pages(stage.coordinator, f"/cycles/{stage.cycle}/orders"))


def _came(stage: Stage) -> set[str]:
    """Return the numbers of the orders of which something came to the door."""
    batches = stage.api.get(stage.depot, f"/cycles/{stage.cycle}/batches")
    parcels = (each for batch in batches for each in stage.api.pages(stage.depot, f"/batches/{batch['id']}/parcels"))
    return {parcel["order_number"] for parcel in parcels if parcel["state"] == "delivered"}
