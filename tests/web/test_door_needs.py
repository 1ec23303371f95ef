"""What a door needs is said by its household or its lead, and by nobody else."""

from __future__ import annotations

import time
from typing import Any

import pytest

from supplyhub.db import rows
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.residents.needs import needs_of, say_needs
from supplyhub.residents.states import DoorNeed
from tests.factories import Shop, a_device


def sign_in(client: Any, account: int, device: int | None = None) -> None:
    with client.session_transaction() as session:
        session["_user_id"], session["until"], session["device"] = f"{account}.1", time.time() + 60, device


def send(client: Any, page: str, *needs: str) -> Any:
    token = client.get(page).get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    data = {"need": list(needs), "csrf_token": token}
    return client.post(f"{page}/needs", data=data, follow_redirects=True)


def test_a_household_says_what_its_door_needs_and_its_lead_too(client):
    shop = Shop()
    sign_in(client, shop.home.account_id, a_device(shop.home.id).id)
    assert "记好了" in send(client, "/household", "call_first", "no_stairs").get_data(as_text=True)
    assert needs_of(shop.resident(), shop.home.id) == {DoorNeed.CALL_FIRST, DoorNeed.NO_STAIRS}
    assert send(client, "/household", "surprise").status_code == 422
    lead = shop.lead()
    sign_in(client, lead.account_id)
    page = send(client, f"/cards/{shop.home.id}", "no_contact").get_data(as_text=True)
    assert 'value="no_contact" checked' in page
    (need,) = rows("SELECT need, noted_by FROM household_need")
    assert tuple(need) == ("no_contact", lead.account_id)


def test_nobody_else_reads_or_says_what_a_door_needs(database):
    shop, elsewhere = Shop(), Shop()
    for asker in (elsewhere.lead(), elsewhere.coordinator(), shop.resident(shop.another_home())):
        with pytest.raises((NotFoundError, NotAllowedError)):
            say_needs(asker, shop.home.id, [DoorNeed.CALL_FIRST])
        with pytest.raises((NotFoundError, NotAllowedError)):
            needs_of(asker, shop.home.id)
    assert rows("SELECT * FROM household_need") == []
