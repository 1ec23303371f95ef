"""The gateway's own books: what it knows as documents, money in a journal that sums to zero. One SQLite file."""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Thing = dict[str, Any]

# Whose money: the merchant's, held here, and the payers', who gave it.
MERCHANT, PAYERS = "merchant", "payers"
BUSY_SECONDS = 10.0

SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS thing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    object TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS thing_listed ON thing (object, seq);
CREATE INDEX IF NOT EXISTS thing_open ON thing (json_extract(body, '$.expires_at'))
    WHERE json_extract(body, '$.status') = 'open';
CREATE INDEX IF NOT EXISTS thing_of_payment ON thing (object, json_extract(body, '$.payment_intent'));
CREATE TABLE IF NOT EXISTS posting (
    entry TEXT NOT NULL,
    account TEXT NOT NULL CHECK (account IN ('merchant', 'payers')),
    reference TEXT NOT NULL,
    about TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (entry, account)
);
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY,
    asked TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS answer_at ON answer (at);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    made REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
COMMIT;
"""


class Books:
    """The file. Every change is whole or not at all, whatever becomes of the process; `durable`: of the machine."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._written_through = "FULL" if durable else "OFF"
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)
        path.chmod(0o600)

    @contextmanager
    def change(self) -> Iterator[Page]:
        """Open the books for writing; one at a time. An exception undoes everything."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Page(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def look(self) -> Iterator[Page]:
        """Open the books for reading, as they are at one moment."""
        with self._open() as connection:
            connection.execute("BEGIN")
            yield Page(connection)
            connection.execute("ROLLBACK")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute(f"PRAGMA synchronous = {self._written_through}")
            yield connection
        finally:
            connection.close()


class Page:
    """The books while they are open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection.execute

    def add(self, thing: Thing) -> Thing:
        """Write down something new, and return it."""
        self.sql(
            "INSERT INTO thing (id, object, created, body) VALUES (?, ?, ?, ?)",
            (thing["id"], thing["object"], thing["created"], json.dumps(thing, ensure_ascii=False)),
        )
        return thing

    def save(self, thing: Thing) -> Thing:
        """Write down how something is now, and return it."""
        self.sql("UPDATE thing SET body = ? WHERE id = ?", (json.dumps(thing, ensure_ascii=False), thing["id"]))
        return thing

    def find(self, kind: str, identity: str) -> Thing | None:
        """Return something by its id."""
        found = self.sql("SELECT body FROM thing WHERE id = ? AND object = ?", (identity, kind)).fetchone()
        return json.loads(found[0]) if found else None

    def where(self, condition: str, *values: object) -> list[Thing]:
        """Return what fits a condition on `thing`, the newest first."""
        found = self.sql(f"SELECT body FROM thing WHERE {condition}", values)
        return [json.loads(body) for (body,) in found]

    def transfer(self, amount: int, *, reference: str, about: str) -> None:
        """Move money to the merchant, or back when negative: an entry of two postings that sum to zero."""
        entry = fresh("txn")
        self.sql(
            "INSERT INTO posting (entry, account, reference, about, amount) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)",
            (entry, MERCHANT, reference, about, amount, entry, PAYERS, reference, about, -amount),
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what is inside when it raises, and only that."""
        self.sql("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.sql("ROLLBACK TO attempt")
            raise
        finally:
            self.sql("RELEASE attempt")

    def setting(self, name: str) -> Any:
        """Return a setting that outlasts the process; None when it was never made."""
        found = self.sql("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    def set(self, name: str, value: object) -> None:
        """Keep a setting."""
        self.sql("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, json.dumps(value)))


def fresh(prefix: str) -> str:
    """Return a new id in the original's manner."""
    return f"{prefix}_{secrets.token_hex(12)}"
