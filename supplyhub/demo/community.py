"""Who and where: the register and the offers from files, staff and volunteers (made-up names)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.catalog.importing import import_offers
from supplyhub.catalog.spelling import spell_names
from supplyhub.config import PACKAGE
from supplyhub.demo.settling import drain
from supplyhub.people.commands import create_account, staff_account, take_on_volunteer
from supplyhub.people.states import Role
from supplyhub.places.commands import ensure_community, set_zone_level
from supplyhub.places.depot_place import place_depot
from supplyhub.places.queries import grid_numbered, points_of
from supplyhub.places.states import ZoneLevel
from supplyhub.residents.importing import NamedFile, RegisterFiles, import_register

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

NAME = "梧桐社区"
DATA = PACKAGE / "demo_data"
LEADS = {1: "陈秀兰", 2: "林国强", 3: "王美凤", 4: "黄志明", 5: "吴丽华", 6: "张建平", 7: "刘小燕"}
# On the little square between the grids 2 to 5.
DEPOT_AT = "14.40270, 50.10282"
POINT_STAFF = ("老周", "老吴", "老郑")
VOLUNTEERS = {
    1: ("李晓东", "蔡文静", "周海涛"),
    2: ("郑佳怡", "许伟"),
    3: ("何俊杰", "谢雨欣", "罗斌"),
    4: ("苏婷婷", "叶振华"),
    5: ("方志远", "邓慧敏", "曹磊"),
    6: ("潘海燕", "余鹏飞"),
    7: ("杜明辉", "钟雅琴"),
}


def load(app: Flask, *, say: Callable[[str], None]) -> int:
    """Load everything but the cycles and return the community's id. Safe to repeat."""
    settings, vault = app.extensions["settings"], app.extensions["vault"]
    found = ensure_community(timezone=settings.timezone, name=NAME)
    files = RegisterFiles(
        *(_file(name) for name in ("households.csv", "cadastre.geojson", "grids.geojson", "streets.geojson"))
    )
    import_register(found, files, vault=vault)
    import_offers(found, _file("offers.csv").data, file="offers.csv")
    spell_names(found)
    set_zone_level(found, ZoneLevel.LOCKDOWN)
    place_depot(found, DEPOT_AT)
    say("loading the demo community: staff and volunteers")
    _take_on_staff(found)
    drain()
    return found


def _take_on_staff(community_id: int) -> None:
    """Open the accounts that aren't there yet."""
    _ensure(community_id, Role.COORDINATOR, "专班 方主任", login="zhuanban")
    _ensure(community_id, Role.DEPOT, "中转站 老马", login="depot")
    for number, point in enumerate(points_of(community_id), start=1):
        _ensure(
            community_id, Role.DEPOT, POINT_STAFF[(number - 1) % len(POINT_STAFF)], login=f"point{number}", point=point
        )
    for grid, name in LEADS.items():
        _ensure(community_id, Role.GRID_LEAD, name, login=f"grid{grid}", grid=grid)
    for grid, names in VOLUNTEERS.items():
        for number, name in enumerate(names, start=1):
            login = f"v{grid}{number}"
            if staff_account(community_id, Role.VOLUNTEER, login=login) is None:
                take_on_volunteer(community_id, name, grid=grid, login=login)


def _ensure(
    community_id: int, role: Role, name: str, *, login: str, grid: int | None = None, point: str | None = None
) -> None:
    if staff_account(community_id, role, login=login) is None:
        grid_id = grid_numbered(community_id, grid) if grid else None
        create_account(community_id, role, name, login=login, grid_id=grid_id, delivery_point=point)


def _file(name: str) -> NamedFile:
    return NamedFile(name, (DATA / name).read_bytes())
