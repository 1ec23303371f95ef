"""Badges and links given out by many hands at once, on real connections; with the guard off it goes wrong."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from supplyhub.db import rows, scalar
from supplyhub.errors import HubError
from supplyhub.people import badges
from supplyhub.people.badges import badge_code
from supplyhub.people.commands import issue_badge, new_sign_in_link, use_sign_in_link
from supplyhub.people.states import Role
from tests.factories import a_community, a_grid, a_training, an_account, asking
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.races.crowd import Crowd

PEOPLE = 16


class Office:
    """A coordinator, a grid, and volunteers who all come at once."""

    def __init__(self) -> None:
        community = a_community()
        self.grid = a_grid(community, 3)
        self.coordinator = asking(an_account(community, Role.COORDINATOR).id)
        self.volunteers = [an_account(community, Role.VOLUNTEER).id for _ in range(PEOPLE)]
        for account in self.volunteers:
            a_training(account)

    def tasks(self, accounts: list[int]) -> list[Callable[[], object]]:
        return [lambda account=account: issue_badge(self.coordinator, account, grid=3) for account in accounts]


def test_sixteen_badges_issued_at_once_have_sixteen_numbers(committed, crowd: Crowd):
    office = Office()
    issued = crowd.at_once(office.tasks(office.volunteers))
    assert sorted(badge.code for badge in issued) == [badge_code(3, number) for number in range(1, PEOPLE + 1)]


def test_without_the_lock_on_the_grid_two_badges_want_one_number(committed, crowd: Crowd, monkeypatch):
    office = Office()
    all_have_read = Barrier(PEOPLE, timeout=PATIENCE_SECONDS)

    def read_and_wait(sql: str, **values: object) -> Any:
        found = scalar(sql, **values)
        if "max(number)" in sql:
            all_have_read.wait()
        return found

    monkeypatch.setattr(badges, "lock_grid", lambda _grid: 3)
    monkeypatch.setattr(badges, "scalar", read_and_wait)
    issued = crowd.at_once(office.tasks(office.volunteers))
    # The database refuses the second of them all the same.
    assert sum(isinstance(one, IntegrityError) for one in issued) == PEOPLE - 1
    assert rows("SELECT number FROM badge") == [(1,)]


def test_one_person_who_is_given_badges_at_once_has_one(committed, crowd: Crowd):
    office = Office()
    issued = crowd.at_once(office.tasks([office.volunteers[0]] * PEOPLE))
    assert sum(not isinstance(one, Exception) for one in issued) == 1
    assert scalar("SELECT count(*) FROM badge WHERE state = 'live'") == 1


def test_a_link_followed_sixteen_times_at_once_signs_in_once(committed, crowd: Crowd):
    office = Office()
    secret = new_sign_in_link(office.coordinator.account_id)
    used = crowd.at_once([lambda: use_sign_in_link(secret)] * PEOPLE)
    assert [one for one in used if not isinstance(one, HubError)] == [office.coordinator.account_id]
