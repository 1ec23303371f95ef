"""A rush: menus open in every grid and the whole community orders within minutes, most of it at once."""

from __future__ import annotations

import math
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from supplyhub.replay.ordering import open_cycle
from supplyhub.replay.shopper import End, Shopper, Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.replay.stage import Stage

SEED = 20220413
# So many households at once, each with a connection of its own: more than the server takes without turning some away.
HANDS = 256
# After one part in so many of the time two thirds are there.
FRONT = 12
# Units on offer a household of the grid: of every third item there is too little for all who want it.
EVERY, SCARCE, PLENTY = 3, 0.1, 2.0
CAP = 2


@dataclass(frozen=True, slots=True)
class Waits:
    """Half and ninety-nine in a hundred waited no longer than this, nobody longer than the last; milliseconds."""

    p50_ms: float
    p99_ms: float
    longest_ms: float


@dataclass
class Rush:
    """The rush as it goes: who may order, on which menu, and what became of each."""

    stage: Stage
    homes: dict[int, int] = field(default_factory=dict)
    menus: dict[int, int] = field(default_factory=dict)
    # Units on offer by menu and SKU.
    offered: dict[int, dict[str, int]] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    until_answered: list[float] = field(default_factory=list)


def play_rush(stage: Stage, *, seconds: float, most: int | None = None) -> dict[str, Any]:
    """Open a cycle with a menu in each grid, let everybody order (or the first `most`), and report what became of it."""
    rush = Rush(stage)
    meet_everybody(rush, most=most)
    open_cycle(stage)
    stage.leads = {grid: stage.tokens.lead(grid) for grid in sorted(set(rush.homes.values()))}
    offers = [offer["sku"] for offer in stage.api.get(stage.coordinator, "/offers")]
    stage.together("opening menus", lambda grid: _open_menu(rush, grid, offers), stage.leads)
    began = time.monotonic()
    _everybody_orders(rush, seconds=seconds)
    took = time.monotonic() - began
    stage.progress.start("counting and checking the laws")
    audit = stage.api.get(stage.coordinator, "/audit")
    return {
        **counted(rush),
        **compared(rush),
        "request": asdict(waits(wait for visit in rush.visits.values() for wait in visit.waits)),
        "until_answered": asdict(waits(rush.until_answered)),
        "seconds": round(took, 1),
        "laws": {"checked": audit["checked"], "broken": audit["broken"]},
    }


def meet_everybody(rush: Rush, *, most: int | None = None) -> None:
    """Find the households that may order, with their grids' numbers; `most` takes some of each grid."""
    stage = rush.stage
    stage.progress.start("reading the register")
    found = {
        home["id"]: home["grid"]
        for home in stage.api.pages(stage.coordinator, "/households", unplaced="false")
        if home["grid"] is not None
    }
    step = max(1, len(found) // most) if most else 1
    rush.homes = dict(list(found.items())[::step][:most])


def _open_menu(rush: Rush, grid: int, skus: Sequence[str]) -> None:
    stage, now = rush.stage, datetime.now(UTC)
    many = sum(1 for home in rush.homes.values() if home == grid)
    offered = {sku: max(1, round(many * (PLENTY if place % EVERY else SCARCE))) for place, sku in enumerate(skus)}
    menu = {
        "opens_at": (now - timedelta(minutes=5)).isoformat(),
        "cutoff_at": (now + timedelta(days=1)).isoformat(),
        "items": [{"sku": sku, "offered": units, "cap": CAP} for sku, units in offered.items()],
    }
    lead = stage.leads[grid]
    menu_id = stage.api.must(lead, "PUT", f"/cycles/{stage.cycle}/menus/{grid}", menu)["id"]
    stage.api.must(lead, "POST", f"/menus/{menu_id}/publish")
    rush.menus[grid], rush.offered[menu_id] = menu_id, offered


def _everybody_orders(rush: Rush, *, seconds: float) -> None:
    """Let the households come, and go on with each until it has its answer."""
    stage, draw = rush.stage, Random(SEED)  # noqa: S311  (the same rush again, nothing secret)
    tokens = stage.tokens.residents(rush.homes)
    coming = draw.sample(list(rush.homes), len(rush.homes))
    stage.progress.start("households order", len(coming))
    shopper, began = Shopper(stage.api), time.monotonic()

    def one(place: int, home: int, due: float) -> None:
        time.sleep(max(0.0, began + due - time.monotonic()))
        # By place, not by id: the same rush in every database.
        wishes = Random(f"{SEED} {place}")  # noqa: S311
        rush.visits[home] = shopper.visit(tokens[home], rush.menus[rush.homes[home]], wishes)
        rush.until_answered.append(time.monotonic() - began - due)
        stage.progress.step()

    due = arrivals(len(coming), seconds, draw)
    with ThreadPoolExecutor(HANDS) as hands:
        for done in [hands.submit(one, *each) for each in zip(range(len(due)), coming, due, strict=True)]:
            done.result()


def arrivals(many: int, seconds: float, draw: Random) -> list[float]:
    """Return after how many seconds each of so many comes: all within `seconds`, most of them at the beginning."""
    mean = seconds / FRONT
    return sorted(-mean * math.log(1 - draw.random() * (1 - math.exp(-FRONT))) for _ in range(many))


def counted(rush: Rush) -> dict[str, int]:
    """Return how many households ended how, and what happened to them on the way."""
    ends = Counter(visit.end for visit in rush.visits.values())
    happened: Counter[str] = Counter()
    for visit in rush.visits.values():
        happened.update(visit.counts)
    return {
        "households": len(rush.homes),
        **{end.value: ends[end] for end in End},
        **{name: happened[name] for name in ("changed", "cut_back", "stale", "busy", "lost", "requests")},
    }


def compared(rush: Rush) -> dict[str, int]:
    """Compare what the server has with what it answered: units sold and offered, items oversold, orders that differ."""
    stage = rush.stage
    orders = list(stage.api.pages(stage.coordinator, f"/cycles/{stage.cycle}/orders"))
    baskets = {
        order["household"]: {line["item"]: line["quantity"] for line in order["lines"]}
        for order in orders
        if order["state"] == "placed"
    }
    sold: Counter[int] = Counter()
    for basket in baskets.values():
        sold.update(basket)
    answered = {home: visit.basket for home, visit in rush.visits.items() if visit.basket}
    return {
        "units_offered": sum(sum(offered.values()) for offered in rush.offered.values()),
        "units_sold": sum(sold.values()),
        "oversold": _oversold(rush, sold),
        "differing": sum(baskets.get(home) != answered.get(home) for home in baskets.keys() | answered.keys()),
        "twice": len([order for order in orders if order["state"] == "placed"]) - len(baskets),
    }


def _oversold(rush: Rush, sold: Counter[int]) -> int:
    """Count the items of which more was sold than offered, or whose rest isn't what the menu says is left."""
    stage, wrong = rush.stage, 0
    for menu, offered in rush.offered.items():
        for item in stage.api.get(stage.coordinator, f"/menus/{menu}")["items"]:
            rest = offered[item["sku"]] - sold[item["id"]]
            wrong += rest < 0 or rest != item["left"]
    return wrong


def waits(seconds: Any) -> Waits:
    """Return the usual and the longest wait."""
    ordered = sorted(seconds) or [0.0]
    at = [ordered[math.ceil(len(ordered) * percent / 100) - 1] for percent in (50, 99, 100)]
    return Waits(*(round(1000 * wait, 1) for wait in at))


def shortcomings(report: dict[str, Any]) -> list[str]:
    """Return what makes a rush a failure, in sentences; none where all is as it should be."""
    answered = report["ordered"] + report["sold_out"]
    found = {
        f"{report['households'] - answered} households got neither an order nor a clear refusal": answered
        != report["households"],
        f"items sold beyond what was on offer: {report['oversold']}": report["oversold"] > 0,
        f"orders that aren't what was answered: {report['differing']}": report["differing"] > 0,
        f"households with more than one order: {report['twice']}": report["twice"] > 0,
        f"laws that are broken: {report['laws']['broken']}": report["laws"]["broken"] > 0,
    }
    return [sentence for sentence, is_so in found.items() if is_so]
