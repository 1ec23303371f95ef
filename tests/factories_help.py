"""Makes what tests of help requests need: a grid with people, and a request of a kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import current_app

from supplyhub.db import execute, transaction
from supplyhub.help.commands import open_request
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.people.states import Role
from tests.factories import (
    a_badge,
    a_building,
    a_community,
    a_grid,
    a_household,
    an_account,
    asking,
    in_one_go,
)

if TYPE_CHECKING:
    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.places.models import Community, Grid
    from supplyhub.residents.models import Household

MEDICINE = {"name": "硝苯地平片", "amount": "两盒", "pharmacy": "协和药房", "kept_cool": True}
FACTS: dict[HelpKind, dict[str, Any]] = {
    HelpKind.MEDICINE: MEDICINE,
    HelpKind.TRANSPORT: {"from_kind": "home", "to_kind": "hospital"},
    HelpKind.ERRAND: {"errand": "gas_card"},
    HelpKind.WISH: {"topic": "company"},
    HelpKind.COMPLAINT: {"trouble": "missing"},
}


@dataclass
class Side:
    """A grid with two households, a lead and a volunteer."""

    grid: Grid
    homes: list[Household]
    lead: Asker
    volunteer: Asker

    @property
    def resident(self) -> Asker:
        """Return the asker of the first household."""
        return asking(self.homes[0].account_id)


@dataclass
class HelpWorld:
    """A community of two grids."""

    community: Community = field(default_factory=a_community)

    def __post_init__(self) -> None:
        """Make its people."""
        with in_one_go():
            self.coordinator_id = an_account(self.community, Role.COORDINATOR).id
            self.depot_id = an_account(self.community, Role.DEPOT).id
        self.here = self._side(1)
        self.there = self._side(2)
        self.coordinator = asking(self.coordinator_id)
        self.depot = asking(self.depot_id)

    def _side(self, number: int) -> Side:
        with in_one_go():
            grid = a_grid(self.community, number)
            building = a_building(grid)
            homes = [a_household(building), a_household(building)]
            lead = an_account(self.community, Role.GRID_LEAD, grid=grid).id
            badge = a_badge(grid)
        return Side(grid, homes, asking(lead), asking(badge.account_id))

    @property
    def vault(self) -> Vault:
        """Return the installation's vault."""
        found: Vault = current_app.extensions["vault"]
        return found

    def request(self, kind: HelpKind = HelpKind.ERRAND, *, asker: Asker | None = None, **values: Any) -> str:
        """Open a request, by default the first household's, and return its code."""
        asker = asker or self.here.resident
        by_itself = asker.role == Role.RESIDENT
        given: dict[str, Any] = {
            "key": uuid4(),
            "kind": kind,
            "channel": HelpChannel.WEB if by_itself else HelpChannel.PHONE,
            "text": "请帮帮忙",
            "facts": FACTS.get(kind, {}),
            "household_id": None if by_itself else self.here.homes[0].id,
            "vault": self.vault,
        }
        return open_request(asker, **(given | values))


def hours_pass(hours: int) -> None:
    """Let time pass for every request there is."""
    with transaction():
        for column in ("opened_at", "due_at", "ended_at", "overdue_seen_at"):
            execute(f"UPDATE help_request SET {column} = {column} - make_interval(hours => :h)", h=hours)


def _jpeg() -> bytes:
    """Return the smallest picture that counts as one."""
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\x34"
    return b"\xff\xd8\xff\xdb\x00\x04\x00\x01" + scan + b"\xff\xd9"


PHOTO = _jpeg()
