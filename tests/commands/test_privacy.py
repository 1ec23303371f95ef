"""A household's copy of everything, its erasure, and what goes by itself: planted marks are looked for everywhere."""

from __future__ import annotations

import inspect
import io
import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from supplyhub.audit.queries import audit
from supplyhub.db import Base, db, execute, row, rows, scalar, transaction
from supplyhub.delivery.commands import attach_photo, hand_back, record_entries, report_not_arrived
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.queries import ticket_for
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.help.commands import note_step, open_request, withdraw
from supplyhub.help.overdue import forget_ended
from supplyhub.help.states import HelpChannel, HelpKind
from supplyhub.notifications.channels import add_mail_box
from supplyhub.people.states import Role
from supplyhub.photos.models import NOTHING_TO_SEE
from supplyhub.privacy import household_file as household_file_module
from supplyhub.privacy import subjects as subjects_module
from supplyhub.privacy.erasing import ErasureWaitsError, erase_household
from supplyhub.privacy.household_file import household_file
from supplyhub.privacy.retention import forget_what_is_old
from supplyhub.privacy.writing import as_json, as_workbook
from supplyhub.residents.care import NewCase, open_case
from supplyhub.residents.care_ending import look_after_care
from supplyhub.residents.register import CONTACT, PHONE
from supplyhub.residents.states import CareCategory
from tests.factories import a_community, a_device, an_account, asking
from tests.factories_depot import Walk, a_walk, deal_with_returns
from tests.rules.test_photos import a_png

if TYPE_CHECKING:
    from flask import Flask

    from supplyhub.crypto import Vault
    from supplyhub.people.asker import Asker
    from supplyhub.residents.models import Household

# Words that nobody else writes.
NAME, PHONE_NUMBER, NOTE, SAID, ORDERED, ARRIVED = (
    "吴标记名", "19977778888", "标记备注", "=标记诉求", "标记留言", "标记没到",
)  # fmt: skip
MARKS = (NAME, PHONE_NUMBER, NOTE, SAID, ORDERED, ARRIVED)


@dataclass
class World:
    """A household of which everything is kept, in a cycle on its way."""

    walk: Walk
    home: Household
    vault: Vault
    case_id: int
    request: str

    @property
    def coordinator(self) -> Asker:
        return self.walk.town.coordinator

    @property
    def resident(self) -> Asker:
        return asking(self.home.account_id)

    def delivered(self) -> None:
        """Bring the ticket to its end: one door fails, with a photo; the marked household says that nothing arrived."""
        walk = self.walk
        failed, left = uuid4(), walk.stops[1]
        entries = [
            Entry(failed, walk.stops[0].id, StopOutcome.FAILED, Problem.NOBODY_HOME, _now()),
            Entry(uuid4(), left.id, StopOutcome.DELIVERED, None, _now()),
        ]
        record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=entries)
        attach_photo(walk.volunteer.asker, failed, a_png())
        report_not_arrived(self.resident, left.code, note=ARRIVED)
        back = [each.code for each in walk.stops[:1]]
        hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=back)
        deal_with_returns(walk.town)

    def closed(self) -> None:
        self.delivered()
        withdraw(self.resident, self.request, vault=self.vault)
        self.walk.town.close_by_hand()
        with transaction():
            execute("UPDATE cycle SET closed_at = clock_timestamp()")
            execute("UPDATE inbox_item SET cleared_at = clock_timestamp()")


def _now() -> Any:
    found = scalar("SELECT clock_timestamp()")
    db.session.rollback()
    return found


@pytest.fixture
def world(app: Flask, database: None) -> World:
    vault: Vault = app.extensions["vault"]
    walk = a_walk(homes=2)
    home = walk.town.first.homes[1]
    with transaction():
        execute(
            "UPDATE household SET contact_name_sealed = :name, phone_sealed = :phone, phone_hash = 'x' WHERE id = :home",
            name=vault.seal(NAME, *CONTACT, home.id),
            phone=vault.seal(PHONE_NUMBER, *PHONE, home.id),
            home=home.id,
        )
        execute("UPDATE orders SET note = :note WHERE household_id = :home", note=ORDERED, home=home.id)
        execute(
            "INSERT INTO household_need (household_id, need, noted_by) VALUES (:home, 'call_first', :by)",
            home=home.id,
            by=walk.town.coordinator.account_id,
        )
    a_device(home.id)
    case = open_case(
        walk.town.coordinator, home.id, NewCase(frozenset({CareCategory.LIVING_ALONE}), note=NOTE), vault=vault
    )
    code = open_request(
        asking(home.account_id), key=uuid4(), kind=HelpKind.OTHER, channel=HelpChannel.WEB, text=SAID, vault=vault
    )
    return World(walk, home, vault, case, code)


def later(days: int) -> None:
    """Let so many days pass: what was written moves back in time."""
    with transaction():
        for table in Base.metadata.sorted_tables:
            moments = [column.name for column in table.columns if column.name.endswith("_at")]
            days_only = ["ends_on"] if table.name == "care_case" else []
            if table.info.get("rights", "UPDATE").count("UPDATE") and moments + days_only:
                moved = [f"{name} = {name} - make_interval(days => :days)" for name in moments]
                moved += [f"{name} = {name} - CAST(:days AS integer)" for name in days_only]
                execute(f"UPDATE {table.name} SET {', '.join(moved)}", days=days)


def dump() -> str:
    """Return every row of every table as text."""
    found = []
    for table in Base.metadata.sorted_tables:
        found += [each[0] for each in rows(f"SELECT CAST(t AS text) FROM {table.name} AS t")]
    db.session.rollback()
    return "\n".join(found)


def broken() -> list[tuple[int, int]]:
    return [(finding.law.number, finding.offending) for finding in audit() if finding.offending]


def test_a_household_gets_everything_that_is_kept_of_it_in_its_own_words(world):
    world.delivered()
    add_mail_box(world.resident, "biao@ji.example", language="zh", vault=world.vault)
    note_step(world.coordinator, world.request, note="标记经过", vault=world.vault)
    found = household_file(world.resident, world.home.id, vault=world.vault)
    told = as_json(found).decode()
    for mark in (*MARKS, "biao@ji.example", "标记经过"):
        assert mark in told
    subjects = json.loads(told)
    assert [order["outcome"] for order in subjects["orders"]] == [None]
    assert subjects["lines"][0]["quantity"] == 1
    assert [door["outcome"] for door in subjects["deliveries"]] == ["delivered"]
    assert subjects["care"][0]["categories"] == "living_alone"
    assert subjects["devices"] != []
    kept = {name for name, found in subjects.items() if found}
    assert {"shares", "arrivals", "parcels", "steps", "channels"} <= kept


# What says nothing of a household that isn't in its file: keys and copies; and who is told of in another row of it.
SAID_ELSEWHERE = {"joining_pin", "care_mark", "paid_basket", "relay_basket", "help_person"}


def test_whatever_table_is_of_a_household_is_in_its_file():
    """A new one is added to the file, or to those that say nothing more."""
    of_homes = ("household", "orders", "stop", "care_case", "help_request")
    told = "".join(inspect.getsource(module) for module in (subjects_module, household_file_module))
    missing = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name in of_homes for key in table.foreign_keys)
        and not re.search(rf"\b{table.name}\b", told)
    }
    assert missing == SAID_ELSEWHERE


def test_that_the_register_was_opened_for_a_copy_is_written_down_for_the_household(world):
    household_file(world.coordinator, world.home.id, vault=world.vault)
    read = row("SELECT account_id, purpose FROM care_access")
    assert tuple(read) == (world.coordinator.account_id, "export")
    second = household_file(world.resident, world.home.id, vault=world.vault)
    assert [each["purpose"] for each in second.subjects["readings"]] == ["export"]


def test_a_copy_is_for_the_household_and_its_coordinator_alone(world):
    town = world.walk.town
    neighbour = asking(town.first.homes[0].account_id)
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    for asker, error in (
        (neighbour, NotFoundError),
        (stranger, NotFoundError),
        (lead, NotAllowedError),
        (town.depot, NotAllowedError),
        (world.walk.volunteer.asker, NotAllowedError),
    ):
        with pytest.raises(error):
            household_file(asker, world.home.id, vault=world.vault)
    assert scalar("SELECT count(*) FROM care_access") == 0


def test_a_workbook_has_a_sheet_a_subject_and_no_formula_of_a_strangers_words(world):
    found = household_file(world.resident, world.home.id, vault=world.vault)
    book = as_workbook(found, word=lambda _, key: key, zone=ZoneInfo("Asia/Shanghai"))
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
    assert {"household", "orders", "care", "requests"} <= set(sheets.sheet_names)
    header, line = sheets.get_sheet_by_name("requests").to_python()
    assert line[header.index("text")] == SAID


def test_what_goes_on_is_not_erased_and_what_waits_is_named(world):
    with pytest.raises(ErasureWaitsError) as caught:
        erase_household(world.coordinator, world.home.id)
    assert caught.value.data["requests"] == [world.request]
    assert caught.value.data["cycles"] == [world.walk.town.cycle.number]
    assert scalar("SELECT count(*) FROM erasure") == 0


def test_an_erased_household_is_nowhere_and_its_books_stay(world, caplog):
    caplog.set_level(logging.DEBUG)
    world.closed()
    orders, laws = rows("SELECT id, total_fen FROM orders ORDER BY id"), broken()
    counts = erase_household(world.coordinator, world.home.id)
    assert min(counts[name] for name in ("contact", "needs", "care", "order_notes", "requests", "devices")) == 1
    everything = dump() + caplog.text
    for mark in MARKS:
        assert mark not in everything
    home = row(
        "SELECT contact_name_sealed, phone_sealed, phone_hash, active FROM household WHERE id = :h", h=world.home.id
    )
    assert tuple(home) == (None, None, None, True)
    case = row("SELECT wrapped_key, category_sealed, note_sealed FROM care_case WHERE id = :c", c=world.case_id)
    assert tuple(case) == (None, None, None)
    assert scalar("SELECT wrapped_key FROM help_request") is None
    assert rows("SELECT id, total_fen FROM orders ORDER BY id") == orders
    assert broken() == laws
    empty = household_file(world.coordinator, world.home.id, vault=world.vault)
    told = as_json(empty).decode()
    assert not [mark for mark in MARKS if mark in told]


def test_erasing_again_erases_nothing_more(world):
    world.closed()
    erase_household(world.coordinator, world.home.id)
    again = erase_household(world.coordinator, world.home.id)
    assert {name for name, count in again.items() if count} <= {"sessions"}


def test_nobody_but_a_coordinator_of_the_community_erases(world):
    world.closed()
    for asker, error in (
        (world.resident, NotAllowedError),
        (world.walk.town.depot, NotAllowedError),
        (asking(an_account(a_community(), Role.COORDINATOR).id), NotFoundError),
    ):
        with pytest.raises(error):
            erase_household(asker, world.home.id)
    assert scalar("SELECT phone_sealed IS NOT NULL FROM household WHERE id = :h", h=world.home.id)


def test_before_its_time_nothing_goes_and_after_it_nothing_is_left(world):
    world.closed()
    later(days=29)
    forget_what_is_old()
    assert ORDERED in dump()
    assert ARRIVED in dump()
    later(days=2)
    forget_what_is_old()
    forget_ended()
    left = dump()
    for mark in (ORDERED, ARRIVED, SAID):
        assert mark not in left
    assert scalar("SELECT content FROM photo") == NOTHING_TO_SEE
    assert scalar("SELECT wrapped_key FROM help_request") is None
    # The register still knows who lives there.
    assert world.vault.open(
        scalar("SELECT phone_sealed FROM household WHERE id = :h", h=world.home.id), *PHONE, world.home.id
    )


def test_the_care_register_forgets_a_week_after_its_last_day(world):
    with transaction():
        execute("UPDATE care_case SET ends_on = current_date - 1")
    look_after_care()
    later(days=8)
    look_after_care()
    case = row("SELECT wrapped_key, note_sealed, destroyed_at IS NOT NULL FROM care_case")
    assert tuple(case) == (None, None, True)


def test_a_tickets_doors_are_shown_for_a_day_after_its_end(world):
    lead = asking(an_account(world.walk.town.community, Role.GRID_LEAD, grid=world.walk.town.first.grid).id)
    world.delivered()
    assert len(ticket_for(lead, world.walk.ticket).stops) == 2
    with transaction():
        execute("UPDATE ticket SET finished_at = finished_at - interval '25 hours'")
    assert ticket_for(lead, world.walk.ticket).stops == []


def test_what_is_old_goes_once_and_running_again_finds_nothing(world):
    world.closed()
    later(days=31)
    assert sum(forget_what_is_old().values()) > 0
    assert sum(forget_what_is_old().values()) == 0


def test_nothing_personal_lies_open_in_the_database_the_logs_or_the_queue(world, caplog):
    caplog.set_level(logging.DEBUG)
    world.delivered()
    everything = dump() + caplog.text + str([each.payload for each in rows("SELECT payload FROM outbox")])
    for mark in (NAME, PHONE_NUMBER, NOTE, SAID):
        assert mark not in everything
