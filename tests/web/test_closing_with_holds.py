"""A lead closes a menu while households are still paying: it says so, and closes by itself after them."""

from __future__ import annotations

import pytest

from supplyhub.catalog.commands import close_due_menus
from supplyhub.db import scalar
from tests.factories import bearer
from tests.factories_paying import PrepaidShop, everything_runs, time_passes
from tests.web.test_pages import sign_in, token_of


@pytest.fixture
def shop(client, gateway) -> PrepaidShop:
    """Return a prepaid menu on which two households are paying."""
    shop = PrepaidShop(gateway)
    for home in (shop.home, shop.neighbour()):
        shop.order(1, home=home)
    return shop


@pytest.mark.parametrize(("lang", "said"), [("zh", "还有 2 户在付钱"), ("en", "2 households are still paying")])
def test_the_page_says_how_many_the_menu_waits_for(client, shop, lang, said):
    sign_in(client, shop.lead.account_id)
    client.set_cookie("lang", lang)
    url = f"/grid/menu/{shop.menu_id}/close"
    token = token_of(client.get(url).text)
    assert said in client.post(url, data={"csrf_token": token}, follow_redirects=True).text


def test_the_api_takes_it_and_the_menu_closes_after_the_last_hold(client, shop):
    url = f"/api/v1/menus/{shop.menu_id}/close"
    assert client.post(url, headers=bearer(shop.lead.account_id)).status_code == 204
    assert scalar("SELECT state FROM menu") == "published"
    time_passes(15)
    everything_runs(shop.gateway)
    close_due_menus()
    assert scalar("SELECT state FROM menu") == "closed"
