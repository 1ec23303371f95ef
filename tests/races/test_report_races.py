"""The hour of the day's report strikes for several clocks at once: it is made once; without the lock, once by each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from supplyhub.db import db, rows
from supplyhub.reports import daily
from supplyhub.reports.daily import make_due_reports, make_report
from tests.factories_depot import Town
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from datetime import date

    from tests.races.crowd import Crowd

CLOCKS = 6
# Shortly before midnight in the community, so that its hour has come.
EVENING = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=23, minute=30)


def made() -> list[Any]:
    """Return the reports that clocks made, and whom it was told."""
    found = rows("SELECT id FROM daily_report WHERE made_by IS NULL")
    told = rows("SELECT payload FROM outbox WHERE topic = 'day_reported'")
    db.session.rollback()
    assert sorted(each.id for each in found) == sorted(each.payload["report_id"] for each in told)
    return found


def test_six_clocks_make_one_report_and_tell_it_once(committed: Any, crowd: Crowd) -> None:
    Town(homes=2)
    db.session.rollback()
    answers = crowd.at_once([lambda: make_due_reports(EVENING)] * CLOCKS)
    (report,) = made()
    assert sorted(answers, key=len) == [[]] * (CLOCKS - 1) + [[report.id]]
    assert make_due_reports(EVENING + timedelta(minutes=5)) == []


def test_a_coordinator_beside_the_clocks_keeps_the_day_to_one_told_report(committed: Any, crowd: Crowd) -> None:
    town = Town(homes=2)
    by_hand = [lambda: make_report(town.coordinator, EVENING.date())] * 3
    db.session.rollback()
    answers = crowd.at_once([*by_hand, *[lambda: make_due_reports(EVENING)] * 3])
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert len(made()) == 1
    # By hand the same is not kept twice.
    assert len({answer for answer in answers if isinstance(answer, int)}) <= 2


def test_without_the_lock_every_clock_makes_its_own(committed: Any, crowd: Crowd, monkeypatch: Any) -> None:
    Town(homes=2)
    db.session.rollback()
    all_have_counted = Barrier(CLOCKS, timeout=PATIENCE_SECONDS)
    count = daily._counted

    def count_and_wait(community_id: int, day: date) -> dict[str, Any]:
        counted = count(community_id, day)
        all_have_counted.wait()
        return counted

    monkeypatch.setattr(daily, "_lock", lambda _community: None)
    monkeypatch.setattr(daily, "_counted", count_and_wait)
    crowd.at_once([lambda: make_due_reports(EVENING)] * CLOCKS)
    assert len(made()) == CLOCKS
