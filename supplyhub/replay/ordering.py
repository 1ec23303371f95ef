"""First half of the play: the register, a cycle with a menu in each grid, everybody's basket, the cut-off."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from supplyhub.errors import HubError
from supplyhub.replay.baskets import MOST_UNITS_A_LINE
from supplyhub.replay.client import LostAnswerError, ServerAwayError, accepted
from supplyhub.replay.stage import Home

if TYPE_CHECKING:
    from supplyhub.replay.stage import Stage

# One household in so many rings its grid lead up instead of ordering by itself.
BY_PHONE = 12
# One in so many takes so much more of the first thing in its basket, where a case lacks it.
WILLING, MORE = 5, 2
DECLINING_A_GRID = 3
SOLD_OUT = "sold_out"
TRIES = 5


class UnknownDoorsError(HubError):
    """Households of the baskets file aren't in the register, or stand in no grid; nothing was started."""

    code = "unknown_doors"


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An item of a published menu."""

    id: int
    price_fen: int


@dataclass(frozen=True, slots=True)
class GridMenu:
    """A grid's published menu with its items by SKU."""

    id: int
    items: dict[str, MenuItem]


def meet_the_households(stage: Stage) -> None:
    """Find every household of the baskets in the register. Raises UnknownDoorsError before anything is started."""
    stage.progress.start("reading the register")
    found = {
        (home["building"], home["unit"], home["door_number"]): home
        for home in stage.api.pages(stage.coordinator, "/households", unplaced="false")
        if home["grid"] is not None
    }
    missing = []
    for row, basket in stage.baskets.items():
        door = stage.doors[row - 1]
        home = found.get((door.building, door.unit, door.door))
        if home is None:
            missing.append(f"household_row {row}: {door.building} {door.unit} {door.door}")
        else:
            stage.homes.append(Home(home["id"], home["grid"], basket, at_most(row, basket)))
    ordering = {home.id for home in stage.homes}
    for other in found.values():
        if other["id"] not in ordering:
            stage.others.setdefault(other["grid"], []).append(other["id"])
    if missing:
        raise UnknownDoorsError("these doors are in no grid of the register, nothing was started:", doors=missing)
    stage.leads = {grid: stage.tokens.lead(grid) for grid in sorted({home.grid for home in stage.homes})}
    stage.counts.households = len(stage.homes)


def at_most(row: int, basket: dict[str, int]) -> dict[str, int]:
    """Return what a household takes at most: the same in every replay of a baskets file."""
    if row % WILLING:
        return {}
    found = ((sku, min(quantity + MORE, MOST_UNITS_A_LINE)) for sku, quantity in list(basket.items())[:1])
    return {sku: most for sku, most in found if most > basket[sku]}


def open_cycle(stage: Stage) -> None:
    """Open a cycle of the play's own, once: after a lost answer it is known by being newer than all before."""
    stage.progress.start("opening a cycle")
    state = stage.state
    if state.newest_before < 0:
        state.newest_before = max((cycle["number"] for cycle in _cycles(stage)), default=0)
        state.delivery_on = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011  (the reader's own day)
        state.save()
    for _ in range(TRIES):
        newer = [cycle["id"] for cycle in _cycles(stage) if cycle["number"] > state.newest_before]
        try:
            wanted = {"delivery_on": state.delivery_on}
            opened = newer[-1] if newer else stage.api.must_once(stage.coordinator, "POST", "/cycles", wanted)["id"]
        except LostAnswerError:
            continue
        state.cycle = opened
        state.save()
        return
    raise ServerAwayError("the cycle could not be opened")


def publish_menus(stage: Stage) -> None:
    """Publish a menu in each grid whose caps and quantities admit every basket of the grid."""
    published = {menu["grid"] for menu in _menus(stage) if menu["state"] != "draft"}
    stage.together("publishing menus", lambda grid: _publish(stage, grid), sorted(set(stage.leads) - published))


def place_orders(stage: Stage) -> None:
    """Put every household's basket: most by the household itself, some by the grid lead for somebody."""
    menus = {menu["grid"]: _items(stage, menu["id"]) for menu in _menus(stage)}
    own = stage.tokens.residents(home.id for home in stage.homes)
    numbered = list(enumerate(stage.homes, start=1))
    taken = stage.together(
        "taking orders", lambda entry: _order(stage, menus[entry[1].grid], entry[1], entry[0], own), numbered
    )
    stage.counts.refused_sold_out = taken.count(False)
    count_orders(stage)


def count_orders(stage: Stage) -> None:
    """Count the orders, lines and units that the server has of the cycle."""
    found = stage.api.pages(stage.coordinator, f"/cycles/{stage.cycle}/orders")
    quantities = [[line["quantity"] for line in order["lines"]] for order in found if order["state"] == "placed"]
    stage.counts.orders = len(quantities)
    stage.counts.lines = sum(len(lines) for lines in quantities)
    stage.counts.units = sum(sum(lines) for lines in quantities)


def decline_for_some(stage: Stage) -> None:
    """Let a few households of each grid say that they need nothing; the rest stays on the call list."""
    declining = [
        (grid, household) for grid in stage.leads for household in stage.others.get(grid, [])[:DECLINING_A_GRID]
    ]
    stage.together(
        "noting who needs nothing",
        lambda one: stage.api.must(stage.leads[one[0]], "PUT", f"/cycles/{stage.cycle}/households/{one[1]}/declined"),
        declining,
    )


def close_menus(stage: Stage) -> None:
    """Close every menu and wait until the worker has numbered the orders and written the purchase orders."""
    stage.together(
        "closing menus",
        lambda menu: stage.api.must(stage.leads[menu["grid"]], "POST", f"/menus/{menu['id']}/close"),
        _menus(stage),
    )
    stage.wait_for("the purchase orders", lambda: cycle(stage)["state"] != "ordering")


def cycle(stage: Stage) -> Any:
    """Return the play's cycle as it stands."""
    return stage.api.get(stage.coordinator, f"/cycles/{stage.cycle}")


def _cycles(stage: Stage) -> list[Any]:
    return list(stage.api.pages(stage.coordinator, "/cycles"))


def _menus(stage: Stage) -> list[Any]:
    found = stage.api.pages(stage.coordinator, "/menus", cycle=stage.cycle)
    return [menu for menu in found if menu["grid"] in stage.leads]


def _publish(stage: Stage, grid: int) -> None:
    baskets = [home.basket for home in stage.homes if home.grid == grid]
    wanted: Counter[str] = Counter()
    most: dict[str, int] = {}
    for basket in baskets:
        wanted.update(basket)
        most |= {sku: max(quantity + MORE, most.get(sku, 0)) for sku, quantity in basket.items()}
    now = datetime.now(UTC)
    menu = {
        "opens_at": (now - timedelta(minutes=5)).isoformat(),
        "cutoff_at": (now + timedelta(days=1)).isoformat(),
        "ways": ["online", "on_delivery"] if stage.payer else ["on_delivery"],
        "items": [{"sku": sku, "offered": wanted[sku], "cap": most[sku]} for sku in sorted(wanted)],
    }
    lead = stage.leads[grid]
    menu_id = stage.api.must(lead, "PUT", f"/cycles/{stage.cycle}/menus/{grid}", menu)["id"]
    stage.api.advance(
        lead, f"/menus/{menu_id}/publish", reached=lambda: stage.api.get(lead, f"/menus/{menu_id}")["state"] != "draft"
    )


def _items(stage: Stage, menu_id: int) -> GridMenu:
    menu = stage.api.get(stage.coordinator, f"/menus/{menu_id}")
    return GridMenu(menu_id, {item["sku"]: MenuItem(item["id"], item["price_fen"]) for item in menu["items"]})


def _order(stage: Stage, menu: GridMenu, home: Home, number: int, own: dict[int, str]) -> bool:
    """Put one basket and tell whether it was taken. Repeating it is harmless: an equal one stays as it is."""
    lines = [
        {"item": menu.items[sku].id, "quantity": quantity, "most": home.most.get(sku)}
        for sku, quantity in home.basket.items()
    ]
    total = sum(menu.items[sku].price_fen * quantity for sku, quantity in home.basket.items())
    body: dict[str, object] = {"lines": lines, "total_fen": total}
    if number % BY_PHONE:
        token, path = own[home.id], f"/menus/{menu.id}/order"
    else:
        token, path = stage.leads[home.grid], f"/menus/{menu.id}/households/{home.id}/order"
        body["channel"] = "phone"
    answer = stage.api.call(token, "PUT", path, body, If_None_Match="*")
    if answer.code == SOLD_OUT:
        return False
    accepted(answer, "PUT", path)
    return True
