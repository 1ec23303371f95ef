"""What is kept of a household, on pages: its copy, and its erasure after asking once more."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from supplyhub.db import db, scalar
from supplyhub.people.states import Role
from supplyhub.privacy.household_file import HouseholdFile
from supplyhub.privacy.subjects import SUBJECTS
from supplyhub.privacy.writing import as_workbook
from supplyhub.reports.exporting import write_export
from supplyhub.web.privacy_words import word_in_file
from tests.factories import Shop, a_building, a_community, a_device, a_grid, a_household, an_account
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from supplyhub.residents.models import Household


@pytest.fixture
def shop(app: Flask, database: None, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return Shop()


def a_neighbour(shop: Shop) -> Household:
    return a_household(a_building(a_grid(shop.community)))


def as_household(client: FlaskClient, home: Household) -> None:
    sign_in(client, home.account_id)
    with client.session_transaction() as session:
        session["device"] = a_device(home.id).id


def test_a_household_reads_what_is_kept_and_takes_a_copy_along(client, shop):
    home = a_neighbour(shop)
    as_household(client, home)
    assert "留多久" in client.get("/household/data").text
    told = client.post("/household/data/file", data={"kind": "json"})
    assert told.json["household"][0]["people"] == 2
    book = client.post("/household/data/file", data={"kind": "xlsx"})
    assert book.data.startswith(b"PK")
    assert book.headers["Content-Disposition"].startswith("attachment")


def test_nothing_is_handed_out_by_following_a_link(client, shop):
    as_household(client, a_neighbour(shop))
    assert client.get("/household/data/file").status_code == 405


def test_a_coordinator_erases_a_household_only_after_saying_so(client, shop):
    home = a_neighbour(shop)
    sign_in(client, shop.coordinator().account_id)
    page = f"/coordinator/households/{home.id}/data"
    assert "这一户要求删，我确认" in client.get(page).text
    assert "没有删" in client.post(f"{page}/erase", follow_redirects=True).text
    assert scalar("SELECT count(*) FROM erasure") == 0
    assert "删好了" in client.post(f"{page}/erase", data={"sure": "yes"}, follow_redirects=True).text
    assert scalar("SELECT count(*) FROM erasure") == 1


@pytest.mark.parametrize("role", [Role.GRID_LEAD, Role.DEPOT, Role.VOLUNTEER])
def test_staff_who_are_no_coordinators_get_none_of_it(client, shop, role):
    home = a_neighbour(shop)
    grid = a_grid(shop.community) if role == Role.GRID_LEAD else None
    sign_in(client, an_account(shop.community, role, grid=grid).id)
    page = f"/coordinator/households/{home.id}/data"
    assert client.get(page).status_code == 403
    assert client.post(f"{page}/file").status_code == 403
    assert client.post(f"{page}/erase", data={"sure": "yes"}).status_code == 403


def test_a_coordinator_of_another_community_finds_no_such_household(client, shop):
    home = a_neighbour(shop)
    sign_in(client, an_account(a_community(), Role.COORDINATOR).id)
    page = f"/coordinator/households/{home.id}/data"
    assert client.get(page).status_code == 404
    assert client.post(f"{page}/file").status_code == 404
    assert client.post(f"{page}/erase", data={"sure": "yes"}).status_code == 404
    assert scalar("SELECT count(*) FROM erasure") == 0


def test_a_table_is_asked_for_watched_and_fetched(app, client, shop):
    sign_in(client, shop.coordinator().account_id)
    page = client.post("/coordinator/exports", data={"what": "households"}, follow_redirects=True).text
    assert "在排队" in page
    job = scalar("SELECT id FROM export_job")
    assert client.get(f"/coordinator/exports/{job}.xlsx").status_code == 404
    write_export(job, vault=app.extensions["vault"])
    assert f"/coordinator/exports/{job}.xlsx" in client.get("/coordinator/exports/live").text
    fetched = client.get(f"/coordinator/exports/{job}.xlsx")
    assert fetched.data.startswith(b"PK")
    assert client.post("/coordinator/exports", data={"what": "secrets"}).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_subject_and_column_has_a_word_and_each_subject_a_sheet_of_its_own(app, database, language):
    subjects = [*SUBJECTS, "household", "care", "requests", "steps", "channels"]
    with app.test_request_context(headers={"Cookie": f"lang={language}"}):
        words = {subject: word_in_file("subject", subject) for subject in subjects}
        columns = {name for sql in SUBJECTS.values() for name in named(sql)}
        assert [name for name in columns if word_in_file("subject_field", name) == name] == []
        file = HouseholdFile("1-1-101", {subject: [{"door": "=1+1"}] for subject in subjects})
        book = as_workbook(file, word=word_in_file, zone=ZoneInfo("Asia/Shanghai"))
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book)).sheet_names
    assert sheets == list(words.values())
    assert [subject for subject, word in words.items() if subject == word] == []
    assert words["orders"] == {"zh": "订单", "en": "Orders"}[language]


def test_codes_in_cells_are_told_in_words_and_what_people_wrote_is_not_touched(app):
    with app.test_request_context():
        told = [
            word_in_file(*each)
            for each in (
                ("care.categories", "living_alone, chronic_illness"), ("orders.outcome", "delivered"), ("role", "depot"),
                ("shares.reason", "none_left"), ("lines.consent", "less"), ("requests.state", "new"), ("orders.note", "less"),
            )
        ]  # fmt: skip
    assert told == ["独居, 慢性病", "已送达", "中转站", "分完了", "少给也要", "没人接", "less"]


def named(sql: str) -> list[str]:
    """Return the names of the columns of a subject."""
    values = {name: 0 for name in ("home", "account") if f":{name}" in sql}
    return list(db.session.execute(text(sql), values).keys())
