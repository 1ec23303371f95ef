"""The care register in the demo: keepers, made-up notes, consents, check-in calls that are due, two standing volunteers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import scalar
from supplyhub.demo.cycles import find_actors
from supplyhub.demo.staging import find_volunteers
from supplyhub.residents.care import NewCase, arrange_case, name_keeper_of_grid, open_case, write_case
from supplyhub.residents.care_checks import due_checks, finish_check
from supplyhub.residents.care_consents import give_consent
from supplyhub.residents.care_queries import cases_for, live_case_of
from supplyhub.residents.care_reading import read_case, reads_of
from supplyhub.residents.care_standing import appoint_volunteer
from supplyhub.residents.needs import needs_of, say_needs
from supplyhub.residents.queries import first_household
from supplyhub.residents.states import AccessPurpose, CareCategory, CheckOutcome, ConsentPurpose, DoorNeed

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.crypto import Vault
    from supplyhub.demo.cycles import Actors
    from supplyhub.people.asker import Asker

# Grids whose lead keeps the entries, and grids whose entries nobody keeps yet.
KEPT_GRIDS = (1, 2, 3)
# Days: what was called comes again within these.
LOOKED_AHEAD = 8
ALL = tuple(ConsentPurpose)
CALLS = (ConsentPurpose.REGISTER, ConsentPurpose.CHECK_CALLS)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the demo makes of one entry of a grid, in walking order. `volunteer`: which of the grid's looks after it."""

    consents: tuple[ConsentPurpose, ...]
    priority: int = 2
    every_days: int | None = None
    note: str = ""
    needs: tuple[DoorNeed, ...] = ()
    volunteer: int | None = None


WISHES = (
    Wish(ALL, 1, 3, "降压药每天早上一粒，药盒在冰箱上。女儿在外地，晚上打得通。", (DoorNeed.CALL_FIRST,), 0),
    Wish(ALL, 2, 7, "耳朵不好，电话多响几声；敲门要用力。", (DoorNeed.NO_STAIRS,), 1),
    Wish(CALLS, 1, 2),
    Wish((*CALLS, ConsentPurpose.CARE_PACKS), 2, 7),
)
# The household of the demo's own sign-in link.
SHOWN = NewCase({CareCategory.PREGNANT_OR_INFANT}, "宝宝四个月，喝二段奶粉；夜里别敲门。", check_every_days=7)


def load(community_id: int, *, vault: Vault) -> None:
    """Bring the care register to where the demo shows it. Safe to repeat."""
    actors, volunteers = find_actors(community_id), find_volunteers(community_id)
    home = first_household(community_id)
    if home is not None:
        _show(actors, home, vault)
    for grid in KEPT_GRIDS:
        lead = actors.leads[grid]
        name_keeper_of_grid(actors.coordinator, lead.grid(), lead.account_id)
        others = [entry for entry in cases_for(lead) if entry.household_id != home]
        for entry, wish in zip(others, WISHES, strict=False):
            _follow(lead, entry, wish, volunteers[grid] if grid == KEPT_GRIDS[0] else [], vault)


def _show(actors: Actors, home: int, vault: Vault) -> None:
    """Put the shown household in, which agreed to everything but a volunteer, and let a coordinator have read it."""
    lead = actors.leads[1]
    case = live_case_of(lead, home) or open_case(lead, home, SHOWN, vault=vault)
    for purpose in ALL:
        if purpose != ConsentPurpose.STANDING_VOLUNTEER:
            give_consent(lead, case, purpose)
    if not reads_of(lead, case):
        read_case(actors.coordinator, case, purpose=AccessPurpose.CARE_PACK, vault=vault)


def _follow(lead: Asker, entry: Row[Any], wish: Wish, volunteers: list[Asker], vault: Vault) -> None:
    for purpose in wish.consents:
        give_consent(lead, entry.id, purpose)
    arrange_case(lead, entry.id, priority=wish.priority, check_every_days=wish.every_days)
    if wish.needs and not needs_of(lead, entry.household_id):
        say_needs(lead, entry.household_id, wish.needs)
    if wish.note and not reads_of(lead, entry.id):
        said = read_case(lead, entry.id, purpose=AccessPurpose.REVIEW, vault=vault)
        write_case(lead, entry.id, categories=said.categories, note=wish.note, vault=vault)
    if wish.volunteer is not None and volunteers:
        appoint_volunteer(lead, entry.id, _badge_code(volunteers[wish.volunteer]))


def call_first(actors: Actors) -> None:
    """Let each lead have called the first of today's list; the others wait. Safe to repeat."""
    for grid in KEPT_GRIDS:
        lead = actors.leads[grid]
        planned = due_checks(lead, ahead=LOOKED_AHEAD)
        if planned and all(check.last_done_at is None for check in planned):
            finish_check(lead, planned[0].check_id, CheckOutcome.FINE)


def _badge_code(volunteer: Asker) -> str:
    return str(scalar("SELECT code FROM badge WHERE id = :id", id=volunteer.badge()))
