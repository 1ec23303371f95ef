"""The demo community: whole, lawful, loaded once, and taken up again after an interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import db, rows, scalar
from supplyhub.demo.loading import load
from tests.drill import drilled
from tests.factories import a_community

if TYPE_CHECKING:
    from flask import Flask


class PulledOutError(Exception):
    """The plug was pulled."""


def quietly(_line: str) -> None:
    """Say nothing."""


def pull_out_at(word: str, line: str) -> None:
    if word in line:
        raise PulledOutError


@pytest.mark.parametrize("interrupted_at", drilled("being delivered", "staff", "takes orders", "requests"))
def test_the_demo_is_whole_after_an_interruption(committed: Flask, interrupted_at: str) -> None:
    with pytest.raises(PulledOutError):
        load(committed, say=lambda line: pull_out_at(interrupted_at, line))
    db.session.remove()
    assert load(committed, say=quietly)
    assert_whole()
    db.session.remove()
    assert not load(committed, say=quietly)


def assert_whole() -> None:
    assert scalar("SELECT count(*) FROM household WHERE active") == 2219
    assert scalar("SELECT count(*) FROM building WHERE grid_id IS NULL") == 0
    states = [cycle.state for cycle in rows("SELECT state FROM cycle ORDER BY number")]
    assert states == ["staging", "ordering"]
    tickets = dict(rows("SELECT state, count(*) FROM ticket GROUP BY state"))
    assert (tickets["handed_back"], tickets["under_way"], tickets["claimed"]) == (1, 2, 2)
    assert scalar("SELECT count(*) FROM menu WHERE state = 'published'") == 7
    ordered = scalar("SELECT count(*) FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id WHERE c.number = 2")
    assert 0.35 < ordered / 2219 < 0.45
    assert scalar("SELECT count(*) FROM allocation WHERE reason = 'fair_share' OR reason = 'none_left'") > 0
    assert scalar("SELECT count(*) FROM case_fill") > 0
    assert scalar("SELECT count(*) FROM grid_refusal") == 1
    assert scalar("SELECT count(*) FROM anchor_household WHERE ended_at IS NULL") == 2
    assert scalar("SELECT count(*) FROM call_attempt") >= 7 * 4
    assert scalar("SELECT count(*) FROM care_case WHERE ended_at IS NULL") == 102
    assert scalar("SELECT count(*) FROM care_case WHERE note_sealed IS NOT NULL") == 7
    assert scalar("SELECT count(*) FROM standing_volunteer WHERE ended_at IS NULL") == 2
    assert scalar("SELECT count(*) FROM care_check WHERE done_at IS NULL") == 13
    assert_alive()
    assert [finding.first_rows for finding in audit() if finding.offending] == []


def assert_alive() -> None:
    """The boards of a newcomer have something on them, and nothing twice."""
    asked = [tuple(each) for each in rows("SELECT kind, state, count(*) FROM help_request GROUP BY 1, 2 ORDER BY 1, 2")]
    assert asked == [
        ("complaint", "taken", 1),
        ("errand", "new", 2),
        ("errand", "solved", 1),
        ("errand", "waiting", 1),
        ("medicine", "new", 1),
        ("medicine", "taken", 1),
        ("other", "merged", 1),
        ("other", "taken", 2),
        ("transport", "new", 1),
        ("transport", "solved", 1),
        ("wish", "new", 1),
        ("wish", "taken", 2),
    ]
    late = "SELECT kind FROM help_request WHERE due_at < now() AND overdue_seen_at IS NULL AND ended_at IS NULL"
    assert [each.kind for each in rows(late)] == ["transport"]
    assert [each.holder for each in rows("SELECT holder FROM medicine_pass ORDER BY sequence")] == [
        "pharmacy",
        "volunteer",
        "border",
    ]
    assert scalar("SELECT count(*) FROM wish_claim WHERE given_up_at IS NULL") == 1
    assert scalar("SELECT count(*) FROM care_check WHERE done_at IS NULL AND due_on <= CURRENT_DATE + 1") >= 6
    assert scalar("SELECT count(*) FROM care_check WHERE done_at IS NOT NULL") == 3
    assert scalar("SELECT sum(received) FROM lot WHERE purpose = 'care'") == 100
    assert scalar("SELECT count(*) FROM duty_entry") == 7 * 5
    assert scalar("SELECT count(DISTINCT delivery_point_id) FROM point_hours") == 3
    on_duty = "SELECT count(*) FROM roster_shift WHERE starts_at <= now() AND ends_at > now()"
    assert scalar(on_duty) == 1 + 3 + 7
    assert scalar("SELECT count(*) FROM daily_report") == 2
    assert scalar("SELECT count(*) FROM message") > 0


def test_somebody_elses_community_is_left_alone(committed: Flask) -> None:
    a_community("别的社区")
    assert not load(committed, say=quietly)
    assert scalar("SELECT count(*) FROM grid") == 0
