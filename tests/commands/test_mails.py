"""Mails to households: the clock reads what is new, and no more; nothing is lost by it, and nothing written twice."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.catalog.commands import publish_menu
from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.commands import record_doors
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.states import StopOutcome
from supplyhub.notifications import mailing
from supplyhub.notifications.channels import add_mail_box
from supplyhub.notifications.mailing import SWEEPS_EVERY, Mails
from supplyhub.notifications.news import GRIDS_WITH_NEWS, HOMES_WITH_NEWS
from tests.factories import Shop, asking
from tests.factories_depot import a_walk
from tests.factories_money import orders_of

if TYPE_CHECKING:
    from supplyhub.crypto import Vault

pytestmark = pytest.mark.usefixtures("database")
MANY = 10_000


@pytest.fixture
def vault(app: Any) -> Vault:
    found: Vault = app.extensions["vault"]
    return found


def a_mail_box(account: int, vault: Vault) -> int:
    box = add_mail_box(asking(account), "lin@example.org", language="zh", vault=vault)
    execute("UPDATE channel SET confirmed_at = clock_timestamp() - interval '1 day' WHERE id = :id", id=box)
    execute("UPDATE message SET state = 'dropped' WHERE matter = 'confirm_mail'")
    db.session.commit()
    return box


def quiet() -> Mails:
    """Return what looks for news after everything that is known now was looked at, and is long past."""
    mails = Mails()
    mails.look()
    execute("DELETE FROM message WHERE matter <> 'confirm_mail'")
    for table, at in (("menu", "opens_at"), ("grid_zone_level", "valid_from")):
        execute(f"UPDATE {table} SET {at} = {at} - interval '5 hours'")
    execute("UPDATE menu SET cutoff_at = clock_timestamp() + interval '3 hours' WHERE state = 'published'")
    db.session.commit()
    return mails


def told() -> list[str]:
    return [message.matter for message in rows("SELECT matter FROM message WHERE matter <> 'confirm_mail' ORDER BY id")]


def test_what_happens_to_a_grid_is_mailed_by_the_next_look(vault):
    shop = Shop()
    a_mail_box(shop.home.account_id, vault)
    mails = quiet()
    assert mails.look() == 0
    execute("UPDATE menu SET opens_at = clock_timestamp()")
    execute("INSERT INTO grid_zone_level (grid_id, level, valid_from) VALUES (:g, 'lockdown', now())", g=shop.grid.id)
    db.session.commit()
    assert mails.look() == 2
    assert mails.look() == 0
    assert sorted(told()) == ["level_changed", "menu_opened"]


def test_a_menu_that_is_published_after_its_opening_is_mailed_by_the_next_look(vault):
    shop = Shop()
    shop.item()
    a_mail_box(shop.home.account_id, vault)
    execute("UPDATE menu SET state = 'draft'")
    db.session.commit()
    mails = quiet()
    execute(
        "UPDATE menu SET opens_at = clock_timestamp() - interval '7 hours', cutoff_at = clock_timestamp() + interval '3 hours'"
    )
    db.session.commit()
    assert mails.look() == 0
    publish_menu(shop.coordinator(), shop.menu.id)
    assert mails.look() == 1
    assert told() == ["menu_opened"]


def test_what_happens_to_a_parcel_is_mailed_by_the_next_look(vault):
    walk = a_walk(homes=2)
    order = orders_of(walk.ticket)[0]
    account = scalar(
        "SELECT h.account_id FROM orders AS o JOIN household AS h ON h.id = o.household_id WHERE o.id = :id", id=order
    )
    a_mail_box(account, vault)
    mails = quiet()
    assert mails.look() == 1
    assert told() == ["on_its_way"]
    done = Entry(uuid.uuid4(), walk.stops[0].id, StopOutcome.DELIVERED, None, datetime.now(UTC))
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, entries=[done], takings=())
    assert mails.look() == 1
    assert told() == ["on_its_way", "delivered"]


def test_homes_that_nothing_happened_to_are_not_read(vault, monkeypatch):
    shop = Shop()
    a_mail_box(shop.home.account_id, vault)
    mails = quiet()
    monkeypatch.setattr(mailing, "HAPPENED", "not even SQL")
    assert mails.look() == 0
    with pytest.raises(Exception, match="syntax error"):
        Mails().look()
    db.session.rollback()


def test_what_was_written_down_late_is_mailed_within_the_hour(vault):
    shop = Shop()
    a_mail_box(shop.home.account_id, vault)
    mails = quiet()
    execute("UPDATE menu SET opens_at = clock_timestamp() - interval '2 hours'")
    db.session.commit()
    assert mails.look() == 0
    assert mails.swept_at is not None
    mails.swept_at -= SWEEPS_EVERY + timedelta(seconds=1)
    assert mails.look() == 1


def test_a_clock_that_was_away_for_hours_tells_what_happened_meanwhile(vault):
    shop = Shop()
    a_mail_box(shop.home.account_id, vault)
    quiet()
    execute("UPDATE menu SET opens_at = clock_timestamp() - interval '2 hours'")
    db.session.commit()
    assert Mails().look() == 1


def test_among_ten_thousand_households_nobody_is_read():
    shop = Shop()
    execute(
        """
        WITH a AS (
          INSERT INTO account (community_id, role, display_name) SELECT :community, 'resident', '' FROM generate_series(1, :many)
          RETURNING id
        ), h AS (
          INSERT INTO household (community_id, building_id, account_id, unit, unit_number, floor, door, people_count)
          SELECT :community, :building, id, '1', 1, 1, 'x' || id, 2 FROM a
        )
        INSERT INTO channel (community_id, kind, label, account_id, address_sealed, confirmed_at, made_by)
        SELECT :community, 'mail', 'mail', id, 'x', now(), id FROM a
        """,
        community=shop.community.id,
        building=shop.building.id,
        many=MANY,
    )
    homes = f"SELECT DISTINCT h.id {mailing.MAIL_HOMES}"
    assert read_by(homes) >= MANY
    for statement in (GRIDS_WITH_NEWS, HOMES_WITH_NEWS, f"{homes} AND h.id = ANY (ARRAY[1, 2, 3])"):
        assert read_by(statement) < 20


def read_by(statement: str) -> int:
    """Return how many rows a statement reads from tables, those that it leaves out again among them."""
    values = {"since": datetime.now(UTC)} if ":since" in statement else {}
    (plan,) = scalar(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", **values)
    nodes, read = [plan["Plan"]], 0
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Relation Name" in node:
            left_out = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            read += (node["Actual Rows"] + left_out) * node["Actual Loops"]
    return int(read)
