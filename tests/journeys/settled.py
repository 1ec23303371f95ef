"""The settled community, loaded once a worker and put back for each test: copying its rows takes 50 ms."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from supplyhub.db import db
from tests.conftest import delete_all_rows
from tests.journeys.scene import Scene

if TYPE_CHECKING:
    from flask import Flask


class Settled:
    """What a scene is once it is settled: the rows of the database, and what the scene remembers of them.

    Sequences go on from test to test, so nothing new gets the number of a row that is put back.
    """

    def __init__(self, app: Flask, admin_url: str) -> None:
        self._admin_url = admin_url
        with app.app_context():
            self._scene = Scene(app).settle()
            db.session.remove()
        with psycopg.connect(admin_url) as connection:
            saved = [(table.name, _saved(connection, table.name)) for table in db.metadata.sorted_tables]
        self._rows = [(name, chunks) for name, chunks in saved if chunks]
        delete_all_rows(admin_url)

    def again(self) -> Scene:
        """Put the rows into the empty database; return a scene of the test's own."""
        with psycopg.connect(self._admin_url) as connection:
            connection.execute("SET session_replication_role = replica")
            for name, chunks in self._rows:
                statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(name))
                with connection.cursor().copy(statement) as copying:
                    for chunk in chunks:
                        copying.write(chunk)
        return copy.deepcopy(self._scene, {id(self._scene.vault): self._scene.vault})


def _saved(connection: psycopg.Connection, table: str) -> list[bytes]:
    """Return a table's rows as COPY gives them; nothing of an empty one."""
    name = sql.Identifier(table)
    if not connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(name)).fetchone():
        return []
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(name)) as copying:
        return [bytes(chunk) for chunk in copying]
