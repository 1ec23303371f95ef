"""Neighbours who want the same wish at once, two who decide one complaint, a shift planned twice: one has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from supplyhub.db import row, scalar
from supplyhub.help.commands import ClaimedError, claim_wish, post_wish, wishing
from supplyhub.help.states import HelpKind
from supplyhub.help.wishes import MOST_CLAIMS, WISH, wall_of
from supplyhub.people import roster
from supplyhub.people.roster import OnDutyAlreadyError, places_of, plan_shift
from supplyhub.people.states import Role
from tests.factories import a_building, a_household, an_account, asking
from tests.factories_help import HelpWorld
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

PEOPLE = 8


class Wall(HelpWorld):
    """A wish on the wall, and neighbours who read it."""

    def __init__(self) -> None:
        super().__init__()
        building = a_building(self.here.grid)
        self.neighbours = [asking(a_household(building).account_id) for _ in range(PEOPLE)]
        self.code = self.wish()

    def wish(self) -> str:
        code = self.request(HelpKind.WISH)
        post_wish(self.here.lead, code, public_text="想有人修水龙头")
        return code

    def claims(self) -> list[Callable[[], object]]:
        return [lambda who=who: claim_wish(who, self.code) for who in self.neighbours]  # type: ignore[misc]


def test_a_wish_that_eight_claim_at_once_is_one_persons(committed, crowd: Crowd):
    wall = Wall()
    results = crowd.at_once(wall.claims())
    assert sorted(type(result).__name__ for result in results) == ["ClaimedError"] * (PEOPLE - 1) + ["NoneType"]
    assert scalar("SELECT count(*) FROM wish_claim WHERE given_up_at IS NULL") == 1
    assert scalar("SELECT count(*) FROM help_step WHERE step = 'claimed'") == 1


def test_without_the_lock_on_the_wish_the_database_refuses_the_second(committed, crowd: Crowd, monkeypatch):
    """A negative control: this race can be lost."""
    wall = Wall()
    all_have_read = Barrier(PEOPLE, timeout=PATIENCE_SECONDS)

    def unlocked(asker: Asker, code: str) -> Any:
        found = row(f"SELECT * FROM ({WISH}) AS w WHERE w.code = :code", code=code, **wall_of(asker))
        all_have_read.wait()
        return found

    monkeypatch.setattr(wishing, "wish_for_update", unlocked)
    results = crowd.at_once(wall.claims())
    assert not any(isinstance(result, ClaimedError) for result in results)
    assert any(isinstance(result, IntegrityError) for result in results)
    assert scalar("SELECT count(*) FROM wish_claim WHERE given_up_at IS NULL") == 1


def test_somebody_who_claims_everything_at_once_has_no_more_than_they_may(committed, crowd: Crowd):
    wall = Wall()
    codes = [wall.code, *(wall.wish() for _ in range(PEOPLE - 1))]
    me = wall.neighbours[0]
    crowd.at_once([lambda code=code: claim_wish(me, code) for code in codes])  # type: ignore[misc]
    assert scalar("SELECT count(*) FROM wish_claim WHERE given_up_at IS NULL") == MOST_CLAIMS


class Office(HelpWorld):
    """Somebody whom eight coordinators want on duty at the same hours, half of them at the depot, half at the point."""

    def __init__(self) -> None:
        super().__init__()
        who = an_account(self.community, Role.DEPOT).id
        places = places_of(self.coordinator)[:2]
        starts = datetime.now(UTC) + timedelta(days=1)
        # Each begins a minute later: no two are the very same.
        self.plans: list[Callable[[], object]] = [
            lambda number=number: plan_shift(  # type: ignore[misc]
                self.coordinator,
                who,
                places[number % 2],
                starts_at=starts + number * timedelta(minutes=1),
                ends_at=starts + timedelta(hours=8),
            )
            for number in range(PEOPLE)
        ]


def test_who_is_planned_in_two_places_at_once_is_in_one(committed, crowd: Crowd):
    results = crowd.at_once(Office().plans)
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, OnDutyAlreadyError) for result in results) == PEOPLE - 1
    assert scalar("SELECT count(*) FROM roster_shift") == 1


def test_without_giving_way_the_database_refuses_the_second_shift(committed, crowd: Crowd, monkeypatch):
    """A negative control: this race can be lost."""

    def pushing(sql: str, **values: object) -> Any:
        return scalar(sql.replace("ON CONFLICT DO NOTHING", ""), **values)

    monkeypatch.setattr(roster, "scalar", pushing)
    results = crowd.at_once(Office().plans)
    assert not any(isinstance(result, OnDutyAlreadyError) for result in results)
    assert any(isinstance(result, Exception) for result in results)
    assert scalar("SELECT count(*) FROM roster_shift") == 1
