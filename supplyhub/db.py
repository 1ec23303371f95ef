"""The database: engine and session, the typed Base, one transaction a command, migrations and rights."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from alembic import command
from alembic.config import Config
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    LargeBinary,
    MetaData,
    Text,
    create_engine,
    func,
    make_url,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry

from supplyhub.config import MIGRATIONS
from supplyhub.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

    from sqlalchemy import Connection, Row

    from supplyhub.config import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Set once a connection, so that it costs no round trip in a transaction.
CONNECT_OPTIONS = "-c lock_timeout=3000 -c timezone=UTC -c idle_in_transaction_session_timeout=60000"
LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK = "40P01"

Id = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]


class Base(DeclarativeBase):
    """Parent of every table: named constraints, timestamps with zone, text without length, 64-bit integers."""

    # The map goes on a registry of its own: flask-sqlalchemy 3.1 refuses it directly on Base (its #1361).
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            str: Text(),
            int: BigInteger(),
            bytes: LargeBinary(),
            dict[str, Any]: JSONB(),
            dict[str, int]: JSONB(),
            list[Any]: JSONB(),
        },
    )
    metadata = registry.metadata


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

# Rows of these tables are facts: the application's role may add them, never change or remove them.
APPEND_ONLY: dict[str, Any] = {"rights": "SELECT, INSERT"}
# Rows of these tables are facts, but for whom the care register put first: that is forgotten in its time.
FORGOTTEN = {"allocation": "care_first", "draw_share": "got_as_care"}
FORGETTING = {table: {"rights": f"SELECT, INSERT, UPDATE ({column})"} for table, column in FORGOTTEN.items()}
# Rows of these tables change, but stay: a number that was given out must never look free again.
NEVER_DELETED: dict[str, Any] = {"rights": "SELECT, INSERT, UPDATE"}
# Rows of these tables come and go whole: what they said before stands elsewhere.
NEVER_CHANGED: dict[str, Any] = {"rights": "SELECT, INSERT, DELETE"}
# Rows of these tables are kept by triggers alone.
READ_ONLY: dict[str, Any] = {"rights": "SELECT"}


def one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    """Return the CHECK that keeps `column` within the states of its room's `states.py`."""
    values = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def rows(sql: str, **parameters: object) -> list[Row[Any]]:
    """Return the rows of one set-based statement. `sql` is constant text; values are bound."""
    return list(db.session.execute(text(sql), parameters))


def row(sql: str, **parameters: object) -> Row[Any] | None:
    """Return the only row of a statement, or None."""
    return db.session.execute(text(sql), parameters).one_or_none()


def as_dict(found: Row[Any]) -> dict[str, Any]:
    """Return a row as a dictionary, for schemas and templates that add to it."""
    return dict(found._mapping)  # noqa: SLF001 - SQLAlchemy's documented way, private in name only


def scalar(sql: str, **parameters: object) -> Any:
    """Return the first column of the first row, or None."""
    return db.session.execute(text(sql), parameters).scalar()


def execute(sql: str, **parameters: object) -> None:
    """Run one statement for its effect."""
    db.session.execute(text(sql), parameters)


def let_go() -> None:
    """End what reading began: the connection is others' while somebody else's service is asked."""
    db.session.rollback()


_in_transaction: ContextVar[bool] = ContextVar("_in_transaction", default=False)


@contextmanager
def transaction() -> Iterator[None]:
    """Open the one transaction of a command: committed at the end, rolled back on any error.

    Refuses nesting. What was read before is dropped first, so that decisions are made on rows read inside.
    A lock that isn't had within 3 s, and a deadlock, become BusyError.
    """
    if _in_transaction.get():
        raise RuntimeError("a command called another command; move the shared part below both")
    mark = _in_transaction.set(True)
    try:
        db.session.rollback()
        yield
        db.session.commit()
    except DBAPIError as error:
        db.session.rollback()
        if _is_contention(error):
            raise BusyError("Somebody else is working on the same rows", retry_after_seconds=1) from error
        raise
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _in_transaction.reset(mark)


def _is_contention(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(error, OperationalError) and state in {LOCK_NOT_AVAILABLE, DEADLOCK}


def migrate(settings: Settings) -> None:
    """Bring the schema to the newest version as the owner, then set the application role's rights. Safe to repeat."""
    engine = create_engine(settings.migration_database_url)
    script = alembic_config(settings)
    with engine.begin() as connection:
        # Two installations that start together on one database: the second waits here and finds nothing to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('supplyhub.migrate'))"))
        script.attributes["connection"] = connection
        command.upgrade(script, "head")
        role, owner = (
            make_url(settings.database_url).username,
            make_url(settings.migration_database_url).username,
        )
        if role and role != owner:
            grant_rights(connection, role)
    engine.dispose()


def alembic_config(settings: Settings) -> Config:
    """Return Alembic's configuration; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", settings.migration_database_url.replace("%", "%%"))
    return config


def grant_rights(connection: Connection, role: str) -> None:
    """Give `role` what the application needs and no more: no DDL, no UPDATE or DELETE on append-only tables.

    Safe to run again: the rights are first taken away. Rights are declared beside each table (`APPEND_ONLY`).
    """
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}"))
    connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"))
    for table in Base.metadata.sorted_tables:
        rights = table.info.get("rights", "SELECT, INSERT, UPDATE, DELETE")
        connection.execute(text(f"GRANT {rights} ON {table.name} TO {quoted}"))
