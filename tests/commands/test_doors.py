"""Finding doors and whom to call: in the lead's grid, as the running cycle has it, and nowhere else."""

from __future__ import annotations

import pytest

from supplyhub.crypto import Vault
from supplyhub.db import db
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.ordering.doors import contacts_for, door_for
from supplyhub.ordering.finding import door_numbers, doors_matching, find_doors
from supplyhub.people.states import Role
from supplyhub.residents.register import CONTACT, PHONE, PHONE_PURPOSE
from tests.factories import Shop, a_grid, an_account, asking

pytestmark = pytest.mark.usefixtures("database")
VAULT = Vault({"k1": bytes(32)})


def test_a_moved_building_is_reached_by_the_lead_of_the_running_cycle_and_by_the_new_one():
    shop = Shop()
    elsewhere = a_grid(shop.community)
    shop.building.grid_id = elsewhere.id
    db.session.commit()
    new_lead = asking(an_account(shop.community, Role.GRID_LEAD, grid=elsewhere).id)
    for lead in (shop.lead(), new_lead):
        assert door_for(lead, shop.home.id).id == shop.home.id
    shop.cycle.state = "closed"
    db.session.commit()
    with pytest.raises(NotFoundError):
        door_for(shop.lead(), shop.home.id)


def test_contacts_are_opened_for_the_grids_lead_only():
    shop = Shop()
    shop.home.contact_name_sealed = VAULT.seal("徐鹏", *CONTACT, shop.home.id)
    shop.home.phone_sealed = VAULT.seal("19900000545", *PHONE, shop.home.id)
    db.session.commit()
    assert contacts_for(shop.lead(), [shop.home.id], vault=VAULT)[shop.home.id].phone == "19900000545"
    assert contacts_for(Shop().lead(), [shop.home.id], vault=VAULT) == {}
    with pytest.raises(NotAllowedError):
        contacts_for(shop.resident(), [shop.home.id], vault=VAULT)


def test_a_typed_door_is_found_in_the_own_grid_only():
    shop = Shop()
    typed = f"{shop.building.number}-1-{shop.home.door}"
    assert [door.id for door in doors_matching(shop.lead(), typed)] == [shop.home.id]
    assert doors_matching(Shop().lead(), typed) == []
    assert doors_matching(shop.lead(), "没有号") == []


@pytest.mark.parametrize(
    "typed",
    ["47-1-101", "47#1-101", "47号楼1单元101", "４７号楼１单元１０１", "四十七号楼一单元101", "47栋 1 单元 101室"],
)
def test_a_door_is_read_in_the_ways_people_write_it(typed):
    assert door_numbers(typed) == ["47", "1", "101"]


@pytest.mark.parametrize("typed", ["", "王阿姨", "张三", "1234567-1-101"])
def test_what_names_no_door_has_no_numbers(typed):
    assert door_numbers(typed) == []


class Known(Shop):
    """A shop whose first household has a name and a telephone."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.home.contact_name_sealed = VAULT.seal("徐鹏", *CONTACT, self.home.id)
        self.home.phone_hash = VAULT.lookup_hash("19900000545", PHONE_PURPOSE)
        self.another_home()
        db.session.commit()


@pytest.mark.parametrize("typed", ["199 0000 0545", "+86 199-0000-0545", "徐鹏", "徐", "徐阿姨", " 鹏 "])
def test_a_door_is_found_by_telephone_or_name_in_the_own_grid_only(typed):
    known = Known()
    found = find_doors(known.lead(), typed, vault=VAULT)
    assert [door.id for door in found] == ([] if "鹏" in typed and "徐" not in typed else [known.home.id])
    assert find_doors(Shop().lead(), typed, vault=VAULT) == []


def test_a_coordinator_finds_a_telephone_anywhere_and_opens_no_names():
    known = Known()
    assert [door.id for door in find_doors(known.coordinator(), "19900000545", vault=VAULT)] == [known.home.id]
    assert find_doors(known.coordinator(), "徐鹏", vault=VAULT) == []


def test_nobody_is_found_by_an_unknown_name_or_telephone():
    known = Known()
    for typed in ("李", "阿姨", "13800000000", "   "):
        assert find_doors(known.lead(), typed, vault=VAULT) == []
