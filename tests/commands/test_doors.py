"""Finding doors and whom to call: in the lead's grid, as the running cycle has it, and nowhere else."""

from __future__ import annotations

import pytest

from supplyhub.crypto import Vault
from supplyhub.db import db
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.ordering.doors import contacts_for, door_for, doors_matching
from supplyhub.people.states import Role
from supplyhub.residents.register import CONTACT, PHONE
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
