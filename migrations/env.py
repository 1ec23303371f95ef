"""Alembic's entry: the connection comes from `supplyhub.db.migrate`, or from the configuration for new revisions."""

from alembic import context
from sqlalchemy import Connection, create_engine

from supplyhub.app import Base

config = context.config


def run(connection: Connection) -> None:
    """Run the asked-for migrations on `connection`."""
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


shared = config.attributes.get("connection")
if shared is not None:
    run(shared)
else:
    with create_engine(config.get_main_option("sqlalchemy.url", "")).begin() as own:
        run(own)
