"""Two cycles of the demo: one at the depot and on the way, one that takes orders until tomorrow evening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from supplyhub.catalog.commands import ItemWanted, Ways, close_menu, open_cycle, publish_menu, save_menu
from supplyhub.db import row, rows, scalar
from supplyhub.demo import helping, shopping, staging
from supplyhub.errors import NotFoundError
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import decline, place_order
from supplyhub.ordering.errors import SoldOutError
from supplyhub.ordering.states import Channel
from supplyhub.people.asker import Asker
from supplyhub.people.commands import staff_account
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_of
from supplyhub.residents.queries import first_household

if TYPE_CHECKING:
    from collections.abc import Callable

UNDER_WAY, TAKING_ORDERS = 1, 2
SHARE_ORDERED = {UNDER_WAY: 0.13, TAKING_ORDERS: 0.4}
# The grid of the demo's own volunteer is small: more of it order, so that there is a ticket to claim.
SHARE_ORDERED_IN_FIRST = 0.5
SHARE_DECLINED = 0.05
# One order in so many is entered by the grid lead for somebody.
BY_LEAD = 9
CUTOFF_HOUR = 20
# Units on offer a household of the grid: some sell out before the cut-off, of some little is left.
PLENTY, SCARCE = 0.6, {"D001": 0.15, "V001": 0.16, "M002": 0.05, "F006": 0.012, "V020": 0.005, "F007": 0.012}
CAPS = {"D001": 1, "G001": 2, "M001": 3, "M003": 2}
USUAL_CAP, FEWEST = 4, 2
# Vegetables, fruit, meat, eggs and milk, grain: the first letter of a SKU.
CATEGORIES = "VFMDG"


@dataclass(frozen=True, slots=True)
class Home:
    """A household that may order: who asks for it, its people, its grid's number."""

    asker: Asker
    household_id: int
    people: int
    grid: int


@dataclass(frozen=True, slots=True)
class Actors:
    """Who does what in the demo; leads by grid number."""

    coordinator: Asker
    depot: Asker
    leads: dict[int, Asker]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The demo's cycles, by id, with who has to do with them and when it was loaded, by its own clock."""

    actors: Actors
    homes: list[Home]
    under_way: int
    taking_orders: int
    now: datetime


def take_no_more_orders(community_id: int) -> bool:
    """Tell whether the demo was loaded by an earlier version, long ago: somebody declined, and the cut-off is over."""
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM declined AS d JOIN cycle AS c ON c.id = d.cycle_id"
            " WHERE c.community_id = :community AND c.number = :number AND c.state <> 'ordering')",
            community=community_id,
            number=TAKING_ORDERS,
        )
    )


def load(community_id: int, *, say: Callable[[str], None], timezone: str, ways: Ways) -> Loaded:
    """Bring both cycles to where the demo shows them. Safe to repeat."""
    actors, homes = find_actors(community_id), find_homes(community_id)
    shown = first_household(community_id)
    now = datetime.now(ZoneInfo(timezone))
    say("loading the demo community: a cycle that is being delivered")
    first = _open(actors, UNDER_WAY, delivery_on_day=now)
    if _state(first) == "ordering":
        _publish(actors, homes, first, opens_at=now - timedelta(hours=1), cutoff_at=now + timedelta(days=1), ways=ways)
        # The household of the demo's own sign-in link shall have something on its way.
        _order(actors, first, [home for home in homes if _draws(home, UNDER_WAY) or home.household_id == shown])
        _close_menus(actors, first)
    staging.bring_to_the_doors(actors.depot, community_id, first)
    say("loading the demo community: a cycle that takes orders")
    evening = (now + timedelta(days=1)).replace(hour=CUTOFF_HOUR, minute=0, second=0, microsecond=0)
    second = _open(actors, TAKING_ORDERS, delivery_on_day=now + timedelta(days=2))
    _publish(actors, homes, second, opens_at=now - timedelta(hours=2), cutoff_at=evening, ways=ways)
    rest = [home for home in homes if home.household_id != shown]
    _order(actors, second, [home for home in rest if _draws(home, TAKING_ORDERS)])
    helping.appoint_anchors(actors.coordinator)
    helping.call_some(actors.leads, second)
    _decline(actors, second, [home for home in rest if not _draws(home, TAKING_ORDERS)])
    return Loaded(actors, homes, first, second, now)


def find_actors(community_id: int) -> Actors:
    """Return the demo's staff as askers. Raises NotFoundError when one is missing."""
    grids = [
        grid.number for grid in rows("SELECT number FROM grid WHERE community_id = :id ORDER BY 1", id=community_id)
    ]
    return Actors(
        coordinator=_asker(staff_account(community_id, Role.COORDINATOR)),
        depot=_asker(staff_account(community_id, Role.DEPOT)),
        leads={grid: _asker(staff_account(community_id, Role.GRID_LEAD, grid=grid)) for grid in grids},
    )


def _asker(account_id: int | None) -> Asker:
    found = asker_of(account_id) if account_id is not None else None
    if found is None:
        raise NotFoundError("an account of the demo community is missing")
    return found


def find_homes(community_id: int) -> list[Home]:
    """Return every household that may order, in walking order."""
    found = rows(
        """
        SELECT h.id, h.account_id, a.display_name, h.people_count, g.number AS grid
        FROM household AS h
        JOIN account AS a ON a.id = h.account_id
        JOIN building AS b ON b.id = h.building_id
        JOIN grid AS g ON g.id = b.grid_id
        WHERE h.community_id = :community AND h.active
        ORDER BY g.number, b.route_position, b.number, b.name, h.unit_number, h.floor, h.door
        """,
        community=community_id,
    )
    return [
        Home(
            Asker(home.account_id, community_id, Role.RESIDENT, home.display_name, household_id=home.id),
            home.id,
            home.people_count,
            home.grid,
        )
        for home in found
    ]


def _draws(home: Home, cycle_number: int) -> bool:
    first = home.grid == 1 and cycle_number == UNDER_WAY
    return _random(home, cycle_number).random() < (SHARE_ORDERED_IN_FIRST if first else SHARE_ORDERED[cycle_number])


def _random(home: Home, cycle_number: int) -> Random:
    return Random(f"{cycle_number}/{home.household_id}")  # noqa: S311  (a demo, no secret)


def _open(actors: Actors, number: int, *, delivery_on_day: datetime) -> int:
    found = scalar(
        "SELECT id FROM cycle WHERE community_id = :community AND number = :number",
        community=actors.coordinator.community_id,
        number=number,
    )
    return int(found) if found else open_cycle(actors.coordinator, delivery_on=delivery_on_day.date())


def _state(cycle_id: int) -> str:
    return str(scalar("SELECT state FROM cycle WHERE id = :id", id=cycle_id))


def _publish(
    actors: Actors, homes: list[Home], cycle_id: int, *, opens_at: datetime, cutoff_at: datetime, ways: Ways
) -> None:
    """Publish a menu of every offer in each grid that has none yet."""
    skus = [
        offer.sku
        for offer in rows(
            "SELECT p.sku FROM offer AS o JOIN product AS p ON p.id = o.product_id"
            " WHERE p.community_id = :community AND o.active ORDER BY p.category, p.sku",
            community=actors.coordinator.community_id,
        )
    ]
    skus.sort(key=lambda sku: CATEGORIES.find(sku[0]))
    for grid, lead in actors.leads.items():
        menu = _menu(cycle_id, grid)
        if menu is None or menu[1] == "draft":
            households = sum(home.grid == grid for home in homes)
            items = [
                ItemWanted(
                    sku=sku,
                    offered=max(FEWEST, round(households * SCARCE.get(sku, PLENTY))),
                    cap=CAPS.get(sku, USUAL_CAP),
                )
                for sku in skus
            ]
            saved = save_menu(
                lead,
                cycle_id=cycle_id,
                grid_number=grid,
                opens_at=opens_at,
                cutoff_at=cutoff_at,
                items=items,
                ways=ways,
            )
            publish_menu(lead, saved)


def _menu(cycle_id: int, grid: int) -> tuple[int, str] | None:
    found = row(
        "SELECT m.id, m.state FROM menu AS m JOIN grid AS g ON g.id = m.grid_id WHERE m.cycle_id = :cycle AND g.number = :grid",
        cycle=cycle_id,
        grid=grid,
    )
    return (found.id, found.state) if found else None


@dataclass(frozen=True, slots=True)
class Prices:
    """A published menu: item ids, prices and caps by SKU."""

    menu_id: int
    items: dict[str, int]
    prices: dict[str, int]
    caps: dict[str, int]


def _prices(cycle_id: int, grid: int) -> Prices | None:
    """Return the menu while it takes orders, else None."""
    menu = _menu(cycle_id, grid)
    if menu is None or menu[1] != "published":
        return None
    items = rows(
        "SELECT i.id, p.sku, i.price_fen, i.cap FROM menu_item AS i JOIN offer AS o ON o.id = i.offer_id"
        " JOIN product AS p ON p.id = o.product_id WHERE i.menu_id = :menu ORDER BY p.sku",
        menu=menu[0],
    )
    return Prices(
        menu[0],
        {item.sku: item.id for item in items},
        {item.sku: item.price_fen for item in items},
        {item.sku: item.cap for item in items},
    )


def _order(actors: Actors, cycle_id: int, homes: list[Home]) -> None:
    number = int(scalar("SELECT number FROM cycle WHERE id = :id", id=cycle_id))
    menus = {grid: _prices(cycle_id, grid) for grid in actors.leads}
    # Before an interruption: what was sold out then is left out of these.
    ordered = {order.household_id for order in rows("SELECT household_id FROM orders WHERE cycle_id = :c", c=cycle_id)}
    for place, home in enumerate(homes):
        menu = menus[home.grid]
        if menu is None or home.household_id in ordered:
            continue
        draw = _random(home, number)
        draw.random()
        wanted = shopping.basket(draw, list(menu.items), people=home.people)
        by_lead = place % BY_LEAD == 0
        asker = actors.leads[home.grid] if by_lead else home.asker
        channel = draw.choice((Channel.PHONE, Channel.DOORSTEP, Channel.RELAY)) if by_lead else Channel.WEB
        most = shopping.at_most(place, wanted, menu.caps)
        _place(asker, home, menu, wanted, most, note=shopping.note(draw), channel=channel)


def _place(
    asker: Asker,
    home: Home,
    menu: Prices,
    wanted: dict[str, int],
    most: dict[str, int],
    *,
    note: str,
    channel: Channel,
) -> None:
    """Order what is still there: what is sold out is left out at the second try."""
    while wanted:
        lines = [Line(menu.items[sku], units, most=most.get(sku)) for sku, units in wanted.items()]
        total = sum(menu.prices[sku] * units for sku, units in wanted.items())
        try:
            place_order(
                asker,
                menu_id=menu.menu_id,
                household_id=home.household_id,
                expected=None,
                lines=lines,
                total_fen=total,
                note=note,
                channel=channel,
            )
        except SoldOutError as error:
            gone = {short["item"] for name in ("sold_out", "over_cap") for short in error.data[name]}  # type: ignore[attr-defined]
            wanted = {sku: units for sku, units in wanted.items() if menu.items[sku] not in gone}
        else:
            return


def _close_menus(actors: Actors, cycle_id: int) -> None:
    for grid, lead in actors.leads.items():
        menu = _menu(cycle_id, grid)
        if menu:
            close_menu(lead, menu[0])


def _decline(actors: Actors, cycle_id: int, homes: list[Home]) -> None:
    for home in homes:
        if _random(home, -cycle_id).random() < SHARE_DECLINED:
            decline(actors.leads[home.grid], cycle_id=cycle_id, household_id=home.household_id)
