"""Badges and links given out by many hands at once, on real connections; with the guard off it goes wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub import app as composition
from supplyhub.db import db, rows, scalar
from supplyhub.errors import HubError
from supplyhub.people import badges
from supplyhub.people.badges import badge_code
from supplyhub.people.commands import issue_badge, new_sign_in_link, use_sign_in_link
from supplyhub.people.states import Role
from tests.factories import a_community, a_grid, an_account, asking

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from supplyhub.config import Settings

CONNECTIONS = 16


@pytest.fixture
def crowd(committed: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Return the application with a connection for each of sixteen hands."""
    monkeypatch.setattr(composition, "CONNECTIONS_PER_PROCESS", CONNECTIONS)
    app = composition.create_app(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


def at_once(app: Flask, tasks: list[Callable[[], object]]) -> list[object]:
    """Start all tasks together, each on a connection of its own; return what came of each, errors included."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        with app.app_context():
            scalar("SELECT 1")
            start.wait()
            try:
                return task()
            except (HubError, IntegrityError) as error:
                return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


class Office:
    """A coordinator, a grid, and volunteers who all come at once."""

    def __init__(self) -> None:
        community = a_community()
        self.grid = a_grid(community, 3)
        self.coordinator = asking(an_account(community, Role.COORDINATOR).id)
        self.volunteers = [an_account(community, Role.VOLUNTEER).id for _ in range(CONNECTIONS)]

    def tasks(self, accounts: list[int]) -> list[Callable[[], object]]:
        return [lambda account=account: issue_badge(self.coordinator, account, grid=3) for account in accounts]


def test_sixteen_badges_issued_at_once_have_sixteen_numbers(crowd):
    office = Office()
    issued = at_once(crowd, office.tasks(office.volunteers))
    assert sorted(badge.code for badge in issued) == [badge_code(3, number) for number in range(1, CONNECTIONS + 1)]


def test_without_the_lock_on_the_grid_two_badges_want_one_number(crowd, monkeypatch):
    office = Office()
    all_there = Barrier(CONNECTIONS)

    def number_unlocked(grid_id: int) -> int:
        all_there.wait()
        return int(scalar("SELECT number FROM grid WHERE id = :grid", grid=grid_id))

    monkeypatch.setattr(badges, "lock_grid", number_unlocked)
    issued = at_once(crowd, office.tasks(office.volunteers))
    # The database refuses the second of them all the same.
    assert any(isinstance(one, IntegrityError) for one in issued)
    assert len({badge.number for badge in rows("SELECT number FROM badge")}) == scalar("SELECT count(*) FROM badge")


def test_one_person_who_is_given_badges_at_once_has_one(crowd):
    office = Office()
    issued = at_once(crowd, office.tasks([office.volunteers[0]] * CONNECTIONS))
    assert sum(not isinstance(one, Exception) for one in issued) == 1
    assert scalar("SELECT count(*) FROM badge WHERE state = 'live'") == 1


def test_a_link_followed_sixteen_times_at_once_signs_in_once(crowd):
    office = Office()
    secret = new_sign_in_link(office.coordinator.account_id)
    used = at_once(crowd, [lambda: use_sign_in_link(secret)] * CONNECTIONS)
    assert [one for one in used if not isinstance(one, HubError)] == [office.coordinator.account_id]
