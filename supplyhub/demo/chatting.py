"""Robots of chat groups for the demo community; only where a stand-in plays them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub import outbox
from supplyhub.catalog.events import MenuOpened
from supplyhub.db import rows, scalar, transaction
from supplyhub.demo import community
from supplyhub.notifications.channels import add_robot
from supplyhub.people.commands import staff_account
from supplyhub.people.states import Role
from supplyhub.places.grid_names import numeral
from supplyhub.places.queries import find_community, grids_numbered
from supplyhub.residents.asking import asker_of

if TYPE_CHECKING:
    from flask import Flask


def load(app: Flask) -> bool:
    """Give each grid's group, and the community's, a robot, unless there ever was one; tell them of the open menus."""
    with app.app_context():
        found = find_community(community.NAME)
        office = staff_account(found, Role.COORDINATOR) if found else None
        asker = asker_of(office) if office else None
        if asker is None or scalar("SELECT count(*) FROM channel WHERE kind = 'robot'"):
            return False
        groups: list[tuple[str, str, int | None]] = [("quan-shequ", "社区工作群", None)]
        groups += [
            (f"wangge-{grid}", f"{numeral(grid)}网格邻里群", grid) for grid in grids_numbered(asker.community_id)
        ]
        for key, label, grid in groups:
            add_robot(
                asker,
                f"wecombot://{key}",
                label=label,
                grid=grid,
                language="zh",
                vault=app.extensions["vault"],
                hosts=(),
            )
        with transaction():
            outbox.record_all(MenuOpened(menu.id) for menu in rows("SELECT id FROM menu WHERE state = 'published'"))
        return True
