"""Two clocks that watch at once open an item once; a sheet that two people type in at once is recorded once."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from supplyhub.audit.queries import audit
from supplyhub.db import rows, scalar
from supplyhub.delivery import following
from supplyhub.delivery.commands import enter_paper
from supplyhub.delivery.following import follow_up
from supplyhub.delivery.paper import type_in
from tests.commands.test_following import later
from tests.factories_depot import Walk, a_walk
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.races.crowd import Crowd

PEOPLE = 6


def silent(homes: int = 3) -> Walk:
    """Return a ticket of which nothing was heard for a quarter of an hour."""
    walk = a_walk(homes=homes)
    later(15)
    return walk


def test_clocks_that_watch_at_once_open_an_item_once(committed, crowd: Crowd):
    silent()
    results = crowd.at_once([follow_up] * PEOPLE)
    assert sorted(results) == [0] * (PEOPLE - 1) + [1]
    assert scalar("SELECT count(*) FROM inbox_item") == 1


def test_without_the_word_on_conflict_the_second_clock_fails(committed, crowd: Crowd, monkeypatch):
    """The negative control: this race can be lost."""
    silent()
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)

    def opened(kind: str, items: Any) -> int:
        if kind == "unclaimed":
            return 0
        both_have_read.wait()
        return sum(bool(rows(INSERT, kind=kind, c=item.cycle_id, g=item.grid_id, t=item.ticket_id)) for item in items)

    monkeypatch.setattr(following, "open_items", opened)
    results = crowd.at_once([follow_up] * 2)
    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


INSERT = "INSERT INTO inbox_item (kind, cycle_id, grid_id, ticket_id) VALUES (:kind, :c, :g, :t) RETURNING id"


def test_a_sheet_that_six_people_type_in_at_once_is_recorded_once(committed, crowd: Crowd):
    walk = silent()
    typed = type_in("\n".join(f"{stop.code} d 4.80" for stop in walk.stops))
    results = crowd.at_once([lambda: enter_paper(walk.town.depot, walk.ticket, typed)] * PEOPLE)
    assert [type(result).__name__ for result in results] == ["Recorded"] * PEOPLE
    assert scalar("SELECT count(*) FROM delivery_entry") == len(walk.stops)
    assert scalar("SELECT count(*) FROM taking") == len(walk.stops)
    assert [finding.law.name for finding in audit() if finding.offending] == []
