"""Many labels at once: asked for with a button, watched on a page that may be closed, fetched when they are there."""

from __future__ import annotations

import re

import pytest

from supplyhub.db import execute, scalar, transaction
from supplyhub.people.states import Role
from supplyhub.reports import printing
from supplyhub.web.pages import packing_prints, print_jobs
from tests.factories import an_account
from tests.factories_depot import Town
from tests.printed import texts_of
from tests.web.test_pages import sign_in


class Desk:
    """A depot with two grids of three parcels each, where more than four labels are many."""

    def __init__(self, client) -> None:
        self.town = Town(grids=2, homes=3)
        self.town.everybody_orders(V001=1)
        self.town.share()
        self.client = sign_in(client, self.town.depot.account_id)

    def page(self, path: str = "") -> str:
        return self.client.get(f"/depot/print{path}").text

    def start(self, **form):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page())
        assert token
        data = {"csrf_token": token[1], "printed": "parcels", "paper": "a4"} | form
        return self.client.post("/depot/print/jobs", data=data)

    def started(self) -> int:
        answer = self.start()
        assert answer.status_code == 303
        return int(answer.location.rsplit("/", 1)[1])


@pytest.fixture
def desk(client, monkeypatch) -> Desk:
    monkeypatch.setattr(packing_prints, "MOST_AT_ONCE", 4)
    return Desk(client)


def test_few_are_printed_at_once_and_many_by_a_button(desk):
    batch = desk.town.batch_of(desk.town.first)
    few, many = desk.page(f"?batch={batch}"), desk.page()
    assert "/depot/print/jobs" not in few
    assert "labels.pdf?kind=parcels" in few
    assert 'action="/depot/print/jobs?cycle=' in many
    assert "labels.pdf?kind=parcels" not in many


def test_the_address_of_few_asked_for_many_leads_to_the_button(desk):
    for path in ("labels.pdf?kind=parcels", "list.pdf?by=order"):
        answer = desk.client.get(f"/depot/print/{path}", follow_redirects=True)
        assert "要在后台打" in answer.text
    assert desk.client.get("/depot/print/list.pdf?by=product").mimetype == "application/pdf"


def test_a_job_is_watched_until_it_is_done_and_then_fetched(desk):
    job = desk.started()
    page = desk.page(f"/jobs/{job}")
    assert "在排队" in page
    assert "0 / 6" in page
    assert '<meta http-equiv="refresh"' in page
    assert desk.client.get(f"/depot/print/jobs/{job}/1.pdf").status_code == 404
    live = f"/depot/print/jobs/{job}/live"
    tag = desk.client.get(live).headers["ETag"]
    assert desk.client.get(live, headers={"If-None-Match": tag}).status_code == 304
    printing.print_file(job, 1)
    fresh = desk.client.get(live, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert "打好了" in fresh.text
    assert "data-goes-on" not in fresh.text
    pdf = desk.client.get(f"/depot/print/jobs/{job}/1.pdf")
    assert pdf.mimetype == "application/pdf"
    assert len(texts_of(pdf.data)) == 2
    # Whoever closed the page finds it again.
    assert f'href="/depot/print/jobs/{job}"' in desk.page()


def test_when_nothing_stirs_it_says_so_and_offers_each_grid_by_itself(desk, monkeypatch):
    job = desk.started()
    assert "后台没有动静" not in desk.page(f"/jobs/{job}")
    monkeypatch.setattr(print_jobs, "PATIENCE_SECONDS", -1)
    page = desk.page(f"/jobs/{job}")
    assert "后台没有动静" in page
    for side in desk.town.sides:
        batch = desk.town.batch_of(side)
        address = f"/depot/print/labels.pdf?batch={batch}&amp;kind=parcels&amp;paper=a4"
        assert f'href="{address}"' in page
        assert desk.client.get(address.replace("&amp;", "&")).mimetype == "application/pdf"


def test_what_failed_says_that_it_is_tried_again(desk):
    job = desk.started()
    with transaction():
        execute("UPDATE print_job SET begun_at = now(), failed_at = now()")
    assert "会自己再试" in desk.page(f"/jobs/{job}")


def test_what_is_no_print_or_nobodys_is_refused(desk):
    assert desk.start(printed="cards").status_code == 404
    assert desk.client.get("/depot/print/jobs/999999").status_code == 404
    assert desk.client.get("/depot/print/jobs/999999/live").status_code == 404
    assert scalar("SELECT count(*) FROM print_job") == 0


def test_another_depot_fetches_nothing(desk, client):
    job = desk.started()
    printing.print_file(job, 1)
    stranger = sign_in(client, an_account(Town(homes=1).community, Role.DEPOT).id)
    for path in ("", "/live", "/1.pdf"):
        assert stranger.get(f"/depot/print/jobs/{job}{path}").status_code == 404
