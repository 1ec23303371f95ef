"""Makes what a test needs, committed; every argument but the one that matters may be left out."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from supplyhub.catalog.models import Cycle, CycleBuilding, Menu, MenuItem, Offer, Platform, Product
from supplyhub.catalog.states import MenuState
from supplyhub.crypto import token_hash
from supplyhub.db import Base, db
from supplyhub.people.models import Account, ApiToken, Badge, Training
from supplyhub.people.states import Role
from supplyhub.places.grid_names import grid_in_chinese
from supplyhub.places.models import Building, Community, DeliveryPoint, Depot, Grid, MicroGrid
from supplyhub.residents.asking import asker_of
from supplyhub.residents.models import AnchorHousehold, CareCase, Household, HouseholdDevice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supplyhub.people.asker import Asker

Row = TypeVar("Row", bound=Base)


class Numbers:
    """Numbers of which each comes once in a test; small ones are left to tests that want a certain one."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew: what a test makes has the same numbers whatever ran before it, and none has too many digits."""
        self._left = itertools.count(101)

    def __next__(self) -> int:
        """Return the next one."""
        return next(self._left)


NUMBERS = Numbers()
DELIVERY_DAY = date(2026, 4, 12)


class _Written:
    """How many callers, one inside the other, see to the commit."""

    by = 0


@contextmanager
def in_one_go() -> Iterator[None]:
    """Commit what factories make in here once, at its end. No command may run in it: that begins with a rollback."""
    _Written.by += 1
    try:
        yield
    finally:
        _Written.by -= 1
    write()


def write() -> None:
    """Commit what was made. What is held stays as it is, instead of being read anew row by row."""
    if _Written.by:
        db.session.flush()
        return
    session = db.session()
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


def saved(row: Row) -> Row:
    """Write a row and commit."""
    db.session.add(row)
    write()
    return row


@in_one_go()
def a_community(name: str | None = None) -> Community:
    """Return a community with a depot."""
    community = saved(Community(name=name or f"社区{next(NUMBERS)}", timezone="Asia/Shanghai"))
    saved(Depot(community_id=community.id, name="物资暂存中转站"))
    return community


@in_one_go()
def a_grid(community: Community, number: int | None = None, *, delivery_point: str = "东门") -> Grid:
    """Return a grid with one micro-grid and a delivery point."""
    number = number or next(NUMBERS)
    point = db.session.query(DeliveryPoint).filter_by(community_id=community.id, name=delivery_point).one_or_none()
    point = point or saved(DeliveryPoint(community_id=community.id, name=delivery_point))
    grid = saved(
        Grid(community_id=community.id, number=number, name=grid_in_chinese(number), delivery_point_id=point.id)
    )
    saved(MicroGrid(grid_id=grid.id, number=1, name=f"{number}-1小网格"))
    return grid


def a_building(grid: Grid | None, *, community: Community | None = None, number: int | None = None) -> Building:
    """Return a building in a grid; without a grid an unplaced one of the community."""
    number = number or next(NUMBERS)
    community_id = grid.community_id if grid else (community or a_community()).id
    return saved(
        Building(
            community_id=community_id,
            name=f"{number}号楼",
            number=number,
            grid_id=grid.id if grid else None,
            unplaced_reason=None if grid else "no footprint",
        )
    )


@in_one_go()
def a_household(building: Building, *, door: str | None = None, unit: int = 1, active: bool = True) -> Household:
    """Return a door of a building, with the account by which it acts."""
    door = door or f"{next(NUMBERS)}01"
    account = saved(
        Account(community_id=building.community_id, role=Role.RESIDENT, display_name=f"{building.number}-{unit}-{door}")
    )
    return saved(
        Household(
            community_id=building.community_id,
            building_id=building.id,
            account_id=account.id,
            unit=f"{unit}单元",
            unit_number=unit,
            floor=int(door[:-2] or 0),
            door=door,
            people_count=2,
            active=active,
        )
    )


def in_care(household: Household) -> CareCase:
    """Put a household into the care register."""
    return saved(CareCase(household_id=household.id, category_hash=b"category"))


def an_account(community: Community, role: Role, *, grid: Grid | None = None, login: str | None = None) -> Account:
    """Return an account of staff."""
    return saved(
        Account(
            community_id=community.id,
            role=role,
            display_name=f"{role}{next(NUMBERS)}",
            login=login,
            grid_id=grid.id if grid and role == Role.GRID_LEAD else None,
        )
    )


@in_one_go()
def a_badge(grid: Grid, *, account: Account | None = None, number: int | None = None, **values: Any) -> Badge:
    """Return a live badge of a grid and its volunteer."""
    community = db.session.get_one(Community, grid.community_id)
    account = account or an_account(community, Role.VOLUNTEER)
    number = number or next(NUMBERS)
    defaults = {"valid_until": datetime.now(UTC) + timedelta(days=30)}
    code = f"{grid.number}-{number:03d}"
    return saved(Badge(account_id=account.id, grid_id=grid.id, number=number, code=code, **(defaults | values)))


def asking(account_id: int) -> Asker:
    """Return the asker of an account as a request would find it."""
    found = asker_of(account_id)
    assert found is not None
    db.session.rollback()
    return found


def a_token(account_id: int) -> str:
    """Return a bearer token of an account."""
    token = f"token-{account_id}-{next(NUMBERS)}"
    saved(ApiToken(token_hash=token_hash(token), account_id=account_id))
    return token


def bearer(account_id: int) -> dict[str, str]:
    """Return the header that signs an account in to the API."""
    return {"Authorization": f"Bearer {a_token(account_id)}"}


@in_one_go()
def an_offer(community: Community, *, sku: str | None = None, case_size: int = 10, platform: str = "甲") -> Offer:
    """Return an active offer of a product."""
    number = next(NUMBERS)
    source = db.session.query(Platform).filter_by(community_id=community.id, name=platform).one_or_none()
    source = source or saved(Platform(community_id=community.id, name=platform))
    product = saved(
        Product(
            community_id=community.id,
            sku=sku or f"V{number:03d}",
            name_zh=f"菜{number}",
            name_en=f"Vegetable {number}",
            category="蔬菜",
            unit="份",
            unit_weight_grams=500,
            shelf_life_days=5,
        )
    )
    return saved(Offer(platform_id=source.id, product_id=product.id, cost_fen=300, price_fen=480, case_size=case_size))


@in_one_go()
def a_cycle(community: Community, *, delivery_on: date = DELIVERY_DAY) -> Cycle:
    """Return an open cycle over the buildings as they are placed now."""
    cycle = saved(Cycle(community_id=community.id, number=next(NUMBERS), delivery_on=delivery_on))
    placed = db.session.query(Building).filter(Building.community_id == community.id, Building.grid_id.is_not(None))
    db.session.add_all([CycleBuilding(cycle_id=cycle.id, building_id=b.id, grid_id=b.grid_id) for b in placed])
    write()
    return cycle


def a_menu(cycle: Cycle, grid: Grid, *, state: MenuState = MenuState.PUBLISHED, **values: Any) -> Menu:
    """Return a menu that takes orders now."""
    hours = timedelta(hours=1)
    defaults = {"opens_at": datetime.now(UTC) - hours, "cutoff_at": datetime.now(UTC) + hours}
    return saved(Menu(cycle_id=cycle.id, grid_id=grid.id, state=state, **(defaults | values)))


@in_one_go()
def an_item(menu: Menu, offer: Offer, *, offered: int = 100, cap: int = 10, price_fen: int = 480) -> MenuItem:
    """Return an item of a menu."""
    position = db.session.query(MenuItem).filter_by(menu_id=menu.id).count() + 1
    return saved(
        MenuItem(menu_id=menu.id, offer_id=offer.id, position=position, price_fen=price_fen, offered=offered, cap=cap)
    )


@dataclass
class Shop:
    """A grid with a menu that takes orders: the smallest world in which an order can be placed."""

    community: Community = field(default_factory=a_community)

    @in_one_go()
    def __post_init__(self) -> None:
        """Open it."""
        self.grid = a_grid(self.community)
        self.building = a_building(self.grid)
        self.home = a_household(self.building)
        self.cycle = a_cycle(self.community)
        self.menu = a_menu(self.cycle, self.grid)

    @in_one_go()
    def item(self, **values: Any) -> MenuItem:
        """Put one more item on the menu."""
        return an_item(self.menu, an_offer(self.community), **values)

    def another_home(self) -> Household:
        """Return a neighbour."""
        return a_household(self.building)

    def resident(self, home: Household | None = None) -> Asker:
        """Return the asker of a household, by default the first."""
        return asking((home or self.home).account_id)

    def lead(self) -> Asker:
        """Return a lead of the grid."""
        return asking(an_account(self.community, Role.GRID_LEAD, grid=self.grid).id)

    def coordinator(self) -> Asker:
        """Return a coordinator of the community."""
        return asking(an_account(self.community, Role.COORDINATOR).id)


def a_device(household_id: int, **values: Any) -> HouseholdDevice:
    """Return a phone that is signed in for a household."""
    defaults = {"expires_at": datetime.now(UTC) + timedelta(days=30)}
    return saved(HouseholdDevice(household_id=household_id, **(defaults | values)))


def a_training(account_id: int, topic: str = "上岗培训") -> Training:
    """Record a training of a volunteer, without which nobody gets a badge."""
    return saved(Training(account_id=account_id, topic=topic, trained_on=date(2026, 4, 1), recorded_by=account_id))


def an_anchor(household: Household) -> AnchorHousehold:
    """Return a household as the anchor of its building."""
    by = an_account(db.session.get_one(Community, household.community_id), Role.COORDINATOR).id
    return saved(AnchorHousehold(household_id=household.id, building_id=household.building_id, appointed_by=by))
