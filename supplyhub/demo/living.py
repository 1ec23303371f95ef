"""What makes the demo's boards live: requests, calls of today, packs that could be given, shifts, yesterday beside today."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from supplyhub.db import scalar
from supplyhub.demo import asking, caring, standing
from supplyhub.demo.settling import drain
from supplyhub.demo.staging import find_volunteers
from supplyhub.reports.daily import make_report

if TYPE_CHECKING:
    from supplyhub.crypto import Vault
    from supplyhub.demo.cycles import Loaded


def is_loaded(community_id: int) -> bool:
    """Tell whether the last step was done: a coordinator made the day's report."""
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM daily_report WHERE community_id = :community AND made_by IS NOT NULL)",
            community=community_id,
        )
    )


def load(cycles: Loaded, *, vault: Vault) -> None:
    """Bring what goes on beside the cycles to where the demo shows it. Safe to repeat."""
    actors, coordinator = cycles.actors, cycles.actors.coordinator
    volunteers = find_volunteers(coordinator.community_id)
    standing.write_cards(actors, vault=vault)
    standing.open_points(coordinator.community_id)
    standing.plan_roster(actors, volunteers, now=cycles.now)
    standing.take_donation(actors.depot, cycles.taking_orders)
    caring.call_first(actors)
    homes = {grid: list(group) for grid, group in groupby(cycles.homes, key=lambda home: home.grid)}
    asking.load(asking.Cast(actors, homes, volunteers, vault, cycles.now.date()), cycle_id=cycles.under_way)
    # People are told; then it is counted.
    drain()
    for day in (cycles.now - timedelta(days=1), cycles.now):
        make_report(coordinator, day.date())
