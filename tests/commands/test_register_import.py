"""Loading a register: what comes, stays, goes; and what is kept encrypted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from supplyhub.db import db, execute, row, rows, scalar
from supplyhub.errors import NotFoundError
from supplyhub.files import FileRefusedError
from supplyhub.outbox import due_topics
from supplyhub.people.states import Role
from supplyhub.residents.care import NewCase, open_case
from supplyhub.residents.care_sealing import open_contents
from supplyhub.residents.importing import NamedFile, RegisterFiles, RegisterReport, import_register
from supplyhub.residents.models import Household
from supplyhub.residents.register import CONTACT, PHONE, PHONE_PURPOSE
from supplyhub.residents.states import CareCategory
from tests.factories import a_community, a_cycle, an_account, asking

DEMO = Path(__file__).parents[2] / "supplyhub" / "demo_data"
HEADER = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体"
FIRST = "1号楼,1单元,101,4,曾晨欣,19900000000,"
SECOND = "1号楼,1单元,102,2,郑丽丽,19900000001,婴幼儿"
TABLES = (
    "account", "building", "care_case", "care_mark", "delivery_point", "depot", "grid", "household", "micro_grid", "outbox",
    "register_import", "street",
)  # fmt: skip


@pytest.fixture
def vault(app):
    return app.extensions["vault"]


class Register:
    """A community and a hand that loads files into it."""

    def __init__(self, vault: Any) -> None:
        self.community = a_community()
        self.id = self.community.id
        self.vault = vault

    def load(self, *lines: str, header: str = HEADER, **options: Any) -> RegisterReport:
        maps = {
            name: NamedFile(name, options.pop(name)) for name in ("cadastre", "grids", "streets") if name in options
        }
        households = NamedFile("households", "\n".join([header, *lines, ""]).encode())
        return import_register(self.id, RegisterFiles(households, **maps), vault=self.vault, **options)

    def load_demo(self, **options: Any) -> RegisterReport:
        files = [
            NamedFile(name, (DEMO / name).read_bytes())
            for name in ("households.csv", "cadastre.geojson", "grids.geojson", "streets.geojson")
        ]
        return import_register(self.id, RegisterFiles(*files), vault=self.vault, **options)


@pytest.fixture
def register(database, vault) -> Register:
    return Register(vault)


def everything() -> dict[str, list[Any]]:
    return {table: [tuple(one) for one in rows(f"SELECT * FROM {table} ORDER BY 1")] for table in TABLES}


def counts(report: RegisterReport, *names: str) -> tuple[int, ...]:
    return tuple(
        report.counts[name] for name in names or ("added", "changed", "unchanged", "deactivated", "reactivated")
    )


def household(door: str) -> Household:
    db.session.expire_all()
    return db.session.query(Household).filter_by(door=door).one()


def a_map(*features: tuple[dict[str, Any], float]) -> bytes:
    """Return unit squares, each with its south-western corner on the diagonal."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": properties,
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[[at, 0], [at + 1, 0], [at + 1, 1], [at, 1], [at, 0]]],
                    },
                }
                for properties, at in features
            ],
        }
    ).encode()


def test_the_demo_community_is_loaded_whole_and_every_door_has_a_micro_grid(register):
    report = register.load_demo()
    assert counts(report, "households", "added", "unplaced", "grids_added", "micro_grids_added") == (
        2219,
        2219,
        0,
        7,
        32,
    )
    assert scalar("SELECT count(*) FROM building WHERE micro_grid_id IS NULL") == 0
    assert scalar("SELECT count(*) FROM care_case") == 101
    assert scalar("SELECT count(DISTINCT delivery_point_id) FROM grid") == 3
    assert row("SELECT unit_number, floor FROM household WHERE door = '603' LIMIT 1") == (1, 6)
    assert scalar("SELECT payload -> 'import_id' FROM outbox WHERE topic = 'routes'") == report.import_id


def test_loading_the_same_files_again_changes_nothing_at_all(register):
    register.load_demo()
    before = everything()
    report = register.load_demo()
    assert counts(report) == (0, 0, 2219, 0, 0)
    assert report.import_id is None
    assert everything() == before


def test_a_dry_run_tells_the_same_and_writes_nothing(register):
    before = everything()
    told = register.load_demo(dry_run=True)
    assert everything() == before
    assert told.counts == register.load_demo().counts


def test_a_malformed_file_leaves_no_trace_even_when_the_others_are_good(register):
    before = everything()
    with pytest.raises(FileRefusedError):
        register.load(FIRST, grids=b"{}")
    with pytest.raises(FileRefusedError):
        register.load(FIRST, FIRST)
    assert everything() == before


def test_a_household_missing_from_the_new_file_is_deactivated_and_comes_back(register):
    register.load(FIRST, SECOND)
    known = household("102")
    assert counts(register.load(FIRST)) == (0, 0, 1, 1, 0)
    gone = household("102")
    assert (gone.id, gone.active) == (known.id, False)
    assert row("SELECT active, session_version FROM account WHERE id = :id", id=gone.account_id) == (False, 2)
    assert counts(register.load(FIRST, SECOND)) == (0, 0, 1, 0, 1)
    assert household("102").active
    assert scalar("SELECT active FROM account WHERE id = :id", id=known.account_id)


def test_a_changed_household_is_counted_and_written_anew(register, vault):
    register.load(FIRST, SECOND)
    report = register.load(FIRST.replace("曾晨欣", "曾小欣"), SECOND.replace(",2,", ",3,"))
    assert counts(report) == (0, 2, 0, 0, 0)
    first = household("101")
    assert vault.open(first.contact_name_sealed, *CONTACT, first.id) == "曾小欣"
    assert household("102").people_count == 3


def test_a_unit_written_another_way_is_the_same_door(register):
    register.load(FIRST)
    assert counts(register.load(FIRST.replace("1单元", "1"))) == (0, 1, 0, 0, 0)


def test_a_special_group_that_changes_ends_one_case_and_opens_another(register):
    register.load(FIRST, SECOND)
    register.load(FIRST.rstrip(",") + ",独居老人", SECOND.replace("婴幼儿", ""))
    live = rows(
        "SELECT h.door FROM care_case AS c JOIN household AS h ON h.id = c.household_id WHERE c.ended_at IS NULL"
    )
    assert [found.door for found in live] == ["101"]
    assert scalar("SELECT count(*) FROM care_case WHERE ended_at IS NOT NULL") == 1


def live_case() -> Any:
    return row("SELECT * FROM care_case WHERE ended_at IS NULL")


def test_an_entry_whose_categories_stay_goes_on_with_its_keeper_and_last_day(register, vault):
    register.load(SECOND)
    execute("UPDATE care_case SET keeper_id = (SELECT min(id) FROM account), ends_on = ends_on - 5, priority = 1")
    db.session.commit()
    before = live_case()
    register.load(SECOND.replace("婴幼儿", "孕产妇"))
    after = live_case()
    kept = (before.id, before.keeper_id, before.ends_on, 1)
    assert (after.id, after.keeper_id, after.ends_on, after.priority) == kept
    assert open_contents(after, vault=vault).words == ("孕产妇",)
    assert counts(register.load(SECOND.replace("婴幼儿", "孕产妇"))) == (0, 0, 1, 0, 0)


def test_an_entry_whose_category_changes_ends_and_a_new_one_holds_as_long_as_that_says(register, vault):
    register.load(SECOND)
    first = live_case()
    register.load(SECOND.replace("婴幼儿", "解除隔离"))
    second = live_case()
    assert second.id != first.id
    assert (first.ends_on - second.ends_on).days == 270 - 14
    assert open_contents(second, vault=vault).categories == {CareCategory.AFTER_ISOLATION}
    assert rows("SELECT mark FROM care_mark WHERE case_id = :id", id=second.id) == [
        (vault.lookup_hash("after_isolation", "care_category"),)
    ]


def test_an_entry_written_by_hand_is_left_alone_by_a_file_that_says_nothing_of_it(register, vault):
    register.load(FIRST)
    coordinator = asking(an_account(register.community, Role.COORDINATOR).id)
    case = open_case(coordinator, household("101").id, NewCase({CareCategory.DISABLED}, note="住二楼"), vault=vault)
    assert counts(register.load(FIRST)) == (0, 0, 1, 0, 0)
    assert live_case().id == case


def test_a_file_adds_its_categories_to_an_entry_written_by_hand(register, vault):
    register.load(FIRST)
    coordinator = asking(an_account(register.community, Role.COORDINATOR).id)
    case = open_case(coordinator, household("101").id, NewCase({CareCategory.DISABLED}, note="住二楼"), vault=vault)
    register.load(FIRST + "独居老人")
    assert live_case().id == case
    said = open_contents(live_case(), vault=vault)
    assert said.categories == {CareCategory.DISABLED, CareCategory.LIVING_ALONE}
    assert (said.note, said.words) == ("住二楼", ("独居老人",))
    assert counts(register.load(FIRST + "独居老人")) == (0, 0, 1, 0, 0)


def test_names_phones_and_special_groups_stand_nowhere_in_the_database(register):
    register.load(FIRST, SECOND)
    for table in TABLES:
        text = str(rows(f"SELECT t.*, t::text FROM {table} AS t"))
        raw = text + str(
            [[bytes(value) for value in one if isinstance(value, bytes)] for one in rows(f"SELECT * FROM {table}")]
        )
        for planted in (
            "曾晨欣",
            "19900000000",
            "婴幼儿",
            "曾晨欣".encode().hex(),
            b"19900000000".hex(),
            repr("婴幼儿".encode())[2:-1],
        ):
            assert planted not in raw


def test_what_is_sealed_opens_in_its_own_place_only(register, vault):
    register.load(FIRST, SECOND)
    one, other = household("101"), household("102")
    assert vault.open(one.phone_sealed, *PHONE, one.id) == "19900000000"
    for place in ((*PHONE, other.id), (*CONTACT, one.id)):
        with pytest.raises(InvalidTag):
            vault.open(one.phone_sealed, *place)


def test_a_moved_ciphertext_is_written_anew_by_the_next_import(register, vault):
    register.load(FIRST, SECOND)
    one, other = household("101"), household("102")
    one.phone_sealed = other.phone_sealed
    db.session.commit()
    assert counts(register.load(FIRST, SECOND)) == (0, 1, 1, 0, 0)
    one = household("101")
    assert vault.open(one.phone_sealed, *PHONE, one.id) == "19900000000"


def test_a_phone_is_found_without_opening_any(register, vault):
    register.load(FIRST, SECOND)
    found = scalar(
        "SELECT door FROM household WHERE phone_hash = :hash", hash=vault.lookup_hash("19900000001", PHONE_PURPOSE)
    )
    assert found == "102"


def test_without_polygons_the_household_file_names_grids(register):
    header = f"{HEADER},网格,小网格"
    report = register.load(f"{FIRST},3,3-2", "2号楼,1单元,101,1,,,,4,1", "3号楼,1单元,101,1,,,,,", header=header)
    assert [(door.building, door.reason) for door in report.unplaced] == [("3号楼", "no_grid_named")]
    placed = rows(
        "SELECT b.name, g.number AS grid, m.number AS micro FROM building AS b LEFT JOIN grid AS g ON g.id = b.grid_id"
        " LEFT JOIN micro_grid AS m ON m.id = b.micro_grid_id ORDER BY b.number"
    )
    assert [tuple(one) for one in placed] == [("1号楼", 3, 2), ("2号楼", 4, 1), ("3号楼", None, None)]


def test_a_building_named_into_two_grids_is_unplaced(register):
    report = register.load(f"{FIRST},3", f"{SECOND},4", header=f"{HEADER},网格")
    assert [(door.door, door.reason) for door in report.unplaced] == [
        ("101", "two_grids_named"),
        ("102", "two_grids_named"),
    ]


def test_with_polygons_geometry_decides_and_names_every_door_it_cannot_place(register):
    grids = a_map(({"grid": 1}, 0), ({"grid": 1, "micro_grid": 1}, 0), ({"grid": 2}, 10))
    cadastre = a_map(({"building": "1号楼"}, 0), ({"building": "2号楼"}, 10), ({"building": "3号楼"}, 20))
    doors = [f"{number}号楼,1单元,101,1,,,,7" for number in (1, 2, 3, 4)]
    report = register.load(*doors, header=f"{HEADER},网格", grids=grids, cadastre=cadastre)
    assert [(door.building, door.reason) for door in report.unplaced] == [
        ("3号楼", "outside_every_grid"),
        ("4号楼", "no_footprint"),
    ]
    assert scalar("SELECT count(*) FROM household WHERE active") == 4


def test_redrawn_grids_move_buildings_and_ask_for_new_routes(register):
    cadastre = a_map(({"building": "1号楼"}, 0), ({"building": "2号楼"}, 10))
    register.load(FIRST, cadastre=cadastre, grids=a_map(({"grid": 1}, 0), ({"grid": 2}, 10)))
    assert "routes" in due_topics()
    db.session.rollback()
    report = register.load(FIRST, grids=a_map(({"grid": 1}, 10), ({"grid": 2}, 0)))
    assert counts(report, "changed", "buildings_changed", "grids_changed") == (0, 2, 2)
    moved = rows("SELECT g.number FROM building AS b JOIN grid AS g ON g.id = b.grid_id ORDER BY b.number")
    assert [one.number for one in moved] == [2, 1]
    payload = scalar("SELECT payload FROM outbox ORDER BY id DESC LIMIT 1")
    assert (payload["import_id"], len(payload["grids"])) == (report.import_id, 2)


def test_a_building_that_moves_changes_its_grid_from_the_next_cycle_on(register):
    cadastre = a_map(({"building": "1号楼"}, 0))
    register.load(FIRST, cadastre=cadastre, grids=a_map(({"grid": 1}, 0), ({"grid": 2}, 10)))
    running = a_cycle(register.community)
    register.load(FIRST, grids=a_map(({"grid": 1}, 10), ({"grid": 2}, 0)))
    following = a_cycle(register.community)
    found = rows("SELECT c.cycle_id, g.number FROM cycle_building AS c JOIN grid AS g ON g.id = c.grid_id ORDER BY 1")
    assert [tuple(one) for one in found] == [(running.id, 1), (following.id, 2)]


def test_a_household_list_alone_leaves_the_map_as_it_is(register):
    register.load(FIRST, cadastre=a_map(({"building": "1号楼"}, 0)), grids=a_map(({"grid": 1}, 0)))
    report = register.load(FIRST, "2号楼,1单元,101,1,,,")
    assert counts(report, "added", "buildings_added", "buildings_changed", "grids_changed") == (1, 1, 0, 0)
    assert [door.reason for door in report.unplaced] == ["no_footprint"]


def test_the_columns_of_a_later_list_place_only_buildings_without_a_footprint(register):
    cadastre = a_map(({"building": "1号楼"}, 0), ({"building": "2号楼"}, 10))
    register.load(FIRST, cadastre=cadastre, grids=a_map(({"grid": 1}, 0), ({"grid": 2}, 10)))
    doors = (f"{FIRST},2", f"{SECOND},1", "2号楼,1单元,101,1,,,,1", "3号楼,1单元,101,1,,,,2")
    report = register.load(*doors, header=f"{HEADER},网格")
    assert report.unplaced == []
    placed = rows("SELECT b.name, g.number FROM building AS b JOIN grid AS g ON g.id = b.grid_id ORDER BY b.number")
    assert [tuple(one) for one in placed] == [("1号楼", 1), ("2号楼", 2), ("3号楼", 2)]


def test_grids_keep_the_delivery_points_that_the_file_names(register):
    grids = a_map(({"grid": 1, "delivery_point": "东门"}, 0), ({"grid": 2, "delivery_point": "西门"}, 10))
    register.load(FIRST, grids=grids, cadastre=a_map(({"building": "1号楼"}, 0)))
    found = rows(
        "SELECT p.name, p.longitude FROM grid AS g JOIN delivery_point AS p ON p.id = g.delivery_point_id ORDER BY g.number"
    )
    assert [tuple(one) for one in found] == [("东门", 0.5), ("西门", 10.5)]


def test_an_import_into_no_community_is_refused(database, vault):
    files = RegisterFiles(NamedFile("households", f"{HEADER}\n{FIRST}\n".encode()))
    with pytest.raises(NotFoundError):
        import_register(10**9, files, vault=vault)
