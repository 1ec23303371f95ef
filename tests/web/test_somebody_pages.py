"""Ordering for somebody on pages: asked first, on record, read back; and an anchor sees doors, nothing else."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.late import order_later
from supplyhub.db import db, rows, scalar
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.ordering.states import Channel
from supplyhub.people.states import Role
from supplyhub.reports.slip import slip_of, slip_pdf, slip_text
from supplyhub.residents.anchors import appoint_anchor
from supplyhub.residents.register import CONTACT, PHONE
from tests.factories import Shop, an_account, in_care
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PHONE_NUMBER = "19900000545"


class Helping:
    """A lead at a phone, and a household with a name, a telephone and an entry in the care register."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        vault = app.extensions["vault"]
        self.shop, self.client = Shop(), client
        self.item = self.shop.item()
        self.home = self.shop.another_home()
        self.home.contact_name_sealed = vault.seal("徐鹏", *CONTACT, self.home.id)
        self.home.phone_sealed = vault.seal(PHONE_NUMBER, *PHONE, self.home.id)
        in_care(self.home)
        self.lead = an_account(self.shop.community, Role.GRID_LEAD, grid=self.shop.grid)
        sign_in(client, self.lead.id)

    def agree(self, how: str = "phone", home: int | None = None) -> Any:
        return self.client.post(f"/for/{home or self.home.id}/consent", data={"how": how})

    def place(self) -> Any:
        self.client.post(f"/for/{self.home.id}/menu", data={f"q{self.item.id}": "2", "go": "1"})
        return self.client.post(f"/for/{self.home.id}/order", data={"total_fen": str(2 * self.item.price_fen)})


@pytest.fixture
def helping(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Helping:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    return Helping(app, client)


def test_nothing_is_ordered_for_somebody_who_was_not_asked(helping: Helping) -> None:
    answer = helping.place()
    assert answer.location.endswith(f"/for/{helping.home.id}/consent")
    helping.agree(home=helping.shop.home.id)
    assert helping.place().location.endswith("/consent")
    assert scalar("SELECT count(*) FROM orders") == 0
    assert helping.client.get(f"/for/{helping.home.id}/menu").location.endswith("/consent")


def test_a_yes_of_an_hour_ago_is_asked_for_again(helping: Helping, monkeypatch: pytest.MonkeyPatch) -> None:
    helping.agree()
    an_hour_later = time.time() + 3600
    monkeypatch.setattr("supplyhub.web.pages.consent.time", SimpleNamespace(time=lambda: an_hour_later))
    assert helping.place().location.endswith("/consent")
    assert scalar("SELECT count(*) FROM orders") == 0


@pytest.mark.parametrize("how", ["", "web", "relay", "shouted"])
def test_how_somebody_agreed_is_a_needed_choice(helping: Helping, how: str) -> None:
    answer = helping.agree(how)
    assert answer.status_code == 422
    assert "没问过" in answer.text
    assert helping.place().location.endswith("/consent")


def test_an_order_by_telephone_is_on_record_with_its_call_and_the_next_is_asked_for_again(helping: Helping) -> None:
    helping.agree()
    shown = helping.client.get(helping.place().location).text
    assert f"{helping.lead.display_name}（网格长）代下，电话" in shown
    (entry,) = rows("SELECT channel, account_id, version FROM proxy_order")
    assert tuple(entry) == ("phone", helping.lead.id, 1)
    assert scalar("SELECT outcome FROM call_attempt") == "ordered"
    listed = helping.client.get("/grid/households?standing=ordered").text
    assert "代下，电话" in listed
    assert helping.client.get(f"/for/{helping.home.id}/menu").location.endswith("/consent")
    cancelled = helping.client.post(
        f"/for/{helping.home.id}/cancel", data={"menu": helping.shop.menu.id, "version": "1"}
    )
    assert "/consent?then=cancel" in cancelled.location
    assert scalar("SELECT state FROM orders") == "placed"


def test_a_no_comes_too_late_for_a_household_that_ordered_meanwhile(helping: Helping) -> None:
    helping.agree("doorstep")
    helping.place()
    answer = helping.client.post(
        "/grid/calls", data={"household": helping.home.id, "outcome": "declined"}, follow_redirects=True
    )
    assert "刚刚已经下单" in answer.text
    assert scalar("SELECT count(*) FROM declined") == 0
    assert scalar("SELECT state FROM orders") == "placed"


def test_the_telephone_is_behind_a_button_and_never_written_out(helping: Helping) -> None:
    for path in ("/grid", "/grid/households", f"/for/{helping.home.id}/consent"):
        page = helping.client.get(path).text
        assert f'href="tel:{PHONE_NUMBER}"' in page, path
        assert PHONE_NUMBER not in page.replace(f"tel:{PHONE_NUMBER}", ""), path


def test_the_counts_for_the_script_are_those_of_the_page(helping: Helping) -> None:
    address = f"/grid/cycles/{helping.shop.cycle.id}/counts"
    assert helping.client.get(address).json | {"all": 0} == {
        "ordered": 0, "declined": 0, "silent": 2, "all": 0, "care": 1, "uncalled": 2, "again": 0, "will_order": 0,
    }  # fmt: skip
    assert address in helping.client.get("/grid").text


def test_an_anchor_sees_doors_and_nothing_else_of_the_neighbours(helping: Helping) -> None:
    shop = helping.shop
    appoint_anchor(shop.lead(), shop.home.id)
    sign_in(helping.client, shop.home.account_id)
    assert "替邻居下单" in helping.client.get("/menu").text
    for path in ("/neighbours", f"/for/{helping.home.id}/consent"):
        page = helping.client.get(path).text
        assert helping.home.door in page, path
        assert not any(secret in page for secret in ("徐", PHONE_NUMBER, "tel:", "sms:", "要照顾")), path
    helping.agree("doorstep")
    shown = helping.client.get(helping.place().location).text
    assert f"{shop.resident().display_name}（中心户）代下，上门" in shown
    assert scalar("SELECT count(*) FROM call_attempt") == 0
    slip = helping.client.get(f"/for/{helping.home.id}/slip/{shop.menu.id}").text
    assert not any(secret in slip for secret in ("徐", PHONE_NUMBER, "sms:"))


def test_who_is_no_anchor_reads_so_and_reaches_no_neighbour(helping: Helping) -> None:
    sign_in(helping.client, helping.shop.home.account_id)
    assert "您家不是中心户" in helping.client.get("/neighbours").text
    for page in ("consent", "menu", "order", f"slip/{helping.shop.menu.id}"):
        assert helping.client.get(f"/for/{helping.home.id}/{page}").status_code == 404
    assert helping.client.get(f"/for/{helping.shop.home.id}/consent").status_code == 404


def test_the_slip_says_door_lines_sum_who_and_how_to_change_and_nothing_else(helping: Helping) -> None:
    shop, lead = helping.shop, helping.shop.lead()
    place_order(
        lead, menu_id=shop.menu.id, household_id=helping.home.id, expected=None, lines=[Line(helping.item.id, 2)],
        total_fen=2 * helping.item.price_fen, note="住三楼，腿不好", channel=Channel.DOORSTEP,
    )  # fmt: skip
    slip = slip_of(lead, shop.menu.id, helping.home.id)
    said = f"{shop.building.number}-1-{helping.home.door}"
    first, day, line, total, entered, change = slip_text(slip).splitlines()
    assert first == f"【{shop.community.name} {shop.grid.name}】{said} 的订单"
    assert day == "4月12日（周日）送到门口"
    assert line.endswith(" 2份 9.60元")
    assert total == "共1样，9.60元，送到再付"
    assert entered.startswith(f"{lead.display_name}（网格长）代下，上门 ")
    assert change.endswith("截单，之前都能改：找代下的人，或扫自家户码卡改。")
    assert slip_pdf(slip).startswith(b"%PDF")
    own = shop.resident(helping.home)
    shop.menu.state = "closed"
    db.session.commit()
    assert "已经截单" in slip_text(slip_of(own, shop.menu.id, helping.home.id))
    assert helping.client.get(f"/for/{shop.home.id}/slip/{shop.menu.id}").status_code == 404


def test_the_slip_says_what_is_taken_at_most_and_what_may_be_changed_longer(helping: Helping) -> None:
    shop, lead = helping.shop, helping.shop.lead()
    place_order(
        lead, menu_id=shop.menu.id, household_id=helping.home.id, expected=None,
        lines=[Line(helping.item.id, 2, most=4)], total_fen=2 * helping.item.price_fen, channel=Channel.PHONE,
    )  # fmt: skip
    order_later(lead, shop.menu.id, helping.item.id, shop.menu.cutoff_at + timedelta(hours=1))
    text = slip_text(slip := slip_of(lead, shop.menu.id, helping.home.id))
    assert " 2份 9.60元（凑满一箱时最多 4 份）" in text
    assert "延了时间的还能改：" in text.splitlines()[-1]
    assert slip_pdf(slip).startswith(b"%PDF")
