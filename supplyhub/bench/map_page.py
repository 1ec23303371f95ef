"""How long the map of a city takes, from the question to the last byte: the pages that people ask for, signed in."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from flask import current_app

from supplyhub.app import create_app
from supplyhub.bench import city, house
from supplyhub.bench.play import closing_connections, refresh_statistics
from supplyhub.db import db, scalar
from supplyhub.errors import SettingError
from supplyhub.people.commands import create_account, set_password
from supplyhub.people.states import Role
from supplyhub.reports import map_sheet
from supplyhub.web.pages import map_watch
from workers.jobs import drain

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from supplyhub.bench.city import Size

ROUNDS = 5
SITE = "https://localhost"
LOGIN, PASSWORD = "bench", "the wall of the bench"
BATCHES = ("cut_off", "order_numbers", "share_out", "parcels", "tickets")


@dataclass
class Map:
    """Seconds of the rounds, by what was asked for; the processor's share of them; bytes of the whole page.

    cold: nothing is kept; changed: somebody has written since; kept: nobody has; unchanged: a screen that has it already
    """

    size: Size
    seconds: dict[str, list[float]] = field(default_factory=dict)
    busy: dict[str, list[float]] = field(default_factory=dict)
    kilobytes: float = 0.0

    def told(self) -> dict[str, dict[str, float]]:
        """Return the median of each, in seconds: as it took, and as this process worked for it."""
        return {
            what: {"seconds": round(median(took), 3), "worked": round(median(self.busy[what]), 3)}
            for what, took in self.seconds.items()
        }


def play(size: Size, *, say: Callable[[str], None]) -> Map:
    """Build a city in a throw-away database, bring it to its tickets, and ask for its map."""
    with house.throw_away() as settings:
        app = create_app(settings)
        with app.app_context(), closing_connections():
            cycle = city.build(size, say=say)
            for topic in BATCHES[:2]:
                drain(topic)
            drain("book_ordered")
            city.bring_goods(cycle)
            for topic in BATCHES[2:]:
                drain(topic)
            refresh_statistics(settings)
            return ask(size, say=say)


def ask(size: Size, *, say: Callable[[str], None]) -> Map:
    """Ask for the pages of the map of the city in this database."""
    account = create_account(int(scalar("SELECT id FROM community")), Role.COORDINATOR, "压测", login=LOGIN)
    set_password(account, PASSWORD)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    db.session.remove()
    say("asking for its map")
    with ThreadPoolExecutor(1) as pool:
        # In a thread of its own a request has a context of its own, as in a web process.
        return pool.submit(_rounds, app, size).result()


def _rounds(app: Flask, size: Size) -> Map:
    client, found = _signed_in(app), Map(size)
    for _ in range(ROUNDS):
        map_sheet.forget()
        map_watch.forget()
        _time(found, "cold", client, "/map")
        map_watch.forget()
        _time(found, "changed", client, "/map")
        _time(found, "kept", client, "/map")
        tag = _time(found, "live", client, "/map/0/live")
        _time(found, "unchanged", client, "/map/0/live", tag)
        map_watch.forget()
        _time(found, "table", client, "/map?view=table")
        _time(found, "grid", client, "/map/1")
    return found


def _time(found: Map, what: str, client: FlaskClient, address: str, tag: str = "") -> str:
    started, worked = time.perf_counter(), time.process_time()
    answer = client.get(address, base_url=SITE, headers={"If-None-Match": tag})
    length = len(answer.data)
    found.seconds.setdefault(what, []).append(time.perf_counter() - started)
    found.busy.setdefault(what, []).append(time.process_time() - worked)
    if answer.status_code != (304 if tag else 200):
        raise SettingError(f"{address} answered with {answer.status_code}")
    if what == "cold":
        found.kilobytes = round(length / 1000, 1)
    return answer.headers.get("ETag", "")


def _signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in", base_url=SITE).text)
    form = {"csrf_token": token[1] if token else "", "login": LOGIN, "password": PASSWORD, "next": "/map"}
    client.post("/sign-in", base_url=SITE, data=form)
    return client
