"""The stops about the day's report: a day without one, today beside days before, one grid's, what a lead has."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from supplyhub.db import execute, row, transaction
from supplyhub.reports.daily import make_report
from supplyhub.reports.day_reading import today_of
from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.journeys.scene import Scene

GRID = 3
# How much of today there was so many days ago; of the third there is no report.
SHARES = {1: 0.9, 2: 0.7, 4: 0.85, 5: 0.5, 6: 0.4}


def about_the_report(scene: Scene) -> Iterator[Stop]:
    """Before a report is made, then with a week of them."""
    yield Stop("report-none", "coordinator", "/report")
    yield Stop("report-lead-none", f"gridlead:{GRID}", "/report")
    today = today_of(scene.coordinator)
    report = make_report(scene.coordinator, today)
    counted = row("SELECT figures FROM daily_report WHERE id = :id", id=report)
    assert counted
    with transaction():
        for back, share in SHARES.items():
            execute(
                "INSERT INTO daily_report (community_id, day, figures) VALUES (:community, :day, CAST(:figures AS jsonb))",
                community=scene.coordinator.community_id,
                day=today - timedelta(days=back),
                figures=json.dumps(less(counted.figures, share)),
            )
    yield Stop("report", "coordinator", "/report")
    yield Stop("report-grid", "coordinator", f"/report?grid={GRID}")
    yield Stop("report-alone", "coordinator", f"/report?day={today - timedelta(days=2)}")
    yield Stop("report-lead", f"gridlead:{GRID}", "/report")


def less(figures: Any, share: float) -> Any:
    """Return figures with a share of each number that is no cycle's."""
    if isinstance(figures, dict):
        return {key: kept if key in {"cycle", "households"} else less(kept, share) for key, kept in figures.items()}
    return round(figures * share) if isinstance(figures, int) else figures
