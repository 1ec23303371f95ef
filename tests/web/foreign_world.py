"""Two communities: one with something of every kind in its grid 71, the other, and grid 72, of those who have no business there.

Names of grid 71 and what is written there bear one mark, what else is the community's another.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from supplyhub.db import execute, scalar, transaction
from supplyhub.delivery.commands import (
    attach_photo,
    claim_ticket,
    hand_over,
    record_doors,
    record_entries,
)
from supplyhub.delivery.commands.routing import plan_routes
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.depot.commands import note_fault, start_stocktake
from supplyhub.depot.commands.crediting import ask_credit
from supplyhub.depot.commands.faulting import Seen
from supplyhub.depot.states import Fault, Place
from supplyhub.help.commands import add_photo, claim_wish, open_request, post_wish, take_request
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.notifications.channels import add_robot
from supplyhub.ordering.draw.commands import prepare_draw
from supplyhub.payments.rules import Taken
from supplyhub.payments.states import CreditReason, TakingWay
from supplyhub.people.commands import apply_to_volunteer
from supplyhub.people.duty import add_line
from supplyhub.people.states import DutyTitle, Role
from supplyhub.photos.commands import keep_photo
from supplyhub.places.states import ZoneLevel
from supplyhub.reports.daily import make_report
from supplyhub.reports.exporting import ask_for_export, write_export
from supplyhub.reports.states import Exported
from supplyhub.residents.care import NewCase, open_case
from supplyhub.residents.care_reach import today_in
from supplyhub.residents.care_standing import appoint_volunteer
from supplyhub.residents.states import CareCategory, ConsentPurpose
from tests.factories import a_badge, a_device, an_account, an_anchor, asking, bearer
from tests.factories_depot import Side, Town, a_volunteer, stops_of
from tests.factories_help import FACTS, PHOTO
from tests.factories_packs import donate, give
from tests.web.foreign_others import MARKS, mark_goods, of_community, of_side

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.crypto import Vault

OF_GRID, OF_COMMUNITY = "QXMARK71", "QXMARKALL"
# What is written in grid 71, with its mark.
# Not text anywhere but on paper: where a page or a sheet takes it for more, it is seen.
HOSTILE = "=\"'<script>0</script>{{7*7}}"
SAID = f"{HOSTILE}药没了{OF_GRID}"
OF_ITS_PEOPLE = """
SELECT account_id FROM badge WHERE grid_id = :g UNION
SELECT h.account_id FROM household AS h JOIN building AS b ON b.id = h.building_id WHERE b.grid_id = :g"""


class NumberedTown(Town):
    """A town whose grids are numbered from another number than 1."""

    def __init__(self, first: int, **more: Any) -> None:
        self.starts_at = first
        super().__init__(**more)

    def _side(self, number: int, homes: int) -> Side:
        return super()._side(self.starts_at + number - 1, homes)


@dataclass(frozen=True)
class Person:
    """Somebody who asks: by token below /api/, by session elsewhere."""

    name: str
    role: Role
    account: int
    token: dict[str, str]
    device: int | None = None

    def session(self) -> dict[str, Any]:
        """Return what this person's browser keeps."""
        kept = {"_user_id": f"{self.account}.1", "until": time.time() + 3600}
        return kept | ({"device": self.device} if self.device else {})


def person(name: str, role: Role, account: int, *, home: int | None = None) -> Person:
    """Return somebody who is signed in."""
    return Person(name, role, account, bearer(account), a_device(home).id if home else None)


def _one(sql: str, **values: Any) -> Any:
    found = scalar(sql, **values)
    assert found is not None, sql
    return found


class ForeignWorld:
    """Who owns something, who lives next door, who is a stranger; and the ids."""

    def __init__(self, app: Flask) -> None:
        self.vault: Vault = app.extensions["vault"]
        self.town = NumberedTown(71, grids=2, homes=3, skus=("QX71",))
        self.side, self.next_side = self.town.sides
        self.home, self.other_home, self.pack_home = self.side.homes
        self.lead = asking(an_account(self.town.community, Role.GRID_LEAD, grid=self.side.grid).id)
        self.household = asking(self.home.account_id)
        self.volunteer, mate = a_volunteer(self.side), a_volunteer(self.side)
        self.ids: dict[str, Any] = {
            "lead": self.lead.account_id,
            "mate": mate.badge_code,
            "mate_account": mate.asker.account_id,
            "today": today_in(self.town.community.id).isoformat(),
            "late": (datetime.now(UTC) + timedelta(hours=5)).isoformat(),
            "late_here": (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M"),
        }
        self._goods()
        self._streets()
        self._money()
        self._care()
        self._help()
        self._papers()
        self._draw()
        self._next_cycle()
        self._plant()
        self.owners = self._people(self.town, self.side, self.volunteer.asker.account_id, self.lead.account_id)
        self.others: dict[str, dict[str, Any]] = {}
        self.neighbours = self._neighbours()
        self.strangers = self._strangers()
        self._bodies()

    def _goods(self) -> None:
        town = self.town
        receipt = donate(town, QX71=4, donor=f"{HOSTILE}和平粮油店{OF_COMMUNITY}")
        self._packs()
        change_level(town.coordinator, ZoneLevel.NORMAL, grid=72)
        town.everybody_orders(QX71=2)
        with transaction():
            execute("UPDATE order_line SET consent = 'call'")
        town.to_tickets()
        (order,) = town.purchase_orders()
        lot = _one(
            "SELECT l.id FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id WHERE s.place = 'shelf'"
            " ORDER BY s.quantity DESC LIMIT 1"
        )
        photo = keep_photo(town.depot, PHOTO)
        came = _one("SELECT id FROM receipt WHERE purchase_order_id = :o", o=order)
        seen = Seen(Fault.WRONG_ITEM, 1, note=f"{HOSTILE}坏了{OF_COMMUNITY}", photo_id=photo)
        self.ids |= {
            "donation": receipt,
            "purchase_order": order,
            "purchase_line": town.line_of("QX71").id,
            "receipt": came,
            "fault": note_fault(town.depot, came, seen),
            "lot": lot,
            "stocktake": start_stocktake(town.depot, Place.SHELF),
            "batch": town.batch_of(self.side),
            "cycle": town.cycle_id,
            "sku": "QX71",
            "delivered_menu": self._menu(),
            "delivered_item": self.side.items["QX71"].id,
            "product": town.offers["QX71"].product_id,
            "platform": town.offers["QX71"].platform_id,
        }

    def _menu(self) -> int:
        assert self.side.menu is not None
        return self.side.menu.id

    def _packs(self) -> None:
        self.pack_case = open_case(
            self.lead,
            self.pack_home.id,
            NewCase(categories=frozenset({CareCategory.HARDSHIP}), note=SAID, consents=self._agreed()),
            vault=self.vault,
        )
        give(self.town, name=HOSTILE, QX71=2)

    def _agreed(self) -> dict[ConsentPurpose, Any]:
        return dict.fromkeys(ConsentPurpose, today_in(self.town.community.id))

    def _streets(self) -> None:
        plan_routes(self.town.community.id)
        (ticket, *_) = self.town.tickets(self.side)
        claim_ticket(self.volunteer.asker, ticket)
        hand_over(self.town.depot, ticket_code=ticket, badge_code=self.volunteer.badge_code)
        first, second, *_ = stops_of(ticket)
        entry = Entry(uuid4(), second.id, StopOutcome.FAILED, Problem.NOBODY_HOME, datetime.now(UTC))
        record_entries(self.volunteer.asker, ticket_code=ticket, entries=[entry])
        attach_photo(self.volunteer.asker, entry.id, PHOTO)
        self.ids |= {
            "ticket": ticket,
            "stop": first.id,
            "parcel": first.code,
            "parcels": [stop.code for stop in stops_of(ticket)],
            "point_parcel": self.town.codes(self.next_side)[0],
            "point_ticket": self.town.tickets(self.next_side)[0],
            "entry": entry.id,
            "route_version": scalar("SELECT max(version) FROM route WHERE grid_id = :g", g=self.side.grid.id),
            "inbox": _one("SELECT id FROM inbox_item ORDER BY id LIMIT 1"),
            "badge": self.volunteer.badge_code,
            "volunteer": self.volunteer.asker.account_id,
            "anchor": an_anchor(self.other_home).household_id,
        }

    def _money(self) -> None:
        order = _one("SELECT id FROM orders WHERE household_id = :home", home=self.home.id)
        lead = self.lead
        ask_credit(lead, order, amount_fen=300, reason=CreditReason.DAMAGED, note=f"{HOSTILE}少了{OF_GRID}")
        with transaction():
            execute(
                "INSERT INTO refund (order_id, way, amount_fen, reason) VALUES (:o, 'cash', 100, 'surplus')", o=order
            )
            execute(
                "INSERT INTO reconciliation (community_id, from_at, to_at, asked_by)"
                " VALUES (:c, now() - interval '1 day', now(), :by)",
                c=self.town.community.id,
                by=self.town.coordinator.account_id,
            )
        self.ids |= {
            "order": order,
            "credit": _one("SELECT max(id) FROM credit"),
            "refund": _one("SELECT max(id) FROM refund"),
            "reconciliation": _one("SELECT max(id) FROM reconciliation"),
        }

    def _care(self) -> None:
        new = NewCase(
            categories=frozenset({CareCategory.CHRONIC_ILLNESS}), note=SAID, check_every_days=7, consents=self._agreed()
        )
        case = open_case(self.lead, self.home.id, new, vault=self.vault)
        appoint_volunteer(self.lead, case, self.volunteer.badge_code)
        self.ids |= {"case": case, "check": _one("SELECT id FROM care_check WHERE case_id = :c", c=case)}

    def _help(self) -> None:
        codes = {kind: self._request(kind) for kind in (HelpKind.MEDICINE, HelpKind.COMPLAINT, HelpKind.WISH)}
        self.ids |= {"medicine": codes[HelpKind.MEDICINE], "complaint": codes[HelpKind.COMPLAINT]}
        self.ids |= {"wish": codes[HelpKind.WISH], "open_wish": self._request(HelpKind.WISH)}
        self.ids["twin"] = self._request(HelpKind.MEDICINE)
        add_photo(self.household, self.ids["medicine"], PHOTO, vault=self.vault)
        self.ids["photo"] = _one("SELECT max(id) FROM help_photo")
        take_request(self.lead, self.ids["medicine"])
        for wish in ("wish", "open_wish"):
            post_wish(self.lead, self.ids[wish], public_text=SAID)
        claim_wish(self.volunteer.asker, self.ids["wish"])

    def _request(self, kind: HelpKind) -> str:
        return open_request(
            self.household,
            key=uuid4(),
            kind=kind,
            channel=HelpChannel.WEB,
            text=SAID,
            facts=FACTS[kind],
            order_id=self.ids["order"] if kind == HelpKind.COMPLAINT else None,
            vault=self.vault,
        )

    def _papers(self) -> None:
        community, grid, office = self.town.community.id, self.side.grid.number, self.town.coordinator
        add_line(
            self.lead,
            grid,
            title=DutyTitle.LIAISON,
            name=f"{HOSTILE}王{OF_GRID}",
            phone="13900000071",
            vault=self.vault,
        )
        address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000071"
        self.ids["channel"] = add_robot(
            self.lead,
            address,
            label=f"{HOSTILE}群{OF_GRID}",
            grid=grid,
            language="zh",
            vault=self.vault,
            hosts=("qyapi.weixin.qq.com",),
        )
        apply_to_volunteer(
            community, grid=grid, name=f"{HOSTILE}李{OF_GRID}", phone="13900000072", vault=self.vault, by=office
        )
        self._rows(community, office.account_id)
        self.ids["export_job"] = ask_for_export(office, Exported.HOUSEHOLDS)
        write_export(self.ids["export_job"], vault=self.vault)
        self.ids |= {
            "line": _one("SELECT max(id) FROM duty_entry"),
            "application": _one("SELECT id FROM volunteer_application"),
            "point": self.side.grid.delivery_point_id,
            "building": self.side.building.id,
            "household": self.home.id,
            "grid": grid,
        }

    def _rows(self, community: int, by: int) -> None:
        """Write what only workers make."""
        values = {"c": community, "by": by, "cycle": self.town.cycle_id, "batches": json.dumps([self.ids["batch"]])}
        add = {
            "shift": "INSERT INTO roster_shift (community_id, account_id, grid_id, starts_at, ends_at, planned_by) VALUES"
            " (:c, :who, :grid, now() + interval '1 hour', now() + interval '9 hours', :by) RETURNING id",
            "register_import": "INSERT INTO register_import (community_id, account_id, summary) VALUES (:c, :by, '{}')"
            " RETURNING id",
            "register_job": "INSERT INTO register_job (community_id, account_id) VALUES (:c, :by) RETURNING id",
            "print_job": "INSERT INTO print_job (cycle_id, printed, layout, asked_by) VALUES (:cycle, 'parcels', '70x37', :by)"
            " RETURNING id",
        }
        with transaction():
            more = {"who": self.ids["volunteer"], "grid": self.side.grid.id}
            bound = values | more
            for name, statement in add.items():
                needed = {key: value for key, value in bound.items() if f":{key}" in statement}
                self.ids[name] = scalar(statement, **needed)
            execute(
                "INSERT INTO print_file (job_id, number, batches, pieces, pdf) VALUES (:job, 1, CAST(:batches AS jsonb), 3,"
                " 'pdf')",
                job=self.ids["print_job"],
                batches=values["batches"],
            )

    def _draw(self) -> None:
        """Let the menu that was delivered have been a draw."""
        menu = self.ids["delivered_menu"]
        with transaction():
            execute("UPDATE menu SET mode = 'draw', state = 'draft' WHERE id = :menu", menu=menu)
        prepare_draw(self.town.coordinator, menu, vault=self.vault)
        with transaction():
            execute("UPDATE menu SET state = 'closed' WHERE id = :menu", menu=menu)

    def _next_cycle(self) -> None:
        """Open another cycle: with a menu that takes orders."""
        self.town.open_cycle()
        donate(self.town, QX71=4, donor=f"{HOSTILE}和平粮油店{OF_COMMUNITY}")
        self.ids["pack_id"] = give(self.town, name=f"爱心包{OF_COMMUNITY}", QX71=1)
        self.town.order(self.side, self.home, QX71=1)
        self.ids |= {"menu": self._menu(), "item": self.side.items["QX71"].id, "open_cycle": self.town.cycle_id}

    def _plant(self) -> None:
        """Let names bear their marks."""
        with transaction():
            values = {"c": self.town.community.id, "g": self.side.grid.id, "of": OF_GRID, "all": OF_COMMUNITY}
            for statement in (
                "UPDATE badge SET photo_id = (SELECT max(id) FROM photo) WHERE grid_id = :g",
                "UPDATE community SET name = name || :all WHERE id = :c",
                "UPDATE product SET name_zh = name_zh || :all, name_en = name_en || :all WHERE community_id = :c",
                "UPDATE platform SET name = name || :all WHERE community_id = :c",
                "UPDATE delivery_point SET name = name || :all WHERE community_id = :c",
                "UPDATE account SET display_name = display_name || :all WHERE community_id = :c",
                "UPDATE building SET name = name || :of WHERE grid_id = :g",
                "UPDATE grid SET name = name || :of WHERE id = :g",
                "UPDATE micro_grid SET name = name || :of WHERE grid_id = :g",
                f"UPDATE account SET display_name = display_name || :of WHERE grid_id = :g OR id IN ({OF_ITS_PEOPLE})",
            ):
                execute(statement, **{key: value for key, value in values.items() if f":{key}" in statement})

    def _bodies(self) -> None:
        """Tell what else bodies name, and what is the owner's own in another cycle or of another household."""
        self.ids |= {
            **{name: uuid4() for name in ("help_key", "pack_key", "entry_key", "taking_key")},
            "taking": uuid4(),
            "second_stop": stops_of(self.ids["ticket"])[1].id,
            "goods_photo": keep_photo(self.town.depot, PHOTO),
            "pack_home": self.pack_home.id,
            "other_home": self.other_home.id,
            "device": a_device(self.home.id).id,
            "step": 71,
            "crate": _one("SELECT min(code) FROM crate WHERE grid_id = :g", g=self.side.grid.id),
            "next_grid": self.next_side.grid.number,
            "grid_place": f"grid-{self.side.grid.id}",
            "point_name": _one("SELECT name FROM delivery_point WHERE id = :p", p=self.ids["point"]),
            "now": datetime.now(UTC).isoformat(),
            "tomorrow": (today_in(self.town.community.id) + timedelta(days=1)).isoformat(),
        }
        taken = Taken(self.ids["taking"], self.ids["stop"], datetime.now(UTC), TakingWay.CASH, 100, less=True)
        record_doors(self.volunteer.asker, ticket_code=self.ids["ticket"], takings=[taken])
        make_report(self.town.coordinator, today_in(self.town.community.id))
        ids = self.ids
        self.others["past"] = {"menu": ids["delivered_menu"], "item": ids["delivered_item"]}
        self.others["household"] = {"device": a_device(self.other_home.id).id, "household": self.other_home.id}

    def _people(self, town: Town, side: Side, volunteer: int, lead: int) -> dict[Role, Person]:
        home = side.homes[0]
        return {
            Role.COORDINATOR: person("coordinator", Role.COORDINATOR, town.coordinator.account_id),
            Role.DEPOT: person("depot", Role.DEPOT, town.depot.account_id),
            Role.GRID_LEAD: person("lead", Role.GRID_LEAD, lead),
            Role.VOLUNTEER: person("volunteer", Role.VOLUNTEER, volunteer),
            Role.RESIDENT: person("resident", Role.RESIDENT, home.account_id, home=home.id),
        }

    def _neighbours(self) -> dict[Role, Person]:
        side = self.next_side
        lead = an_account(self.town.community, Role.GRID_LEAD, grid=side.grid).id
        people = self._people(self.town, side, a_badge(side.grid).account_id, lead)
        self.others["next"] = of_side(self.town, side, lead, vault=self.vault, mark=MARKS["next"])
        return {role: who for role, who in people.items() if role not in {Role.COORDINATOR, Role.DEPOT}}

    def _strangers(self) -> dict[Role, Person]:
        """Return people of another community that is just as far, with goods on their way."""
        town = NumberedTown(81, homes=1, skus=("V001",))
        town.everybody_orders(V001=2)
        town.to_tickets()
        delivered = town.cycle_id
        town.open_cycle()
        side = town.first
        lead = an_account(town.community, Role.GRID_LEAD, grid=side.grid).id
        mark = MARKS["stranger"]
        self.others["stranger"] = of_side(town, side, lead, vault=self.vault, mark=mark) | of_community(town, delivered)
        mark_goods(town.community.id, mark)
        return self._people(town, side, a_badge(side.grid).account_id, lead)
