"""A community that ran before there was money is brought to the newest version: its laws hold, and its orders are booked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy import create_engine

from supplyhub.app import create_app
from supplyhub.audit.queries import audit
from supplyhub.db import alembic_config, db, migrate, rows, transaction
from supplyhub.depot.valuing import book_ordered
from supplyhub.embedded.postgres import create_database
from tests.conftest import on_database, patient
from tests.factories_money import money, on_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from supplyhub.config import Settings
    from supplyhub.embedded import ServerUrls

BEFORE_MONEY = "0003"
COMMUNITY = (Path(__file__).parent / "a_running_community.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def before(settings: Settings, server_urls: ServerUrls, database_name: str) -> Iterator[Settings]:
    """Return settings on a database of its own, at the version before money, with a community that runs."""
    name = f"{database_name}_upgrade"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server_urls.admin_database_url, autocommit=True) as connection:
        connection.execute(drop)
        create_database(connection, name)
        found = replace(
            settings,
            database_url=on_database(settings.database_url, name),
            migration_database_url=on_database(settings.migration_database_url, name),
        )
        engine = create_engine(found.migration_database_url)
        with engine.begin() as owner:
            script = alembic_config(found)
            script.attributes["connection"] = owner
            command.upgrade(script, BEFORE_MONEY)
            owner.exec_driver_sql(COMMUNITY)
        engine.dispose()
        yield found
        connection.execute(drop)


@pytest.fixture(scope="module")
def upgraded(before: Settings) -> Iterator[Flask]:
    """Return the application on the database after its upgrade."""
    migrate(before)
    app = patient(create_app(before))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.usefixtures("upgraded")
def test_the_laws_hold_after_the_upgrade():
    broken = [(found.law.number, found.first_rows) for found in audit() if found.offending]
    assert broken == []


@pytest.mark.usefixtures("upgraded")
def test_orders_are_worth_what_is_on_its_way_to_them_and_those_that_closed_before_nothing():
    worth = {order: money(order) for order in range(1, 9)}
    assert {order: fen for order, (fen, _paid, _owed) in worth.items()} == {
        1: 0,  # closed
        2: 580,  # packed, one thing by its weight
        3: 400,  # short of one
        4: 200,  # a substitute
        5: 0,  # nothing came
        6: 0,  # cancelled
        7: 600,  # takes one more, to fill a case
        8: 200,  # not bought yet
    }
    assert all((paid, owed) == (0, fen) for fen, paid, owed in worth.values())
    assert on_account("household") == 580 + 400 + 200 + 600 == -on_account("goods")
    booked = rows("SELECT kind, cycle_id FROM journal_entry ORDER BY cycle_id, kind")
    assert [tuple(entry) for entry in booked] == [("ordered", 2), ("shared", 2), ("ordered", 3)]


@pytest.mark.usefixtures("upgraded")
def test_what_was_booked_by_the_upgrade_is_not_booked_again():
    with transaction():
        book_ordered(2)
        book_ordered(3)
    assert on_account("household") == 1780
    assert len(rows("SELECT id FROM journal_entry")) == 3
