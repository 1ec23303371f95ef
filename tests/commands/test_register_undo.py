"""Taking an import back: what was there before is there again, and nothing else is lost."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from supplyhub.audit.queries import audit
from supplyhub.catalog.commands import open_cycle
from supplyhub.crypto import DestroyedError, own_vault
from supplyhub.db import db, execute, row, rows, scalar, transaction
from supplyhub.delivery.commands import plan_routes, plan_undone_routes
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.models import Grid
from supplyhub.privacy.retention import forget_what_is_old
from supplyhub.residents import register_steps
from supplyhub.residents.care_standing import appoint_volunteer, end_volunteer
from supplyhub.residents.importing import NamedFile, RegisterFiles, RegisterReport, import_register
from supplyhub.residents.register_differences import Difference, Fact, Kind, Move
from supplyhub.residents.register_steps import BEFORE, KEY, PERSONAL
from supplyhub.residents.undoing import undo_import, undoable_import
from tests.factories import a_badge, a_community, a_cycle, a_grid, an_account, asking

HEADER = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体,网格,小网格"
ONE = "1号楼,1单元,101,4,曾晨欣,19900000000,,1,"
TWO = "1号楼,1单元,102,2,郑丽丽,19900000001,婴幼儿,1,"
THREE = "2号楼,1单元,101,1,黄小明,19900000002,独居,2,"
# What an import writes, without what only says when.
REGISTER = {
    "household": "id, building_id, unit, floor, door, people_count, contact_name_sealed, phone_sealed, phone_hash, active",
    "building": "id, name, number, grid_id, micro_grid_id, unplaced_reason",
    "grid": "id, number, name, delivery_point_id",
    "micro_grid": "id, number, name",
    "care_case": "id, household_id, category_sealed, wrapped_key, ended_at",
    "account": "id, role, active",
}


class Town:
    def __init__(self, vault: Any) -> None:
        self.community = a_community()
        self.vault = vault
        self.coordinator = asking(an_account(self.community, Role.COORDINATOR).id)

    def load(self, *lines: str, dry_run: bool = False) -> RegisterReport:
        file = NamedFile("households", "\n".join([HEADER, *lines, ""]).encode())
        return import_register(
            self.community.id,
            RegisterFiles(file),
            vault=self.vault,
            account_id=self.coordinator.account_id,
            dry_run=dry_run,
        )

    def undo(self, report: RegisterReport) -> None:
        assert report.import_id is not None
        undo_import(self.coordinator, report.import_id, vault=self.vault)

    def routes_follow(self) -> None:
        """Do what the worker does with what was recorded, in its order."""
        for event in rows("SELECT topic, payload FROM outbox WHERE topic IN ('routes', 'register_undone') ORDER BY id"):
            if event.topic == "register_undone":
                plan_undone_routes(**event.payload)
            else:
                db.session.commit()
                plan_routes(self.community.id)
        db.session.commit()


@pytest.fixture
def town(database, app) -> Town:
    return Town(app.extensions["vault"])


def register() -> dict[str, list[Any]]:
    return {
        table: [tuple(one) for one in rows(f"SELECT {what} FROM {table} ORDER BY id")]
        for table, what in REGISTER.items()
    }


def test_what_an_import_changed_is_as_it_was_before_sealed_columns_too(town):
    town.load(ONE, TWO, THREE)
    before = register()
    report = town.load(ONE.replace(",4,曾晨欣", ",5,曾小欣"), THREE.replace(",2,", ",1,").replace("独居", ""))
    assert register() != before
    town.undo(report)
    assert register() == before


def test_what_an_import_brought_is_gone_where_nothing_refers_to_it(town):
    town.load(ONE)
    before = register()
    report = town.load(ONE, TWO, THREE, "9号楼,1单元,101,1,,,,9,3")
    town.undo(report)
    assert register() == before


def test_the_first_import_of_all_can_be_taken_back(town):
    empty = register()
    town.undo(town.load(ONE, TWO, THREE))
    assert register() == empty
    assert scalar("SELECT count(*) FROM care_mark") == 0


def test_routes_that_were_planned_over_a_wrong_import_go_and_its_grids_with_them(town):
    town.load(ONE)
    plan_routes(town.community.id)
    before = register()
    report = town.load(ONE.replace(",1,", ",77,"), THREE)
    town.routes_follow()
    town.undo(report)
    town.routes_follow()
    assert register() == before
    assert [each.number for each in rows("SELECT number FROM grid ORDER BY number")] == [1]
    newest = rows("SELECT building_id FROM route_building AS b WHERE route_id = (SELECT max(id) FROM route)")
    assert [each.building_id for each in newest] == [scalar("SELECT id FROM building")]


def test_a_household_of_the_import_that_somebody_signed_in_with_stays_and_is_deactivated(town):
    report = town.load(ONE, TWO)
    home = scalar("SELECT id FROM household WHERE door = '102'")
    db.session.connection().exec_driver_sql(
        "INSERT INTO household_device (household_id, expires_at) VALUES (%s, now() + interval '1 day')", (home,)
    )
    db.session.commit()
    town.undo(report)
    (left,) = rows(
        "SELECT h.id, h.active, a.active AS account FROM household AS h JOIN account AS a ON a.id = h.account_id"
    )
    assert tuple(left) == (home, False, False)
    assert scalar("SELECT count(*) FROM building") == 1


def test_undoing_twice_is_undoing_once(town):
    report = town.load(ONE)
    town.undo(report)
    before = register()
    town.undo(report)
    assert register() == before
    assert scalar("SELECT count(*) FROM register_undo") == 1


def test_an_import_can_be_taken_back_until_the_next_cycle_opens(town):
    town.load(ONE)
    report = town.load(ONE, TWO)
    assert undoable_import(town.coordinator).id == report.import_id
    a_cycle(town.community)
    assert undoable_import(town.coordinator) is None
    with pytest.raises(ConflictError):
        town.undo(report)


def test_only_the_last_import_can_be_taken_back(town):
    first, second = town.load(ONE), town.load(ONE, TWO)
    with pytest.raises(ConflictError):
        town.undo(first)
    town.undo(second)
    with pytest.raises(ConflictError):
        town.undo(first)


def test_the_same_file_again_after_an_undo_says_the_same_once_more(town):
    town.load(ONE)
    told = town.load(TWO, THREE, dry_run=True).counts
    town.undo(town.load(TWO, THREE))
    assert town.load(TWO, THREE).counts == told


def test_nobody_but_a_coordinator_of_the_community_takes_an_import_back(town):
    report = town.load(ONE)
    with pytest.raises(NotAllowedError):
        undo_import(asking(an_account(town.community, Role.DEPOT).id), report.import_id, vault=town.vault)
    with pytest.raises(NotFoundError):
        undo_import(asking(an_account(a_community(), Role.COORDINATOR).id), report.import_id, vault=town.vault)
    assert scalar("SELECT count(*) FROM household") == 1


def test_a_household_that_was_erased_since_stays_erased(town):
    town.load(ONE)
    report = town.load(ONE.replace("曾晨欣", "曾小欣"))
    home = scalar("SELECT id FROM household")
    db.session.connection().exec_driver_sql("UPDATE household SET contact_name_sealed = NULL, phone_sealed = NULL")
    db.session.connection().exec_driver_sql(
        "INSERT INTO erasure (household_id, account_id, counts) VALUES (%s, %s, '{}')",
        (home, town.coordinator.account_id),
    )
    db.session.commit()
    town.undo(report)
    assert tuple(row("SELECT contact_name_sealed, phone_sealed FROM household")) == (None, None)


def test_a_trial_says_door_by_door_what_would_change_and_repeats_no_name_or_phone(town):
    town.load(ONE, TWO, THREE)
    report = town.load(
        ONE.replace(",4,曾晨欣,19900000000", ",5,曾小欣,19900000009"), THREE.replace(",2,", ",1,"),
        "2号楼,1单元,102,3,林大同,,,1,", dry_run=True,
    )  # fmt: skip
    assert report.differences == [
        Difference(Kind.DEACTIVATED, "1号楼", "1单元", "102"),
        Difference(Kind.CHANGED, "1号楼", "1单元", "101", (Fact.PEOPLE, Fact.CONTACT, Fact.PHONE), (4, 5)),
        Difference(Kind.ADDED, "2号楼", "1单元", "102"),
    ]
    assert report.moves == [Move("2号楼", 2, 1)]
    assert "曾" not in repr(report.differences)
    assert "199" not in repr(report.differences)


def copies() -> list[Any]:
    """Return what is kept of rows as they were before an import, its key among them."""
    found = rows("SELECT place, before FROM register_step WHERE before IS NOT NULL ORDER BY place, row_id")
    db.session.rollback()
    return found


def test_who_lived_there_before_is_copied_under_a_key_of_the_imports_own(town):
    town.load(ONE)
    home = row("SELECT id, phone_sealed, phone_hash FROM household")
    report = town.load(ONE.replace("19900000000", "19900000009"))
    kept = {each.place: each.before for each in copies()}
    for personal in (home.phone_sealed, home.phone_hash):
        assert personal.hex() not in json.dumps(kept)
    assert not set(PERSONAL) & set(kept["household"])
    own = own_vault(town.vault, bytes.fromhex(kept["key"]["wrapped"]), *KEY, report.import_id)
    assert home.phone_sealed.hex() in own.open(bytes.fromhex(kept["household"]["sealed"]), *BEFORE, home.id)
    with pytest.raises(DestroyedError):
        own_vault(town.vault, None, *KEY, report.import_id)


def test_copies_are_sealed_and_opened_some_at_a_time(town, monkeypatch):
    monkeypatch.setattr(register_steps, "AT_ONCE", 2)
    doors = [f"1号楼,1单元,{door},1,曾晨欣,1990000{door:04},,1," for door in range(101, 106)]
    town.load(*doors)
    before = register()
    report = town.load(*[door.replace("1990000", "1880000") for door in doors])
    assert sum("sealed" in each.before for each in copies()) == len(doors)
    town.undo(report)
    assert register() == before


def test_key_and_copies_go_in_the_moment_that_a_cycle_opens(town):
    town.load(ONE)
    report = town.load(ONE.replace("19900000000", "19900000009"))
    assert {each.place for each in copies()} == {"household", "key"}
    open_cycle(town.coordinator, delivery_on=date(2026, 4, 12))
    assert copies() == []
    with pytest.raises(ConflictError):
        town.undo(report)


def test_key_and_copies_go_with_the_undo(town):
    town.load(ONE)
    town.undo(town.load(ONE.replace("19900000000", "19900000009")))
    assert copies() == []


def test_key_and_copies_of_another_community_stay(town, app):
    other = Town(app.extensions["vault"])
    other.load(ONE)
    other.load(ONE.replace("曾晨欣", "曾小欣"))
    open_cycle(town.coordinator, delivery_on=date(2026, 4, 12))
    assert {each.place for each in copies()} == {"household", "key"}


def test_copies_that_outlived_their_undo_are_swept_away_at_once_and_others_are_not(town):
    """Whatever opened the cycle."""
    town.load(ONE)
    town.load(ONE.replace("曾晨欣", "曾小欣"))
    forget_what_is_old()
    assert copies() != []
    a_cycle(town.community)
    forget_what_is_old()
    assert copies() == []


class Looked:
    """A door of the register's care whom a volunteer looks after; a file that says something else ended that."""

    def __init__(self, town: Town) -> None:
        town.load(TWO)
        self.case = scalar("SELECT id FROM care_case")
        self.grid = db.session.get_one(Grid, scalar("SELECT id FROM grid"))
        self.badge = a_badge(self.grid)
        appoint_volunteer(town.coordinator, self.case, self.badge.code)
        self.report = town.load(TWO.replace("婴幼儿", "独居"))
        assert standing() == []


def standing() -> list[tuple[int, int]]:
    """Return who looks after which entry."""
    found = rows("SELECT case_id, badge_id FROM standing_volunteer WHERE ended_at IS NULL")
    db.session.rollback()
    return [tuple(each) for each in found]


def test_an_entry_that_goes_on_after_an_undo_has_its_volunteer_again(town):
    looked = Looked(town)
    badge = looked.badge.id
    town.undo(looked.report)
    assert standing() == [(looked.case, badge)]
    assert audited(10) == 0


@pytest.mark.parametrize(
    "lost",
    [
        "state = 'revoked', revoked_at = now()",
        "state = 'suspended', suspended_at = now()",
        "valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'",
    ],
)
def test_a_badge_that_ended_meanwhile_looks_after_nobody_after_an_undo(town, lost):
    looked = Looked(town)
    with transaction():
        execute(f"UPDATE badge SET {lost}")
    town.undo(looked.report)
    assert scalar("SELECT id FROM care_case WHERE ended_at IS NULL") == looked.case
    assert standing() == []


def test_a_volunteer_whom_nobody_looks_after_any_more_since_before_the_import_does_not_come_back(town):
    town.load(TWO)
    case = scalar("SELECT id FROM care_case")
    badge = a_badge(db.session.get_one(Grid, scalar("SELECT id FROM grid")))
    appoint_volunteer(town.coordinator, case, badge.code)
    end_volunteer(town.coordinator, case)
    town.undo(town.load(TWO.replace("婴幼儿", "独居")))
    assert standing() == []


def test_a_building_that_is_elsewhere_now_gets_no_volunteer_of_another_grid(town):
    looked = Looked(town)
    other = a_grid(town.community, 9)
    with transaction():
        execute("UPDATE building SET grid_id = :grid", grid=other.id)
        execute("DELETE FROM register_step WHERE place = 'building'")
    town.undo(looked.report)
    assert standing() == []


def audited(law: int) -> int:
    return sum(finding.offending for finding in audit() if finding.law.number == law)
