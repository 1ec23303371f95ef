"""Who is there in the demo: duty cards, hours of delivery points, a roster of shifts, a donation; names are placeholders."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from supplyhub.db import rows
from supplyhub.depot.commands import Goods, Sender, accept
from supplyhub.depot.states import LotPurpose, ReceiptKind
from supplyhub.people.duty import add_line, lines_of
from supplyhub.people.roster import places_of, plan_shift
from supplyhub.people.states import DutyTitle
from supplyhub.places.hours import WEEK_DAYS, Opening, points_with_hours, set_hours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplyhub.crypto import Vault
    from supplyhub.demo.cycles import Actors
    from supplyhub.people.asker import Asker

# After the grid's lead: nobody is called that, and the numbers are those that nobody has.
ON_THE_CARD = (
    (DutyTitle.LIAISON, "联络员甲"),
    (DutyTitle.DOCTOR, "医生乙"),
    (DutyTitle.POLICE, "民警丙"),
    (DutyTitle.PROPERTY, "物业丁"),
)
MORNING, EVENING = (time(9), time(12)), (time(14), time(19))
WEEKEND = (6, 7)
# Day and night change at eight.
BEGINS, SHIFT = time(8), timedelta(hours=12)
SHIFTS = 4
DONOR, DONATED = "示例爱心企业", (("G002", 60), ("G003", 40))


def write_cards(actors: Actors, *, vault: Vault) -> None:
    """Give each grid a duty card. Safe to repeat."""
    for number, lead in actors.leads.items():
        written = len(lines_of(lead.grid(), vault=vault))
        lines = ((DutyTitle.LEAD, lead.display_name), *ON_THE_CARD)
        for place, (title, name) in enumerate(lines[written:], start=written):
            phone = f"1990000{number:02}{place:02}"
            add_line(lead, number, title=title, name=name, phone=phone, vault=vault)


def open_points(community_id: int) -> None:
    """Say when delivery points are open: mornings, and afternoons but for the weekend."""
    openings = [
        Opening(day, *span) for day in WEEK_DAYS for span in ((MORNING,) if day in WEEKEND else (MORNING, EVENING))
    ]
    for point in points_with_hours(community_id):
        if not point.openings:
            set_hours(community_id, point.id, openings)


def plan_roster(actors: Actors, volunteers: Mapping[int, list[Asker]], *, now: datetime) -> None:
    """Put somebody on duty at each place, from the shift that runs now on. Safe to repeat within it."""
    start = _running(now)
    for place in places_of(actors.coordinator):
        people = _people(actors, volunteers, place.kind, place.name)
        for number in range(SHIFTS):
            begins = start + number * SHIFT
            # Two take turns; alone one rests in between.
            for account in people[number % 2 : number % 2 + 1]:
                plan_shift(actors.coordinator, account, place, starts_at=begins, ends_at=begins + SHIFT)


def _running(now: datetime) -> datetime:
    """Return when the shift began that runs now."""
    first = now.replace(hour=BEGINS.hour, minute=0, second=0, microsecond=0)
    return first + SHIFT * ((now - first) // SHIFT)


def _people(actors: Actors, volunteers: Mapping[int, list[Asker]], kind: str, name: str) -> list[int]:
    """Return who takes turns at a place."""
    if kind == "grid":
        return [actors.leads[int(name)].account_id, *(each.account_id for each in volunteers[int(name)][:1])]
    if kind == "depot":
        return [actors.depot.account_id]
    staff = rows(
        "SELECT a.id FROM account AS a JOIN delivery_point AS p ON p.id = a.delivery_point_id"
        " WHERE a.community_id = :community AND p.name = :point AND a.active ORDER BY a.id",
        community=actors.coordinator.community_id,
        point=name,
    )
    return [each.id for each in staff]


def take_donation(depot: Asker, cycle_id: int) -> None:
    """Let the depot take in what somebody gave for the care register: packs can be made of it. Safe to repeat."""
    accept(
        depot,
        cycle_id=cycle_id,
        delivery_note=f"AX-{cycle_id:04d}",
        sender=Sender(ReceiptKind.DONATION, DONOR, LotPurpose.CARE),
        goods=[Goods(sku, units) for sku, units in DONATED],
    )
