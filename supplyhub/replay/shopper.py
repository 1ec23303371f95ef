"""A household in a rush: reads the menu, puts its basket, and goes on until it has an order or a clear refusal."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from supplyhub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from supplyhub.replay.client import Answer, Client

MOST_LINES, MOST_UNITS = 6, 2
# One in so many orders again from a second phone that doesn't know of the first one's order.
SECOND_PHONE = 25
COME_BACK = {429, 502, 503, 504}
LOST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
GIVE_UP_SECONDS = 90.0


class End(StrEnum):
    """How a visit ends."""

    ORDERED = "ordered"
    SOLD_OUT = "sold_out"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class GaveUpError(HubError):
    """The server asked to come back later, or said nothing, for too long."""

    code = "gave_up"


class RefusedError(HubError):
    """The server refused in a way that no shopper can mend."""

    code = "refused_for_good"


@dataclass(slots=True)
class Visit:
    """What became of a household: how it ended, its basket in units by item, and what happened on the way.

    `counts` has requests, busy, lost, stale, cut_back, changed; `waits` the seconds of each request.
    """

    end: End = End.UNANSWERED
    basket: dict[int, int] = field(default_factory=dict)
    why: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Wanted:
    """A basket on its way: units and price by item, and the version of the order that it changes."""

    units: dict[int, int]
    prices: Mapping[int, int]
    version: int | None = None

    def body(self) -> dict[str, object]:
        """Return what is sent."""
        lines = [{"item": item, "quantity": quantity} for item, quantity in self.units.items()]
        return {"lines": lines, "total_fen": sum(self.prices[item] * many for item, many in self.units.items())}

    def precondition(self) -> dict[str, str]:
        """Return the header that says what it was made from."""
        return {"If_None_Match": "*"} if self.version is None else {"If_Match": f'"{self.version}"'}

    def take_out(self, problem: Mapping[str, Any]) -> None:
        """Do without what was refused, all of it named in the problem."""
        for item in [*problem.get("withdrawn", ()), *_items(problem, "sold_out"), *_items(problem, "over_cap")]:
            self.units.pop(item, None)


@dataclass(frozen=True)
class Shopper:
    """Orders for households on one menu each, from any number of threads. `pause` waits so many seconds."""

    api: Client
    pause: Callable[[float], None] = time.sleep

    def visit(self, token: str, menu: int, draw: Random) -> Visit:
        """Order for a household and return what became of it; never raises for an answer of the server."""
        visit = Visit()
        lines, has_second_phone = draw.randint(1, MOST_LINES), not draw.randrange(SECOND_PHONE)
        try:
            if self._order(visit, token, menu, draw, lines=lines):
                visit.end = End.ORDERED
                if has_second_phone:
                    visit.counts["changed"] += self._order(visit, token, menu, draw, lines=MOST_LINES)
            else:
                visit.end = End.SOLD_OUT
        except (GaveUpError, RefusedError) as error:
            visit.end = End.UNANSWERED if isinstance(error, GaveUpError) else End.REFUSED
            visit.why = str(error)
        return visit

    def _order(self, visit: Visit, token: str, menu: int, draw: Random, *, lines: int) -> bool:
        """Put a basket until it is taken, without what is sold out; tell whether anything was left to order."""
        items = self._asked(visit, draw, token, "GET", f"/menus/{menu}").body["items"]
        wanted = Wanted(chosen(draw, items, lines=lines), {item["id"]: item["price_fen"] for item in items})
        while wanted.units:
            answer = self._asked(
                visit, draw, token, "PUT", f"/menus/{menu}/order", wanted.body(), **wanted.precondition()
            )
            if answer.status < 400:
                visit.basket = dict(wanted.units)
                return True
            self._mend(visit, wanted, answer)
        return False

    def _mend(self, visit: Visit, wanted: Wanted, answer: Answer) -> None:
        """Change the basket as the refusal asks for."""
        if answer.code == "sold_out":
            visit.counts["cut_back"] += 1
            wanted.take_out(answer.body)
        elif answer.code == "stale":
            visit.counts["stale"] += 1
            wanted.version = answer.body["current"]["version"]
        else:
            raise RefusedError(f"{answer.status} {answer.code}")

    def _asked(
        self, visit: Visit, draw: Random, token: str, method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        """Ask until there is an answer, coming back when the server says, a little scattered.

        Raises GaveUpError after a minute and a half, RefusedError where a menu can't be read.
        """
        end = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            began = time.monotonic()
            visit.counts["requests"] += 1
            try:
                answer = self.api.once(token, method, path, body, **headers)
            except (OSError, http.client.HTTPException):
                visit.counts["lost"] += 1
                self.pause(draw.uniform(1, 2) * LOST_PAUSE_SECONDS)
                continue
            visit.waits.append(time.monotonic() - began)
            if answer.status not in COME_BACK:
                return _readable(answer, method)
            visit.counts["busy"] += 1
            self.pause(draw.uniform(1, 1.5) * _seconds_to_wait(answer))
        raise GaveUpError(f"{method} {path} got no answer but to come back later")


def chosen(draw: Random, items: Sequence[Mapping[str, Any]], *, lines: int) -> dict[int, int]:
    """Return a basket of so many items, the first ones of the menu more often than the last.

    People ask for what they came for, also where the menu says that nothing is left.
    """
    basket: dict[int, int] = {}
    while len(basket) < min(lines, len(items)):
        item = items[min(int(draw.expovariate(4 / len(items))), len(items) - 1)]
        basket.setdefault(item["id"], draw.randint(1, min(item["cap"], MOST_UNITS)))
    return basket


def _items(problem: Mapping[str, Any], name: str) -> list[int]:
    return [shortage["item"] for shortage in problem.get(name, ())]


def _readable(answer: Answer, method: str) -> Answer:
    if method == "GET" and answer.status >= 400:
        raise RefusedError(f"{answer.status} {answer.code}")
    return answer


def _seconds_to_wait(answer: Answer) -> float:
    said = answer.headers.get("retry-after", "")
    return min(float(said) if said.isdecimal() else 1.0, LONGEST_PAUSE_SECONDS)
