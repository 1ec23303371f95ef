"""The audit over the API, and by the command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner

from supplyhub import cli
from supplyhub.cli import audit
from supplyhub.people.states import Role
from tests.factories import Shop, an_account, bearer

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient


@pytest.fixture
def shop(client: FlaskClient) -> Shop:
    return Shop()


def as_coordinator(shop: Shop) -> dict[str, str]:
    return bearer(an_account(shop.community, Role.COORDINATOR).id)


def test_a_coordinator_reads_all_ten_laws(client: FlaskClient, shop: Shop) -> None:
    answer = client.get("/api/v1/audit", headers=as_coordinator(shop))
    assert answer.status_code == 200
    report = answer.get_json()
    assert (report["checked"], report["broken"]) == (10, 0)
    assert [law["number"] for law in report["laws"]] == list(range(1, 11))
    assert {law["verdict"] for law in report["laws"]} == {"holds"}
    assert report["laws"][6] == {
        "number": 7,
        "name": "Money",
        "name_zh": "资金",
        "verdict": "holds",
        "looked_at": 4,
        "offending": 0,
        "first_rows": [],
        "not_proved": "that the gateway's own books agree: see the reconciliation",
    }


@pytest.mark.parametrize("role", [Role.DEPOT, Role.VOLUNTEER])
def test_the_audit_is_for_coordinators(client: FlaskClient, shop: Shop, role: Role) -> None:
    headers = bearer(an_account(shop.community, role).id)
    assert client.get("/api/v1/audit", headers=headers).status_code == 403
    assert client.post(f"/api/v1/cycles/{shop.cycle.id}/close", headers=headers).status_code == 403


def test_a_cycle_that_takes_orders_cannot_be_closed(client: FlaskClient, shop: Shop) -> None:
    answer = client.post(f"/api/v1/cycles/{shop.cycle.id}/close", headers=as_coordinator(shop))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")


def test_another_communitys_cycle_is_not_found(client: FlaskClient, shop: Shop) -> None:
    answer = client.post(f"/api/v1/cycles/{Shop().cycle.id}/close", headers=as_coordinator(shop))
    assert answer.status_code == 404


@pytest.fixture
def run_audit(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Give the command, in this process."""
    monkeypatch.setattr(audit, "create_app", lambda: committed)

    def run(*options: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.main, ["audit", *options])
        return result.exit_code, result.stdout

    return run


def test_the_command_prints_a_line_a_law(run_audit: Callable[..., tuple[int, str]]) -> None:
    status, printed = run_audit()
    lines = [line for line in printed.splitlines() if not line.startswith("      ")]
    assert status == 0
    assert len(lines) == 10
    assert lines[4].split()[:3] == ["5", "Grid", "holds"]


def test_the_command_shows_what_breaks_a_law_and_leaves_with_1(
    run_audit: Callable[..., tuple[int, str]], admin_url: str
) -> None:
    shop = Shop()
    item = shop.item(offered=5)
    with psycopg.connect(admin_url) as owner:
        owner.execute("UPDATE menu_item SET reserved = 3 WHERE id = %s", [item.id])
    status, printed = run_audit()
    assert status == 1
    assert "1 rows break it" in printed
    assert f"item {item.id}, menu {shop.menu.id}, offered 5, reserved 3, live_units 0" in printed
    status, printed = run_audit("--json")
    report = json.loads(printed)
    assert (status, report["broken"]) == (1, 1)
    assert report["laws"][0]["first_rows"][0]["reserved"] == 3
