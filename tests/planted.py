"""Marks that nobody else writes, and where they are looked for: a dump of the database, the queue server, what was logged."""

from __future__ import annotations

import base64
import json
import pickle
import subprocess
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import redis

from supplyhub.db import Base, execute, transaction
from supplyhub.embedded.binaries import postgres_programs
from tests.rules.test_photos import PNG, chunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME, PHONE, NOTE = "吴标记名", "19977778888", "标记备注"
SAID, ORDERED, ARRIVED, DOOR = "=标记诉求", "标记留言", "标记没到", "标门七七"
FAULTY, MEDICINE, PASSED_TO = "坏标记号", "标记药名", "标记接药人"
PRESCRIPTION, AT_THE_DOOR = "处方标记像素", "门前标记像素"
MARKS = (NAME, PHONE, NOTE, SAID, ORDERED, ARRIVED, FAULTY, MEDICINE, PASSED_TO, PRESCRIPTION, AT_THE_DOOR)


def picture(mark: str) -> bytes:
    """Return a picture whose pixels are a mark."""
    header = bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", mark.encode()) + chunk(b"IEND", b"")


def later(days: int) -> None:
    """Let so many days pass: what was written moves back in time."""
    with transaction():
        for table in Base.metadata.sorted_tables:
            moments = [column.name for column in table.columns if column.name.endswith("_at")]
            days_only = ["ends_on"] if table.name == "care_case" else []
            if table.info.get("rights", "UPDATE").count("UPDATE") and moments + days_only:
                moved = [f"{name} = {name} - make_interval(days => :days)" for name in moments]
                moved += [f"{name} = {name} - CAST(:days AS integer)" for name in days_only]
                execute(f"UPDATE {table.name} SET {', '.join(moved)}", days=days)


def marks_in(texts: Iterable[str], marks: Iterable[str] = MARKS) -> set[str]:
    """Return the marks that stand in some of the texts, as they are, as bytes in hexadecimal, in base64, or escaped."""
    shapes = {mark: shapes_of(mark) for mark in marks}
    return {mark for text in texts for mark, told in shapes.items() if any(shape in text for shape in told)}


def shapes_of(mark: str) -> set[str]:
    """Return how a mark may be written."""
    plain = mark.encode()
    # Base64 of what begins one, two or three bytes before it; the ends hang on what stands around it.
    around = {base64.b64encode(b"\0" * before + plain).decode()[4:-4] for before in range(3)}
    return {mark, plain.hex(), json.dumps(mark)[1:-1], repr(plain)[2:-1], *around}


def dump(admin_url: str) -> list[str]:
    """Return the lines of a real dump of a database, with everything that is in it: large objects, too."""
    program = postgres_programs() / "bin" / "pg_dump"
    done = subprocess.run(
        [program, "--data-only", "--large-objects", f"--dbname={admin_url}"], capture_output=True, check=True
    )
    return done.stdout.decode().splitlines()


def queue(url: str) -> list[str]:
    """Return every key of a queue server's database and every value of every type, unpacked where it was packed."""
    found: list[str] = []
    with redis.Redis.from_url(url) as server:
        for key in server.scan_iter(count=1000):
            for each in (key, *_values(server, key)):
                found += _unpacked(each)
    return found


def _values(server: redis.Redis, key: bytes) -> Iterator[bytes]:
    kind = server.type(key).decode()
    read: dict[str, Any] = {
        "string": lambda: [server.get(key)],
        "list": lambda: server.lrange(key, 0, -1),
        "set": lambda: server.smembers(key),
        "zset": lambda: server.zrange(key, 0, -1),
        "hash": lambda: [part for pair in server.hgetall(key).items() for part in pair],
        "stream": lambda: [part for _, entry in server.xrange(key) for pair in entry.items() for part in pair],
    }
    yield from read[kind]()


def _unpacked(value: bytes) -> Iterator[str]:
    """Give a value as text, and what it was packed from: compressed, pickled, both, base64 of either."""
    yield value.decode(errors="replace")
    with suppress(ValueError, zlib.error):
        value = base64.b64decode(value, validate=True)
    with suppress(zlib.error):
        value = zlib.decompress(value)
        yield value.decode(errors="replace")
    with suppress(Exception):
        yield repr(pickle.loads(value))  # noqa: S301 - from our own queue


class ServerLog:
    """What the database server writes into its log from now on."""

    def __init__(self, admin_url: str) -> None:
        with psycopg.connect(admin_url) as connection:
            (lines,) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or ("",)
        self._file = Path(f"/proc/{lines.splitlines()[0]}/fd/2").readlink()
        self._from = self._file.stat().st_size

    def lines(self) -> list[str]:
        """Return them."""
        with self._file.open("rb") as log:
            log.seek(self._from)
            return log.read().decode(errors="replace").splitlines()
