"""`supplyhub migrate`."""

from __future__ import annotations

import click

from supplyhub.config import Settings
from supplyhub.db import migrate


@click.command()
def command() -> None:
    """Bring the database's schema to this version and set the application role's rights. Safe to repeat.

    Works as the owner's role (MIGRATION_DATABASE_URL).
    """
    migrate(Settings.from_env())
    click.echo("the schema is up to date")
