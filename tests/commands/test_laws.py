"""Every law holds in a world that keeps it, and is reported once somebody with all rights has broken it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, make_url, text

from supplyhub.audit.commands import LawBrokenError, close_cycle
from supplyhub.audit.law import NOT_GUARDED, Finding, Law, Verdict
from supplyhub.audit.laws import LAWS
from supplyhub.audit.queries import audit, judge
from supplyhub.db import db, rows, scalar
from supplyhub.errors import ConflictError
from tests.commands.breaks import BREAKS, DRAWN, REOPENED, STOOD_IN, UNDRAWN
from tests.conftest import pinned_session
from tests.factories import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from sqlalchemy import Connection

    from supplyhub.config import Settings
    from supplyhub.people.asker import Asker

WORLD = (Path(__file__).parent / "two_cycles.sql").read_text(encoding="utf-8")

# The next cycle takes over two units that were left on the shelf, and shares them out.
TAKEN_OVER = """
UPDATE cycle SET state = 'staging' WHERE id = 2;
UPDATE lot SET serves_cycle_id = 2 WHERE id = 2;
INSERT INTO menu_item (id, menu_id, offer_id, position, price_fen, offered, cap, reserved) OVERRIDING SYSTEM VALUE
VALUES (32, 3, 2, 2, 200, 10, 3, 2);
INSERT INTO order_line (order_id, item_id, menu_id, quantity, unit_price_fen) VALUES (6, 32, 3, 2, 200);
INSERT INTO allocation_run (cycle_id, policy, seed) VALUES (2, 'care_first_equal_share', 's');
INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, reason, care_first)
VALUES (6, 31, 2, 1, 0, 'nothing_came', true), (6, 32, 2, 2, 2, 'full', true);
INSERT INTO batch (id, cycle_id, grid_id) OVERRIDING SYSTEM VALUE VALUES (3, 2, 1);
INSERT INTO parcel (id, order_id, batch_id, cycle_id, grid_id, position, bags, weight_grams) OVERRIDING SYSTEM VALUE
VALUES (4, 6, 3, 2, 1, 1, 1, 1000);
INSERT INTO journal_entry (id, kind, cycle_id) OVERRIDING SYSTEM VALUE VALUES (20, 'ordered', 2), (21, 'shared', 2);
INSERT INTO posting (entry_id, account, order_id, amount_fen)
VALUES (20, 'household', 6, 600), (20, 'goods', NULL, -600), (21, 'household', 6, -200), (21, 'goods', NULL, 200)
"""

OUTCOMES = ["delivered", "part_delivered", "returned", "cancelled", "nothing_came"]


@pytest.fixture(scope="module")
def owner(app: Flask, admin_url: str) -> Iterator[Connection]:
    """Return the superuser's connection, in a transaction that holds the world and is rolled back."""
    engine = create_engine(make_url(admin_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.exec_driver_sql(WORLD)
        # The books sum up now: a table with checks still to come can't be altered.
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.fixture
def audited_after(
    app: Flask, owner: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., list[Finding]]]:
    """Do something as the owner, then audit as the application's role; all of it is undone afterwards."""
    role = make_url(settings.database_url).username
    with app.app_context(), owner.begin_nested() as point:
        session = pinned_session(owner)
        monkeypatch.setattr(db, "session", session)

        def do_and_audit(statements: str, *only: Law) -> list[Finding]:
            owner.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in filter(str.strip, statements.format(role=role).split(";")):
                owner.exec_driver_sql(statement)
            owner.execute(text(f"SET LOCAL ROLE {role}"))
            return [judge(law) for law in only] or audit()

        yield do_and_audit
        session.registry().close()
        session.registry.clear()
        point.rollback()
        monkeypatch.undo()


@pytest.fixture
def staged(audited_after: Callable[[str], list[Finding]]) -> Callable[[str], Asker]:
    """Take cycle 1 back to before its close and do something as the owner; returns the coordinator."""

    def reopen(statements: str) -> Asker:
        audited_after(f"{REOPENED};{statements}")
        return asking(1)

    return reopen


def test_closing_a_cycle_gives_every_order_the_outcome_that_happened(staged: Callable[[str], Asker]) -> None:
    close_cycle(staged(""), 1)
    outcomes = rows("SELECT order_id, outcome FROM order_outcome ORDER BY order_id")
    assert [outcome.outcome for outcome in outcomes] == OUTCOMES
    assert scalar("SELECT state FROM cycle WHERE id = 1") == "closed"
    close_cycle(asking(1), 1)
    assert scalar("SELECT count(*) FROM order_outcome") == len(OUTCOMES)


def test_a_cycle_is_not_closed_while_a_law_is_broken(staged: Callable[[str], Asker]) -> None:
    coordinator = staged("UPDATE stock_level SET quantity = 9 WHERE lot_id = 1 AND place = 'delivered'")
    with pytest.raises(LawBrokenError) as caught:
        close_cycle(coordinator, 1)
    laws: Any = caught.value.data["laws"]
    assert [law["number"] for law in laws] == [2]
    assert scalar("SELECT count(*) FROM order_outcome") == 0
    assert scalar("SELECT state FROM cycle WHERE id = 1") == "staging"


@pytest.mark.parametrize(
    "still_open",
    [
        "UPDATE ticket SET state = 'handed_over' WHERE id = 2",
        "UPDATE parcel SET state = 'handed_over' WHERE id = 3",
        "DELETE FROM allocation; DELETE FROM allocation_run",
        "UPDATE cycle SET state = 'procuring' WHERE id = 1",
    ],
)
def test_a_cycle_is_not_closed_before_everything_is_back(staged: Callable[[str], Asker], still_open: str) -> None:
    with pytest.raises(ConflictError):
        close_cycle(staged(still_open), 1)
    assert scalar("SELECT count(*) FROM order_outcome") == 0


def test_all_laws_hold_in_a_world_that_keeps_them(audited_after: Callable[[str], list[Finding]]) -> None:
    findings = audited_after("")
    assert [finding.first_rows for finding in findings if finding.offending] == []
    assert [finding.law.number for finding in findings] == list(range(1, 11))
    assert all(finding.looked_at > 0 for finding in findings if finding.law.checks)


def test_a_role_that_owns_the_tables_is_said_to_be_unguarded_and_nothing_is_broken(
    audited_after: Callable[[str], list[Finding]], owner: Connection
) -> None:
    guarded = audited_after("")
    owner.execute(text("RESET ROLE"))
    findings = audit()
    assert [finding.first_rows for finding in findings if finding.offending] == []
    unguarded = [
        finding.law.number
        for finding, other in zip(findings, guarded, strict=True)
        if finding.not_proved != other.not_proved and NOT_GUARDED in finding.not_proved
    ]
    assert unguarded == [2, 6, 10]


@pytest.mark.parametrize("world", [DRAWN, f"{DRAWN}; {UNDRAWN}"], ids=["drawn", "not yet"])
def test_all_laws_hold_with_a_menu_that_is_drawn(audited_after: Callable[[str], list[Finding]], world: str) -> None:
    assert [finding.first_rows for finding in audited_after(world) if finding.offending] == []


def test_a_substitute_in_a_parcel_keeps_the_third_law(audited_after: Callable[[str], list[Finding]]) -> None:
    assert audited_after(STOOD_IN)[2].first_rows == []


def test_what_a_cycle_takes_over_from_the_shelf_is_its_stock(
    audited_after: Callable[[str], list[Finding]],
) -> None:
    assert [finding.first_rows for finding in audited_after(TAKEN_OVER) if finding.offending] == []


def test_who_was_given_a_part_before_anybody_was_asked_breaks_nothing(
    audited_after: Callable[[str], list[Finding]],
) -> None:
    findings = audited_after(
        "UPDATE allocation_run SET policy = 'care_first_whatever_was_said';"
        " UPDATE order_line SET consent = 'refund' WHERE order_id = 2"
    )
    assert [finding.first_rows for finding in findings if finding.offending] == []


@pytest.mark.parametrize(
    "change",
    [
        (
            "INSERT INTO care_case (household_id, category_sealed, wrapped_key, category_hash, created_at)"
            " SELECT 2, category_sealed, wrapped_key, category_hash, '2026-01-02 13:59' FROM care_case"
        ),
        (
            "UPDATE care_case SET ended_at = '2026-01-02 13:59', destroyed_at = '2026-01-09 14:00', category_sealed = NULL,"
            " wrapped_key = NULL, category_hash = ''"
        ),
    ],
    ids=["came", "ended"],
)
def test_a_care_register_that_changed_beside_the_sharing_out_breaks_nothing(
    audited_after: Callable[[str], list[Finding]], change: str
) -> None:
    findings = audited_after(f"SELECT setval(pg_get_serial_sequence('care_case', 'id'), 1000); {change}")
    assert [finding.first_rows for finding in findings if finding.offending] == []


def test_a_building_that_moved_breaks_nothing_until_its_routes_are_planned(
    audited_after: Callable[[str], list[Finding]],
) -> None:
    findings = audited_after(
        "UPDATE building SET grid_id = 2 WHERE id = 1;"
        " INSERT INTO outbox (topic, payload) VALUES ('routes', '{{\"import_id\": 1, \"grids\": [1, 2]}}')"
    )
    assert [finding.first_rows for finding in findings if finding.offending] == []


def test_a_building_that_moved_stays_in_the_older_routes(audited_after: Callable[[str], list[Finding]]) -> None:
    findings = audited_after(
        "UPDATE building SET grid_id = 2 WHERE id = 1;"
        " INSERT INTO route (id, grid_id, version, length_metres) OVERRIDING SYSTEM VALUE VALUES (3, 1, 2, 0)"
    )
    assert [finding.first_rows for finding in findings if finding.offending] == []


def test_a_badge_that_is_revoked_after_its_handovers_breaks_nothing(
    audited_after: Callable[[str], list[Finding]],
) -> None:
    findings = audited_after("UPDATE badge SET state = 'revoked', revoked_at = '2026-01-03 08:01' WHERE id = 1")
    assert [finding.first_rows for finding in findings if finding.offending] == []


def test_two_communities_may_number_their_badges_alike(audited_after: Callable[[str], list[Finding]]) -> None:
    findings = audited_after(
        "INSERT INTO community (id, name, timezone) OVERRIDING SYSTEM VALUE VALUES (2, 'Otherside', 'Asia/Shanghai');"
        " INSERT INTO grid (id, community_id, number, name) OVERRIDING SYSTEM VALUE VALUES (9, 2, 1, 'one');"
        " INSERT INTO badge (account_id, grid_id, number, code, valid_until) VALUES (23, 9, 1, '1-001', '2027-01-01')"
    )
    assert [finding.first_rows for finding in findings if finding.offending] == []


@pytest.mark.parametrize(
    ("law", "check", "statements"), BREAKS, ids=[f"{law}-{check}-{n}" for n, (law, check, _) in enumerate(BREAKS)]
)
def test_a_broken_law_is_reported(
    audited_after: Callable[..., list[Finding]], law: int, check: int, statements: str
) -> None:
    (finding,) = audited_after(statements, LAWS[law - 1])
    assert finding.verdict == Verdict.BROKEN
    assert finding.offending >= 1
    assert finding.law.checks[check].name in {row["check"] for row in finding.first_rows}


def test_every_check_of_every_law_is_broken_by_some_test() -> None:
    broken = {(law, check) for law, check, _ in BREAKS}
    assert broken == {(law.number, n) for law in LAWS for n in range(len(law.checks))}


def test_at_most_twenty_rows_are_shown_and_all_are_counted(
    audited_after: Callable[[str], list[Finding]],
) -> None:
    finding = audited_after(
        "INSERT INTO menu_item (menu_id, offer_id, position, price_fen, offered, cap, reserved)"
        " SELECT 3, 1000 + n, n, 1, 9, 1, 1 FROM generate_series(1, 50) AS n"
    )[0]
    assert finding.offending == 50
    assert len(finding.first_rows) == 20
