"""The schema is what the models say, moves forward safely, and gives the application no more than it needs."""

from __future__ import annotations

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from supplyhub.db import Base, alembic_config, migrate

APPEND_ONLY = sorted(t.name for t in Base.metadata.sorted_tables if t.info.get("rights") == "SELECT, INSERT")
NEVER_DELETED = sorted(t.name for t in Base.metadata.sorted_tables if t.info.get("rights") == "SELECT, INSERT, UPDATE")
NEVER_CHANGED = sorted(t.name for t in Base.metadata.sorted_tables if t.info.get("rights") == "SELECT, INSERT, DELETE")
READ_ONLY = sorted(t.name for t in Base.metadata.sorted_tables if t.info.get("rights") == "SELECT")


@pytest.fixture
def application(settings):
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def test_the_migrations_lead_to_exactly_the_models(settings):
    engine = create_engine(settings.migration_database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_there_is_one_newest_version(settings):
    assert len(ScriptDirectory.from_config(alembic_config(settings)).get_heads()) == 1


def test_migrating_a_migrated_database_changes_nothing(settings):
    migrate(settings)


@pytest.mark.parametrize("table", APPEND_ONLY + READ_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_facts_cannot_be_changed_by_the_application(application, table, statement):
    column = Base.metadata.tables[table].columns.keys()[-1]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement.format(table, column, column))


@pytest.mark.parametrize("table", NEVER_DELETED)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_numbered_cannot_be_deleted_by_the_application(application, table, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement.format(table))


@pytest.mark.parametrize("table", NEVER_CHANGED)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "TRUNCATE {}"])
def test_what_comes_and_goes_whole_cannot_be_changed_by_the_application(application, table, statement):
    column = Base.metadata.tables[table].columns.keys()[-1]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement.format(table, column, column))


def test_badges_are_among_what_is_never_deleted():
    assert "badge" in NEVER_DELETED


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE orders",
        "ALTER TABLE orders DROP CONSTRAINT pk_orders",
        "INSERT INTO stock_level VALUES (1, 'shelf', 1)",
        "ALTER TABLE movement DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE ROLE somebody",
    ],
)
def test_the_application_cannot_change_the_schema_or_get_round_it(application, statement):
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
        application.execute(statement)


def test_every_table_and_constraint_has_a_name_of_its_own(application):
    unnamed = application.execute(
        "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f', 'p', 'u') AND connamespace = 'public'::regnamespace"
        " AND conname !~ '^(ck|fk|pk|uq|alembic)_'"
    ).fetchall()
    assert unnamed == []


def test_short_codes_differ_and_have_no_lookalikes(application):
    found = application.execute(
        "SELECT count(DISTINCT short_code(n)), count(*), bool_and(short_code(n) ~ '^[2-9A-HJ-NP-Z]{6}$')"
        " FROM (SELECT generate_series(1, 20000) UNION ALL SELECT generate_series(500000001, 500020000)) AS t(n)"
    ).fetchone()
    assert found == (40000, 40000, True)
