"""The stops about the care register: entering, opening, calls, the standing volunteer's people, a household's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.residents.care import NewCase, arrange_case, name_keeper_of_grid, open_case, write_case
from supplyhub.residents.care_checks import finish_check, plan_check
from supplyhub.residents.care_consents import give_consent
from supplyhub.residents.care_queries import cases_for
from supplyhub.residents.care_reading import read_case
from supplyhub.residents.care_standing import appoint_volunteer
from supplyhub.residents.needs import say_needs
from supplyhub.residents.states import AccessPurpose, CareCategory, CheckOutcome, ConsentPurpose, DoorNeed
from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene

GRID = 3
NOTE = "降压药每天早上一粒，药盒在冰箱上。女儿在外地，晚上打得通。"


def about_care(scene: Scene) -> Iterator[Stop]:
    """A lead keeps the entries of the grid; calls are due, somebody looks after two households, one reads its own page."""
    lead, home = scene.leads[GRID], scene.homes(GRID)[11]
    yield Stop("care-register-kept-by-nobody", "coordinator", f"/care?grid={GRID}&part=no_keeper")
    yield Stop("care-own-none", f"resident:{home}", "/household/care")
    yield Stop("care-new", f"gridlead:{GRID}", f"/care/new/{home}")
    yield Stop("care-new-faulty", f"gridlead:{GRID}", f"/care/new/{home}", "send-empty")
    name_keeper_of_grid(scene.coordinator, lead.grid(), lead.account_id)
    own = open_case(lead, home, NewCase({CareCategory.PREGNANT_OR_INFANT}, NOTE), vault=scene.vault)
    yield Stop("care-case-not-asked", f"gridlead:{GRID}", f"/care/{own}")
    entries = agree_to_all(scene, own)
    yield Stop("care-register", f"gridlead:{GRID}", "/care")
    yield Stop("care-register-all", "coordinator", "/care")
    yield Stop("care-find", f"gridlead:{GRID}", "/care/new")
    yield Stop("care-case", f"gridlead:{GRID}", f"/care/{entries[0]}")
    yield Stop("care-case-coordinator", "coordinator", f"/care/{entries[0]}")
    yield Stop("care-open", f"gridlead:{GRID}", f"/care/{entries[0]}", "open-entry")
    yield Stop("care-calls", f"gridlead:{GRID}", "/care/calls")
    check = scalar("SELECT id FROM care_check WHERE case_id = :case AND done_at IS NULL", case=entries[1])
    yield Stop("care-ask", f"gridlead:{GRID}", f"/care/calls/{check}/needs_something?kind=medicine")
    yield Stop("care-mine", f"volunteer:{GRID}", "/care/mine")
    yield Stop("care-mine-none", "volunteer:4", "/care/mine")
    yield Stop("care-own", f"resident:{home}", "/household/care")


def agree_to_all(scene: Scene, own: int) -> list[int]:
    """Let some households agree, some calls be late and one have been made, one entry be read; return the entries."""
    lead = scene.leads[GRID]
    badge = scalar("SELECT code FROM badge WHERE id = :id", id=scene.volunteers[GRID].badge_id)
    entries = [own, *(entry.id for entry in cases_for(lead) if entry.id != own)][:5]
    for place, case in enumerate(entries):
        for purpose in list(ConsentPurpose)[: 5 - place]:
            give_consent(lead, case, purpose)
        arrange_case(lead, case, priority=1 + place % 2, check_every_days=3)
    for case in entries[:2]:
        appoint_volunteer(lead, case, badge)
    home = scalar("SELECT household_id FROM care_case WHERE id = :case", case=own)
    say_needs(lead, home, [DoorNeed.CALL_FIRST, DoorNeed.NO_STAIRS])
    write_case(lead, own, categories={CareCategory.PREGNANT_OR_INFANT}, note=NOTE, vault=scene.vault)
    read_case(scene.coordinator, own, purpose=AccessPurpose.CARE_PACK, vault=scene.vault)
    (made,) = rows("SELECT id FROM care_check WHERE case_id = :case", case=own)
    finish_check(lead, made.id, CheckOutcome.FINE)
    plan_check(lead, own, scalar("SELECT CAST(now() AT TIME ZONE 'Asia/Shanghai' AS date)"))
    with transaction():
        execute("UPDATE care_check SET due_on = due_on - 2 WHERE case_id = :case AND done_at IS NULL", case=entries[2])
    return entries
