"""The coordinator loads a register: tried by the worker, looked at, loaded, taken back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from supplyhub.db import db, execute, row, scalar, transaction
from supplyhub.people.states import Role
from supplyhub.residents.register_file import read_households
from supplyhub.residents.register_jobs import forget_jobs, run_job
from tests.factories import Shop, a_community, an_account
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

HEADER = "楼栋,单元,门牌号,人数,联系人,联系方式,特殊群体,网格,小网格"
ONE = "801号楼,1单元,101,4,曾晨欣,19900000000,,81,"
PAGES = "/coordinator/register/imports"


class Desk:
    """A coordinator at the pages, and the worker behind them."""

    def __init__(self, app: Flask, client: FlaskClient, shop: Shop) -> None:
        self.app, self.client = app, client
        sign_in(client, shop.coordinator().account_id)

    def send(self, *lines: str, header: str = HEADER) -> int:
        data = "\n".join([header, *lines, ""]).encode()
        sent = self.client.post(PAGES, data={"households": (io.BytesIO(data), "底册.csv")})
        assert sent.status_code == 303
        return int(sent.headers["Location"].rsplit("/", 1)[1])

    def work(self, job_id: int) -> None:
        run_job(job_id, vault=self.app.extensions["vault"])

    def page(self, job_id: int) -> str:
        return self.client.get(f"{PAGES}/{job_id}").get_data(as_text=True)


@pytest.fixture
def desk(app: Flask, client: FlaskClient, database: None, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return Desk(app, client, Shop())


def test_a_file_is_tried_looked_at_and_loaded(desk):
    job = desk.send(ONE)
    assert "在排队" in desk.page(job)
    desk.work(job)
    tried = desk.page(job)
    assert "还没改动任何东西" in tried
    assert "801-1-101" in tried
    assert scalar("SELECT count(*) FROM building WHERE name = '801号楼'") == 0
    desk.client.post(f"{PAGES}/{job}/load")
    desk.work(job)
    assert "导入好了" in desk.page(job)
    assert scalar("SELECT count(*) FROM building WHERE name = '801号楼'") == 1
    assert tuple(row("SELECT kept, step = steps FROM register_job WHERE id = :job", job=job)) == (None, True)


def test_a_file_that_was_not_confirmed_is_never_loaded_however_often_the_worker_comes(desk):
    job = desk.send(ONE)
    for _ in range(3):
        desk.work(job)
    assert scalar("SELECT count(*) FROM building WHERE name = '801号楼'") == 0


def test_confirming_twice_and_working_twice_load_once(desk):
    job = desk.send(ONE)
    desk.work(job)
    for _ in range(2):
        assert desk.client.post(f"{PAGES}/{job}/load").status_code == 303
    for _ in range(2):
        desk.work(job)
    assert scalar("SELECT count(*) FROM register_import") == 1


def test_names_and_phones_wait_sealed_and_are_on_no_page(desk):
    job = desk.send(ONE)
    desk.work(job)
    lying = bytes(scalar("SELECT kept FROM register_job")) + scalar("SELECT found::text FROM register_job").encode()
    for personal in ("曾晨欣", "19900000000"):
        assert personal.encode() not in lying
        assert personal not in desk.page(job)


def test_a_refused_file_names_its_lines_and_its_bytes_are_gone(desk):
    job = desk.send(ONE, "801号楼,1单元,102,四,,,,81,")
    desk.work(job)
    assert "第 3 行" in desk.page(job)
    assert tuple(row("SELECT kept, found FROM register_job")) == (None, None)
    assert desk.client.post(f"{PAGES}/{job}/load", follow_redirects=True).status_code == 200
    assert scalar("SELECT count(*) FROM outbox WHERE topic = 'register_job'") == 1


def test_files_that_nobody_loads_within_an_hour_are_let_go_and_the_page_says_so(desk):
    job = desk.send(ONE)
    desk.work(job)
    with transaction():
        execute("UPDATE register_job SET asked_at = asked_at - interval '61 minutes'")
    forget_jobs()
    assert scalar("SELECT kept FROM register_job") is None
    answer = desk.client.post(f"{PAGES}/{job}/load", follow_redirects=True).get_data(as_text=True)
    assert "文件放得太久" in answer


def test_the_part_that_changes_is_sent_once_and_then_only_when_it_changed(desk):
    job = desk.send(ONE)
    first = desk.client.get(f"{PAGES}/{job}/live")
    assert desk.client.get(f"{PAGES}/{job}/live", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    desk.work(job)
    assert desk.client.get(f"{PAGES}/{job}/live", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_worker_that_is_away_is_said_so(desk):
    job = desk.send(ONE)
    with transaction():
        execute("UPDATE register_job SET asked_at = asked_at - interval '1 minute'")
    assert "后台没有动静" in desk.page(job)


def test_an_import_is_taken_back_after_asking_once_more(desk):
    # No cycle is open in this town yet.
    with transaction():
        execute("UPDATE cycle SET created_at = created_at - interval '1 day'")
    job = desk.send(ONE)
    desk.work(job)
    desk.client.post(f"{PAGES}/{job}/load")
    desk.work(job)
    last = scalar("SELECT max(id) FROM register_import")
    assert f"{PAGES}/undo/{last}" in desk.page(job)
    assert "底册回到这次导入以前" in desk.client.get(f"{PAGES}/undo/{last}").get_data(as_text=True)
    answer = desk.client.post(f"{PAGES}/undo/{last}", follow_redirects=True).get_data(as_text=True)
    assert "撤回了" in answer
    assert scalar("SELECT count(*) FROM building WHERE name = '801号楼'") == 0


def test_an_empty_list_can_be_downloaded_and_is_read_again(desk):
    data = desk.client.get(f"{PAGES}/sample.xlsx").data
    (door,) = read_households(data)
    assert (door.building, door.door, door.grid) == ("1号楼", "101", 1)


def test_a_coordinator_of_another_community_sees_none_of_it(desk):
    job = desk.send(ONE)
    desk.work(job)
    sign_in(desk.client, an_account(a_community(), Role.COORDINATOR).id)
    for way in (f"{PAGES}/{job}", f"{PAGES}/{job}/live"):
        assert desk.client.get(way).status_code == 404
    assert desk.client.post(f"{PAGES}/{job}/load").status_code == 404
    db.session.rollback()
    assert scalar("SELECT confirmed_at FROM register_job") is None
