"""Long tables for a coordinator: whole, sealed while they lie, in parts, of the own community alone."""

from __future__ import annotations

import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.reports import exporting
from supplyhub.reports.exporting import ask_for_export, export_for, jobs_for, remove_old_exports, write_export
from supplyhub.reports.states import Exported
from supplyhub.residents.register import CONTACT
from tests.factories import a_community, a_cycle, an_account, asking
from tests.factories_depot import Town

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def vault(app):
    return app.extensions["vault"]


def table(asker: Any, job: int, vault: Any) -> list[list[Any]]:
    _what, data = export_for(asker, job, vault=vault)
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def written(asker: Any, what: Exported, vault: Any, **chosen: Any) -> list[list[Any]]:
    job = ask_for_export(asker, what, **chosen)
    write_export(job, vault=vault)
    return table(asker, job, vault)


def test_households_are_written_with_their_contact_and_lie_sealed(vault):
    town = Town(homes=3)
    home = town.first.homes[0]
    with transaction():
        execute(
            "UPDATE household SET contact_name_sealed = :name WHERE id = :home",
            name=vault.seal("=吴标记", *CONTACT, home.id),
            home=home.id,
        )
    header, *lines = written(town.coordinator, Exported.HOUSEHOLDS, vault)
    assert header == ["grid", "door", "people", "contact", "phone", "active"]
    assert [line[1] for line in lines] == ["10-1-101", "10-1-201", "10-1-301"]
    assert lines[0][3] == "=吴标记"
    assert "吴标记".encode() not in bytes(scalar("SELECT file_sealed FROM export_job"))


def test_order_lines_are_those_of_the_cycle_that_was_chosen(vault):
    town = Town(homes=2)
    town.everybody_orders(V001=2)
    town.share()
    header, *lines = written(town.coordinator, Exported.ORDER_LINES, vault, cycle_id=town.cycle_id)
    assert [dict(zip(header, line, strict=True))["allocated"] for line in lines] == [2, 2]
    other = a_cycle(town.community)
    assert written(town.coordinator, Exported.ORDER_LINES, vault, cycle_id=other.id) == []


def test_a_table_in_many_parts_has_every_row_once(vault, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 700)
    town = Town(homes=1)
    many_requests(town, 3_000)
    header, *lines = written(town.coordinator, Exported.HELP_REQUESTS, vault)
    codes = [line[header.index("code")] for line in lines]
    assert (len(codes), len(set(codes))) == (3_000, 3_000)
    assert jobs_for(town.coordinator)[0].rows_written == 3_000


def many_requests(town: Town, count: int) -> None:
    with transaction():
        execute(
            """
            INSERT INTO help_request (key, community_id, grid_id, code, kind, channel, opened_by, due_at)
            SELECT gen_random_uuid(), :community, :grid, translate(to_char(n, 'FM000000'), '01', 'AB'), 'errand', 'web', :by,
                   now() + interval '1 day'
            FROM generate_series(1, :count) AS n
            """,
            community=town.community.id,
            grid=town.first.grid.id,
            by=town.coordinator.account_id,
            count=count,
        )


def test_asking_twice_writes_one_table_and_writing_twice_keeps_one(vault):
    town = Town()
    job = ask_for_export(town.coordinator, Exported.HOUSEHOLDS)
    assert ask_for_export(town.coordinator, Exported.HOUSEHOLDS) == job
    write_export(job, vault=vault)
    first = scalar("SELECT file_sealed FROM export_job")
    write_export(job, vault=vault)
    assert scalar("SELECT file_sealed FROM export_job") == first
    assert ask_for_export(town.coordinator, Exported.HOUSEHOLDS) != job


def test_tables_are_a_coordinators_and_of_the_own_community(vault):
    town, stranger = Town(), asking(an_account(a_community(), Role.COORDINATOR).id)
    job = ask_for_export(town.coordinator, Exported.HOUSEHOLDS)
    write_export(job, vault=vault)
    with pytest.raises(NotFoundError):
        export_for(stranger, job, vault=vault)
    with pytest.raises(NotFoundError):
        ask_for_export(stranger, Exported.ORDER_LINES, cycle_id=town.cycle_id)
    for role in (Role.DEPOT, Role.GRID_LEAD, Role.VOLUNTEER):
        grid = town.first.grid if role == Role.GRID_LEAD else None
        with pytest.raises(NotAllowedError):
            ask_for_export(asking(an_account(town.community, role, grid=grid).id), Exported.HOUSEHOLDS)
    assert jobs_for(stranger) == []


def test_a_table_that_fails_says_so_and_is_tried_again(vault, monkeypatch):
    town = Town()
    job = ask_for_export(town.coordinator, Exported.HOUSEHOLDS)
    with monkeypatch.context() as broken:
        broken.setattr(exporting, "_workbook", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_export(job, vault=vault)
    assert jobs_for(town.coordinator)[0].failed
    write_export(job, vault=vault)
    stands = row("SELECT failed_at, done_at IS NOT NULL AS done FROM export_job")
    assert tuple(stands) == (None, True)


def test_tables_are_removed_after_half_a_day(vault):
    town = Town()
    write_export(ask_for_export(town.coordinator, Exported.HOUSEHOLDS), vault=vault)
    remove_old_exports()
    assert scalar("SELECT count(*) FROM export_job") == 1
    with transaction():
        execute("UPDATE export_job SET asked_at = asked_at - interval '13 hours'")
    remove_old_exports()
    assert scalar("SELECT count(*) FROM export_job") == 0
