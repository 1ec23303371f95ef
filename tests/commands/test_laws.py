"""Every law holds in a world that keeps it, and is reported once somebody with all rights has broken it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, make_url, text

from supplyhub.audit.commands import LawBrokenError, close_cycle
from supplyhub.audit.law import NOT_GUARDED, Finding, Verdict
from supplyhub.audit.laws import LAWS
from supplyhub.audit.queries import audit
from supplyhub.db import db, rows, scalar
from supplyhub.errors import ConflictError
from tests.conftest import pinned_session
from tests.factories import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from sqlalchemy import Connection

    from supplyhub.config import Settings
    from supplyhub.people.asker import Asker

WORLD = (Path(__file__).parent / "two_cycles.sql").read_text(encoding="utf-8")
DRAWN = (Path(__file__).parent / "a_draw.sql").read_text(encoding="utf-8")
UNDRAWN = """
UPDATE draw SET seed = NULL, drawn_at = NULL; DELETE FROM draw_item; DELETE FROM draw_share; DELETE FROM draw_slip;
UPDATE menu_item SET reserved = 0 WHERE menu_id = 4
"""
LATE = "UPDATE menu_item SET late_until = '2026-01-03' WHERE menu_id = 1; UPDATE menu SET late_until = '2026-01-03' WHERE id = 1"
# The second order gets one of the item beside it for the unit that was short.
STOOD_IN = """
INSERT INTO substitution (order_id, item_id, cycle_id, substitute_item_id, units, unit_price_fen) VALUES (2, 11, 1, 12, 1, 100);
INSERT INTO parcel_line (parcel_id, item_id, lot_id, order_id, quantity, substitute) VALUES (2, 11, 2, 2, 1, true);
INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id) VALUES
  (2, 'shelf', 'packed', 1, 2), (2, 'packed', 'handed_over', 1, 2), (2, 'handed_over', 'delivered', 1, 2)
"""

REOPENED = "UPDATE cycle SET state = 'staging', closed_at = NULL WHERE id = 1; DELETE FROM order_outcome"

# Law and check, then what somebody does who may do anything: no triggers, no foreign keys, constraints dropped.
BREAKS: list[tuple[int, int, str]] = [
    (1, 0, "UPDATE menu_item SET reserved = 4 WHERE id = 11"),
    (1, 0, "UPDATE order_line SET quantity = 3 WHERE order_id = 6"),
    (
        1,
        0,
        (
            "ALTER TABLE menu_item DROP CONSTRAINT ck_menu_item_never_oversold;"
            " UPDATE menu_item SET offered = 4 WHERE id = 11"
        ),
    ),
    (1, 1, "UPDATE menu_item SET cap = 2 WHERE id = 11"),
    (1, 1, "UPDATE order_line SET most = 9 WHERE order_id = 2"),
    (1, 2, "UPDATE orders SET changed_at = '2026-01-02' WHERE id = 2"),
    (1, 2, "UPDATE orders SET placed_at = '2025-12-31' WHERE id = 2"),
    (1, 3, "INSERT INTO order_line VALUES (4, 21, 2, 1, 200)"),
    (1, 0, f"{DRAWN}; {UNDRAWN}; UPDATE menu_item SET reserved = 1 WHERE id = 41"),
    (1, 4, f"{DRAWN}; UPDATE draw_share SET got = 1 WHERE order_id = 8"),
    (1, 4, f"{DRAWN}; UPDATE draw_share SET got_as_care = 0 WHERE order_id = 7"),
    (1, 4, f"{DRAWN}; UPDATE draw_item SET asked = 6 WHERE item_id = 41"),
    (1, 4, f"{DRAWN}; UPDATE draw_item SET set_aside = 3 WHERE item_id = 41"),
    (1, 4, f"{DRAWN}; UPDATE menu_item SET offered = 9, reserved = 5 WHERE id = 41"),
    (1, 4, f"{DRAWN}; DELETE FROM draw_slip WHERE place = 5"),
    (1, 4, f"{DRAWN}; UPDATE order_line SET quantity = 4 - quantity / 2 WHERE menu_id = 4"),
    (
        1,
        5,
        (
            f"{DRAWN}; ALTER TABLE draw_slip DROP CONSTRAINT uq_draw_slip_item_id_place;"
            " UPDATE draw_slip SET place = 3 - place WHERE place < 3"
        ),
    ),
    (1, 5, f"{DRAWN}; UPDATE draw_slip SET won = place <> 1 WHERE place IN (1, 5)"),
    (1, 5, f"{DRAWN}; UPDATE draw SET seed = '5eee', seed_hash = sha256('5eee')"),
    (1, 6, f"{DRAWN}; UPDATE draw SET seed_hash = sha256('another')"),
    (1, 6, f"{DRAWN}; {UNDRAWN}; DELETE FROM draw"),
    (
        1,
        7,
        f"{LATE}; UPDATE menu_item SET late_until = NULL WHERE id = 12; UPDATE orders SET placed_at = '2026-01-02 08:00'",
    ),
    (1, 8, f"{LATE}; UPDATE menu SET late_until = '2026-01-04' WHERE id = 1"),
    (1, 8, "UPDATE menu_item SET late_until = '2026-01-03' WHERE id = 11"),
    (2, 0, "UPDATE lot SET received = 7 WHERE id = 1"),
    (2, 0, "DELETE FROM stock_level WHERE lot_id = 2"),
    (2, 0, "INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (1, 'supplier', 'inbound', 1)"),
    (2, 1, "UPDATE stock_level SET quantity = quantity + 1 WHERE lot_id = 1 AND place = 'delivered'"),
    (
        2,
        1,
        (
            "ALTER TABLE movement DISABLE TRIGGER keep_stock_level;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (1, 'returned', 'quarantine', 1)"
        ),
    ),
    (
        2,
        1,
        (
            "ALTER TABLE stock_level DROP CONSTRAINT ck_stock_level_never_below_zero;"
            " UPDATE stock_level SET quantity = -1 WHERE lot_id = 2 AND place = 'shelf'"
        ),
    ),
    (2, 2, "GRANT UPDATE ON movement TO {role}"),
    (2, 3, "ALTER TABLE movement DISABLE TRIGGER keep_stock_level"),
    (
        2,
        4,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_only_known_ways;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (1, 'returned', 'inbound', 1)"
        ),
    ),
    (
        2,
        5,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_a_write_off_has_a_reason;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity) VALUES (2, 'shelf', 'waste', 1)"
        ),
    ),
    (
        2,
        5,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_a_difference_has_reason_and_second_person;"
            " UPDATE movement SET second_by = moved_by WHERE to_place = 'count'"
        ),
    ),
    (
        2,
        5,
        (
            "ALTER TABLE movement DROP CONSTRAINT ck_movement_a_release_has_a_second_person;"
            " INSERT INTO movement (lot_id, from_place, to_place, quantity, moved_by, reason)"
            " VALUES (1, 'returned', 'quarantine', 1, 2, NULL), (1, 'quarantine', 'shelf', 1, 2, 'inspected')"
        ),
    ),
    (2, 6, "UPDATE stocktake_line SET counted = 4 WHERE lot_id = 1"),
    (2, 6, "UPDATE stocktake SET state = 'dropped'"),
    (2, 6, "UPDATE stocktake_line SET counted_by = 1 WHERE lot_id = 2"),
    (2, 6, "UPDATE stocktake_line SET counted_by = 3 WHERE lot_id = 1"),
    (2, 6, "UPDATE stocktake_line SET counted = 2, reason = 'lost' WHERE lot_id = 2"),
    (
        3,
        0,
        (
            "ALTER TABLE allocation DROP CONSTRAINT ck_allocation_never_more_than_ordered;"
            " UPDATE allocation SET allocated = 4 WHERE order_id = 2"
        ),
    ),
    (3, 0, "DELETE FROM allocation WHERE order_id = 5"),
    (3, 0, "UPDATE order_line SET quantity = 2 WHERE order_id = 2"),
    (3, 1, "UPDATE parcel_line SET quantity = 3 WHERE parcel_id = 2"),
    (3, 1, "DELETE FROM parcel_line WHERE parcel_id = 1 AND item_id = 12"),
    (3, 1, "DELETE FROM parcel WHERE id = 3"),
    (
        3,
        2,
        (
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id)"
            " VALUES (1, 'handed_over', 'delivered', 1, 2)"
        ),
    ),
    (3, 2, "UPDATE parcel SET state = 'delivered' WHERE id = 3"),
    (3, 0, "INSERT INTO case_fill (order_id, item_id, cycle_id, units) VALUES (2, 11, 1, 1)"),
    (
        3,
        1,
        (
            "INSERT INTO packing_short (parcel_id, item_id, substitute, order_id, units, reason, noted_by)"
            " VALUES (1, 11, false, 1, 1, 'damaged', 2)"
        ),
    ),
    (3, 1, f"{STOOD_IN}; DELETE FROM parcel_line WHERE substitute"),
    (3, 3, "UPDATE parcel SET state = 'handed_over' WHERE id = 1"),
    (3, 3, f"{STOOD_IN}; DELETE FROM parcel_line WHERE substitute"),
    (3, 4, f"{STOOD_IN}; UPDATE substitution SET unit_price_fen = 100000"),
    (3, 4, f"{STOOD_IN}; UPDATE substitution SET units = 2"),
    (3, 5, "UPDATE parcel_line SET lot_id = 2 WHERE parcel_id = 2"),
    (
        3,
        5,
        ("INSERT INTO parcel_weight (parcel_id, item_id, substitute, order_id, grams) VALUES (2, 11, true, 2, 500)"),
    ),
    (
        3,
        6,
        (
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, parcel_id, moved_by, reason)"
            " VALUES (1, 'shelf', 'packed', 1, 2, 2, NULL), (1, 'packed', 'shelf', 1, 2, 2, 'mispacked')"
        ),
    ),
    (4, 0, "UPDATE allocation SET allocated = 1 WHERE order_id = 2"),
    (4, 0, "UPDATE allocation SET allocated = 3, reason = 'full' WHERE order_id = 2"),
    (4, 0, "UPDATE movement SET quantity = 5 WHERE lot_id = 1 AND to_place = 'shelf'"),
    (4, 1, "UPDATE allocation SET allocated = 0 WHERE order_id = 3"),
    (4, 1, "UPDATE allocation SET allocated = 1 WHERE order_id = 1 AND item_id = 11"),
    (4, 1, "UPDATE allocation SET care_first = true WHERE order_id = 2"),
    (4, 2, "UPDATE allocation SET reason = 'full' WHERE order_id = 3"),
    (4, 2, "UPDATE allocation SET reason = 'none_left' WHERE order_id = 1"),
    (4, 2, "UPDATE allocation SET reason = 'fair_share' WHERE order_id = 5"),
    (4, 2, "UPDATE allocation SET reason = 'pro_rata' WHERE order_id = 2"),
    (4, 2, "UPDATE allocation SET reason = 'stepped_back' WHERE order_id = 5"),
    (4, 3, "UPDATE order_line SET consent = 'refund' WHERE order_id = 2"),
    (
        4,
        4,
        (
            "INSERT INTO case_fill (order_id, item_id, cycle_id, units) VALUES (1, 11, 1, 1);"
            " UPDATE allocation SET ordered = 3, allocated = 3 WHERE order_id = 1 AND item_id = 11"
        ),
    ),
    (5, 0, "UPDATE ticket SET badge_id = 2 WHERE id = 1"),
    (5, 0, "UPDATE ticket SET route_id = 2 WHERE id = 1"),
    (5, 0, "UPDATE batch SET grid_id = 3 WHERE id = 1"),
    (5, 1, "UPDATE stop SET grid_id = 2 WHERE id = 1"),
    (5, 1, "UPDATE stop SET ticket_id = 1, position = 9 WHERE id = 3"),
    (5, 1, "UPDATE household SET building_id = 2, door = '9' WHERE id = 1"),
    (5, 1, "UPDATE stop SET parcel_id = 99 WHERE id = 1"),
    (5, 2, "UPDATE handover SET badge_id = 2 WHERE ticket_id = 1"),
    (5, 2, "UPDATE badge SET valid_until = '2026-01-03 08:00' WHERE id = 1"),
    (5, 2, "UPDATE badge SET state = 'revoked', revoked_at = '2026-01-03 07:59' WHERE id = 1"),
    (
        5,
        2,
        (
            "ALTER TABLE handover DROP CONSTRAINT pk_handover;"
            " INSERT INTO handover SELECT * FROM handover WHERE ticket_id = 1"
        ),
    ),
    (5, 3, "DELETE FROM handover WHERE ticket_id = 1"),
    (5, 3, "UPDATE delivery_entry SET badge_id = 2 WHERE stop_id = 1"),
    (5, 4, "UPDATE route_building SET grid_id = 2 WHERE route_id = 1"),
    (5, 4, "UPDATE building SET grid_id = 2 WHERE id = 1"),
    (
        6,
        0,
        (
            "DROP INDEX uq_badge_one_live_a_person;"
            " INSERT INTO badge (account_id, grid_id, number, code, valid_until)"
            " VALUES (21, 1, 2, '1-002', '2027-01-01')"
        ),
    ),
    (
        6,
        1,
        (
            "ALTER TABLE badge DROP CONSTRAINT uq_badge_grid_id_number;"
            " INSERT INTO badge (account_id, grid_id, number, code, valid_until)"
            " VALUES (23, 1, 1, '1-001b', '2027-01-01')"
        ),
    ),
    (
        6,
        1,
        "INSERT INTO badge (account_id, grid_id, number, code, valid_until) VALUES (23, 1, 2, '1-001', '2027-01-01')",
    ),
    (6, 2, "GRANT DELETE ON badge TO {role}"),
    (7, 0, "INSERT INTO journal_entry (kind, cycle_id) VALUES ('covered', 1)"),
    (7, 0, "UPDATE posting SET amount_fen = 399 WHERE entry_id = 9 AND account = 'cash'"),
    (7, 1, "UPDATE posting SET amount_fen = amount_fen - 5 WHERE entry_id = 5 AND (order_id = 2 OR account = 'goods')"),
    (7, 1, "UPDATE order_line SET unit_price_fen = 210 WHERE order_id = 2"),
    (7, 1, "UPDATE parcel SET state = 'delivered' WHERE id = 3"),
    (7, 1, "UPDATE credit SET state = 'refused'"),
    (
        7,
        1,
        "INSERT INTO parcel_weight (parcel_id, item_id, substitute, order_id, grams) VALUES (1, 12, false, 1, 450)",
    ),
    (7, 2, f"{REOPENED}; UPDATE journal_entry SET kind = 'packed' WHERE kind = 'ordered'"),
    (7, 3, "UPDATE charge SET paid_fen = 601 WHERE id = 1"),
    (7, 3, "UPDATE taking SET amount_fen = 300"),
    (7, 3, "DELETE FROM refund WHERE id = 3"),
    (
        7,
        4,
        "ALTER TABLE charge DROP CONSTRAINT ck_charge_no_more_back_than_came; UPDATE charge SET refunded_fen = 401 WHERE id = 2",
    ),
    (7, 4, "UPDATE refund SET order_id = 5 WHERE order_id = 3"),
    (7, 5, "UPDATE refund SET state = 'done', done_at = now() WHERE id = 3"),
    (7, 5, "UPDATE cash_count SET counted_fen = 380"),
    (7, 5, "UPDATE taking SET way = 'shown_code'"),
    (7, 6, "DELETE FROM posting WHERE entry_id = 15"),
    (7, 6, "DELETE FROM posting WHERE entry_id = 6; DELETE FROM cover"),
    (7, 7, "ALTER TABLE journal_entry DISABLE TRIGGER entry_sums_to_zero"),
    (8, 0, "ALTER TABLE receipt DROP CONSTRAINT uq_receipt_purchase_order_id_delivery_note"),
    (8, 0, "ALTER TABLE delivery_entry DROP CONSTRAINT pk_delivery_entry"),
    (
        8,
        1,
        (
            "ALTER TABLE receipt DROP CONSTRAINT uq_receipt_purchase_order_id_delivery_note;"
            " INSERT INTO receipt (cycle_id, purchase_order_id, delivery_note, received_by) VALUES (1, 1, 'N-1', 2)"
        ),
    ),
    (
        8,
        1,
        (
            "ALTER TABLE delivery_entry DROP CONSTRAINT pk_delivery_entry;"
            " INSERT INTO delivery_entry SELECT * FROM delivery_entry LIMIT 1"
        ),
    ),
    (8, 2, "UPDATE outbox SET finished_at = '2026-01-06' WHERE id = 2"),
    (8, 2, "DELETE FROM delivery_entry WHERE stop_id = 3"),
    (9, 0, "INSERT INTO declined (cycle_id, household_id, recorded_by) VALUES (2, 1, 1)"),
    (
        9,
        0,
        (
            "ALTER TABLE orders DROP CONSTRAINT uq_orders_menu_id_household_id;"
            " INSERT INTO orders (menu_id, cycle_id, grid_id, household_id, building_id, total_fen, channel, placed_by)"
            " VALUES (3, 1, 1, 1, 1, 0, 'web', 11)"
        ),
    ),
    (9, 1, "DELETE FROM cycle_building WHERE cycle_id = 2 AND building_id = 1"),
    (9, 2, "DELETE FROM order_outcome WHERE order_id = 3"),
    (9, 2, "UPDATE order_outcome SET outcome = 'delivered' WHERE order_id = 2"),
    (9, 2, "INSERT INTO order_outcome (order_id, cycle_id, outcome) VALUES (6, 2, 'delivered')"),
    (
        9,
        2,
        (
            "ALTER TABLE order_outcome DROP CONSTRAINT pk_order_outcome;"
            " INSERT INTO order_outcome (order_id, cycle_id, outcome) VALUES (1, 1, 'returned')"
        ),
    ),
    (10, 0, "GRANT DELETE ON care_access TO {role}"),
    (10, 0, "GRANT UPDATE (quantity) ON stock_level TO {role}"),
    (10, 1, "UPDATE household SET phone_sealed = '19900000000' WHERE id = 3"),
    (10, 1, "UPDATE household SET contact_name_sealed = 'k1|somebody' WHERE id = 3"),
    (10, 1, "UPDATE care_case SET category_sealed = decode(repeat('00', 60), 'hex')"),
]

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
) -> Iterator[Callable[[str], list[Finding]]]:
    """Do something as the owner, then audit as the application's role; all of it is undone afterwards."""
    role = make_url(settings.database_url).username
    with app.app_context(), owner.begin_nested() as point:
        session = pinned_session(owner)
        monkeypatch.setattr(db, "session", session)

        def do_and_audit(statements: str) -> list[Finding]:
            owner.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in filter(str.strip, statements.format(role=role).split(";")):
                owner.exec_driver_sql(statement)
            owner.execute(text(f"SET LOCAL ROLE {role}"))
            return audit()

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
        "UPDATE care_case SET ended_at = '2026-01-02 13:59'",
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
    audited_after: Callable[[str], list[Finding]], law: int, check: int, statements: str
) -> None:
    finding = audited_after(statements)[law - 1]
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
