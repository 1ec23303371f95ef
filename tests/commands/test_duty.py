"""The duty card: written by its lead and the coordinator, read by those of its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.crypto import Vault
from supplyhub.db import scalar
from supplyhub.errors import InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.duty import MOST_LINES, add_line, change_line, end_line, lines_of, raise_line, written_cards
from supplyhub.people.states import DutyTitle, Role
from supplyhub.reports.duty_poster import contents, duty_poster_pdf
from supplyhub.residents.duty_cards import duty_card_for
from tests.factories import Shop, a_badge, a_building, a_grid, a_household, an_account, an_anchor, asking

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

VAULT = Vault({"k1": b"1" * 32})


@pytest.fixture
def shop(database) -> Shop:
    return Shop()


def put(asker: Asker, shop: Shop, name: str, phone: str = "0591-8765 4321") -> None:
    add_line(asker, shop.grid.number, title=DutyTitle.LIAISON, name=name, phone=phone, vault=VAULT)


def names(shop: Shop) -> list[str]:
    return [line.name for line in lines_of(shop.grid.id, vault=VAULT)]


def test_those_of_the_grid_read_whom_to_call(shop):
    lead = shop.lead()
    put(lead, shop, "柯健")
    put(shop.coordinator(), shop, "林医生", "")
    an_anchor(shop.home)
    for reader in (shop.resident(), lead, asking(a_badge(shop.grid).account_id)):
        card = duty_card_for(reader, vault=VAULT)
        assert [(line.name, line.phone) for line in card.lines] == [("柯健", "0591-8765 4321"), ("林医生", "")]
        assert (card.grid_number, [home.door for home in card.anchors]) == (shop.grid.number, [shop.home.door])
        assert card.leads == [lead.display_name]
    assert scalar("SELECT count(*) FROM duty_entry WHERE position('8765'::bytea IN phone_sealed) > 0") == 0


def test_another_grids_card_is_nobody_elses(shop):
    other = a_grid(shop.community, 88)
    stranger = asking(an_account(shop.community, Role.GRID_LEAD, grid=other).id)
    neighbour = asking(a_household(a_building(other)).account_id)
    put(shop.lead(), shop, "柯健")
    for reader in (stranger, neighbour):
        assert duty_card_for(reader, vault=VAULT).lines == []
    with pytest.raises(NotFoundError):
        put(stranger, shop, "别人")
    with pytest.raises(NotFoundError):
        duty_card_for(stranger, grid=shop.grid.number, vault=VAULT)
    with pytest.raises(NotAllowedError):
        put(shop.resident(), shop, "自己")
    (line,) = lines_of(shop.grid.id, vault=VAULT)
    with pytest.raises(NotFoundError):
        end_line(stranger, other.number, line.id)
    assert names(shop) == ["柯健"]


def test_a_line_is_changed_moved_up_and_taken_off_with_its_number(shop):
    lead = shop.lead()
    for name in ("甲", "乙", "丙"):
        put(lead, shop, name)
    first, second, third = lines_of(shop.grid.id, vault=VAULT)
    raise_line(lead, shop.grid.number, third.id)
    raise_line(lead, shop.grid.number, first.id)
    assert names(shop) == ["甲", "丙", "乙"]
    said = {"title": DutyTitle.LEAD, "name": "甲二", "phone": "110", "vault": VAULT}
    change_line(lead, shop.grid.number, first.id, **said)
    end_line(lead, shop.grid.number, second.id)
    end_line(lead, shop.grid.number, second.id)
    assert names(shop) == ["甲二", "丙"]
    assert scalar("SELECT phone_sealed FROM duty_entry WHERE id = :id", id=second.id) is None
    with pytest.raises(NotFoundError):
        change_line(lead, shop.grid.number, second.id, **said)
    assert written_cards(shop.coordinator()) == {shop.grid.number: 2}


@pytest.mark.parametrize(
    ("name", "phone", "field"),
    [("", "110", "name"), ("甲", "晚上打", "phone"), ("甲", "1", "phone"), ("甲" * 41, "", "name")],
)
def test_what_is_no_name_or_no_number_is_refused(shop, name, phone, field):
    with pytest.raises(InvalidError) as refused:
        put(shop.lead(), shop, name, phone)
    assert refused.value.data["field"] == field


def test_a_card_has_room_for_so_many(shop):
    lead = shop.lead()
    for number in range(MOST_LINES):
        put(lead, shop, f"第{number}位")
    with pytest.raises(InvalidError):
        put(lead, shop, "多了")


def test_the_poster_says_whom_to_call_and_where_to_ask_but_no_households_number(shop):
    lead = shop.lead()
    put(lead, shop, "柯健")
    an_anchor(shop.home)
    said = contents(lead, grid=shop.grid.number, public_url="https://hub.example", vault=VAULT)
    assert said["lines"] == [{"title": "联络员", "title_en": "Liaison", "name": "柯健", "phone": "0591-8765 4321"}]
    assert said["anchors"] == [f"{shop.building.name} 1单元 {shop.home.door}"]
    assert (said["site"], said["qr"].startswith("<svg")) == ("hub.example/ask", True)
    pdf = duty_poster_pdf(lead, grid=shop.grid.number, public_url="http://127.0.0.1:5000", vault=VAULT)
    assert pdf.startswith(b"%PDF-")
    assert contents(lead, grid=shop.grid.number, public_url="http://127.0.0.1:5000", vault=VAULT)["qr"] == ""
    with pytest.raises(NotAllowedError):
        contents(shop.resident(), grid=shop.grid.number, public_url="https://hub.example", vault=VAULT)
