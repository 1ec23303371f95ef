"""Two leads who apply one chain at once: it is applied once. With the lock off it goes wrong."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.models import Product
from supplyhub.crypto import Vault
from supplyhub.db import db, rows, scalar
from supplyhub.ordering.relay import books
from supplyhub.ordering.relay.applying import apply_relay
from supplyhub.ordering.relay.planning import Fate
from tests.factories import Shop, a_household
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd

LEADS = 8
HOMES = 5
VAULT = Vault({"k1": bytes(32)})


@pytest.fixture
def pasting(committed: Any) -> tuple[list[Any], int, str]:
    """Return leads of one grid, its menu and a chain of five doors."""
    shop = Shop()
    shop.item(offered=1000, cap=50)
    db.session.query(Product).one().name_zh = "土豆"
    db.session.commit()
    homes = [a_household(shop.building, door=f"{floor}02") for floor in range(1, HOMES + 1)]
    text = "\n".join(f"{n}. {shop.building.number}-1-{home.door} 土豆2" for n, home in enumerate(homes, 1))
    return [shop.lead() for _ in range(LEADS)], shop.menu.id, text


def at_once(crowd: Crowd, pasting: tuple[list[Any], int, str]) -> list[Any]:
    leads, menu, text = pasting
    return crowd.at_once([lambda who=who: apply_relay(who, menu, text, vault=VAULT) for who in leads])


def test_eight_leads_who_apply_one_chain_at_once_apply_it_once(pasting, crowd: Crowd):
    sheets = at_once(crowd, pasting)
    placed = [len(sheet.fated(Fate.PLACED)) for sheet in sheets]
    assert sorted(placed) == [0] * (LEADS - 1) + [HOMES]
    assert all(len(sheet.fated(Fate.SAME)) == HOMES for sheet in sheets if not sheet.fated(Fate.PLACED))
    assert scalar("SELECT count(*) FROM relay_entry") == HOMES
    assert rows("SELECT DISTINCT version FROM orders") == [(1,)]
    assert scalar("SELECT sum(reserved) FROM menu_item") == 2 * HOMES


def added_at_once(crowd: Crowd, pasting: tuple[list[Any], int, str]) -> list[Any]:
    """Let each lead paste the chain with one more entry of the first door, each at another number, and say that it is more."""
    leads, menu, text = pasting
    apply_relay(leads[0], menu, text, vault=VAULT)
    door = text.splitlines()[0].split()[1]
    chains = [f"{text}\n{HOMES + n}. {door} 再加土豆{n}" for n in range(1, LEADS + 1)]
    return crowd.at_once(
        [
            lambda who=who, n=n: apply_relay(
                who, menu, chains[n - 1], fixes={HOMES + 1: f"{door} 再加土豆{n}"}, vault=VAULT
            )
            for n, who in enumerate(leads, start=1)
        ]
    )


def test_of_entries_that_eight_leads_add_to_one_door_at_once_none_is_lost(pasting, crowd: Crowd):
    added_at_once(crowd, pasting)
    assert scalar("SELECT max(quantity) FROM order_line") == 2 + sum(range(1, LEADS + 1))
    assert scalar("SELECT count(*) FROM relay_entry") == HOMES + LEADS


def test_without_the_lock_on_the_relay_some_of_them_are_lost(pasting, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    all_have_read = Barrier(LEADS, timeout=PATIENCE_SECONDS)
    read = books.standing_of

    def unlocked(menu_id: int, households: Any) -> Any:
        found = read(menu_id, households)
        if scalar("SELECT count(*) FROM relay_entry"):
            all_have_read.wait()
        return found

    monkeypatch.setattr(books, "lock_relay", lambda _menu: None)
    monkeypatch.setattr(books, "standing_of", unlocked)
    sheets = added_at_once(crowd, pasting)
    assert any(sheet.fated(Fate.WEB) for sheet in sheets)
    assert scalar("SELECT max(quantity) FROM order_line") < 2 + sum(range(1, LEADS + 1))
