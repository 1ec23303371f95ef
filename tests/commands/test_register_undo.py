"""Taking an import back: what was there before is there again, and nothing else is lost."""

from __future__ import annotations

from typing import Any

import pytest

from supplyhub.db import db, row, rows, scalar
from supplyhub.delivery.commands import plan_routes, plan_undone_routes
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.residents.importing import NamedFile, RegisterFiles, RegisterReport, import_register
from supplyhub.residents.register_differences import Difference, Fact, Kind, Move
from supplyhub.residents.undoing import undo_import, undoable_import
from tests.factories import a_community, a_cycle, an_account, asking

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
        undo_import(self.coordinator, report.import_id)

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
        undo_import(asking(an_account(town.community, Role.DEPOT).id), report.import_id)
    with pytest.raises(NotFoundError):
        undo_import(asking(an_account(a_community(), Role.COORDINATOR).id), report.import_id)
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
