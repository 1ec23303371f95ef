"""The load: orders through pgbench, straight into the SQL function, and over HTTP through wrk."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from supplyhub.config import PACKAGE, environment
from supplyhub.embedded.binaries import postgres_programs
from supplyhub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.bench.town import Menu, Town

HERE = Path(__file__).parent
# Where tools/wrk puts it on a machine on which it may not install packages.
BROUGHT_WRK = PACKAGE.parent / ".cache" / "wrk" / "wrk"
PGBENCH_CLIENTS = 4
CONNECTIONS = 64
LINES = 3


class LoadError(RuntimeError):
    """A load generator didn't do its work."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a load generator saw: orders taken a second, and how long it waited for answers.

    `refused` answers were no order; `lost` are connections that failed.
    """

    taken: int
    rate: float
    p50_ms: float
    p99_ms: float
    refused: int = 0
    lost: int = 0


def find_wrk() -> Path:
    """Return the load generator. Raises SettingError that says how it comes here."""
    found = shutil.which("wrk")
    if found:
        return Path(found)
    if BROUGHT_WRK.exists():
        return BROUGHT_WRK
    raise SettingError(
        "wrk, which makes the load, isn't on PATH; `make bench` brings it (tools/wrk), apt-get install wrk"
    )


def call_directly(database_url: str, town: Town, menu: Menu, *, seconds: int, folder: Path) -> Load:
    """Order through the SQL function, one order a call, on four connections at once."""
    facts = {
        "n": 0,
        "clients": PGBENCH_CLIENTS,
        "homes": town.homes,
        "first_home": town.first_home,
        "first_account": town.first_account,
        "menu": menu.id,
        "first_item": menu.first_item,
        "items": menu.items,
        "step": max(1, (menu.items - 1) // 2),
        "price": menu.price_fen,
    }
    log = folder / f"pgbench-{menu.id}"
    url = make_url(database_url)
    _run(
        [
            str(postgres_programs() / "bin" / "pgbench"),
            *("--no-vacuum", "--protocol=prepared", f"--client={PGBENCH_CLIENTS}", f"--time={seconds}"),
            *("--log", f"--log-prefix={log}", f"--file={HERE / 'order.sql'}"),
            *(f"--define={name}={value}" for name, value in facts.items()),
            *("--host", url.host or "", "--port", str(url.port), "--username", url.username or "", url.database or ""),
        ],
        seconds=seconds,
        env={"PGPASSWORD": str(url.password)},
    )
    waits = sorted(wait for path in folder.glob(f"{log.name}.*") for wait in _waits(path))
    return Load(len(waits), len(waits) / seconds, percentile(waits, 50) / 1000, percentile(waits, 99) / 1000)


def call_by_http(url: str, tokens: Path, menu: Menu, *, seconds: int, lines: int = LINES) -> Load:
    """Order through the API on 64 connections, each household with its own token."""
    arguments = [tokens, menu.id, menu.first_item, menu.items, lines, menu.price_fen]
    printed = _run(
        [
            str(find_wrk()),
            *("--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--timeout", "10s"),
            *("--script", str(HERE / "order.lua"), url, "--", *map(str, arguments)),
        ],
        seconds=seconds,
        env={},
    )
    found = json.loads(printed.strip().splitlines()[-1])
    taken = found["requests"] - found["refused"]
    rate = taken / (found["microseconds"] / 1_000_000)
    return Load(taken, rate, found["p50"] / 1000, found["p99"] / 1000, found["refused"], found["lost"])


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Return the value below which so many of the ordered values lie; 0 of none."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0


def _waits(log: Path) -> list[int]:
    """Return the microseconds of each call of a log: client, number, microseconds, ..."""
    return [int(line.split(" ", 3)[2]) for line in log.read_text(encoding="ascii").splitlines()]


def _run(command: Sequence[str], *, seconds: int, env: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command, env=environment() | env, capture_output=True, text=True, check=False, timeout=seconds + 60
        )
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{Path(command[0]).name} didn't end") from error
    if done.returncode or not done.stdout:
        raise LoadError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout
