"""Role x route over all routes of the application: whoever isn't in a route's declared audience is turned away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from supplyhub.db import scalar
from supplyhub.people.states import Role
from supplyhub.web.audience import audience_of
from tests.factories import a_badge, a_building, a_community, a_device, a_grid, a_household, an_account, bearer

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Return every rule with each of its own methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address(app: Flask, rule: Rule) -> str:
    """Return an address that fits the rule."""
    fitting: dict[str, Any] = {"RowNumber": 1, "UUIDConverter": UUID(int=1)}
    values = {
        name: fitting.get(type(converter).__name__) or min(getattr(converter, "items", "x"))
        for name, converter in rule._converters.items()
    }
    return str(app.url_map.bind("localhost").build(rule.endpoint, values, method=None))


@pytest.fixture
def accounts(database) -> dict[Role, int]:
    """Return an account of each role."""
    community = a_community()
    grid = a_grid(community)
    home = a_household(a_building(grid))
    a_device(home.id)
    return {
        Role.COORDINATOR: an_account(community, Role.COORDINATOR).id,
        Role.DEPOT: an_account(community, Role.DEPOT).id,
        Role.GRID_LEAD: an_account(community, Role.GRID_LEAD, grid=grid).id,
        Role.VOLUNTEER: a_badge(grid).account_id,
        Role.RESIDENT: home.account_id,
    }


def test_every_route_declares_its_audience(app):
    assert [rule.endpoint for rule in app.url_map.iter_rules() if audience_of(app, rule.endpoint) is None] == []


def test_strangers_reach_public_routes_only(app, client, accounts):
    let_in = []
    for rule, method in routes(app):
        if not audience_of(app, rule.endpoint):
            continue
        answer = client.open(address(app, rule), method=method)
        to_sign_in = answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
        if answer.status_code != 401 and not to_sign_in:
            let_in.append((rule.rule, method, answer.status_code))
    assert let_in == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_outside_the_audience_is_refused(app, client, accounts, role):
    token = bearer(accounts[role])
    let_in = []
    for rule, method in routes(app):
        audience = audience_of(app, rule.endpoint)
        if not audience or role in audience:
            continue
        answer = ask(client, accounts[role], token, address(app, rule), method)
        if answer.status_code != 403:
            let_in.append((rule.rule, method, answer.status_code))
    assert let_in == []


def ask(client: Any, account: int, token: dict[str, str], url: str, method: str) -> Any:
    """Ask as the account: by token below /api/, by session elsewhere."""
    if url.startswith("/api/"):
        return client.open(url, method=method, headers=token)
    with client.session_transaction() as session:
        session["_user_id"] = f"{account}.1"
        session["until"] = time.time() + 60
        session["device"] = scalar("SELECT id FROM household_device")
    return client.open(url, method=method)


def test_a_session_does_not_open_the_api_and_a_token_no_page(app, client, accounts):
    assert ask(client, accounts[Role.COORDINATOR], {}, "/api/v1/me", "GET").status_code == 401
    fresh = app.test_client()
    page = next(
        address(app, rule)
        for rule in app.url_map.iter_rules()
        if audience_of(app, rule.endpoint) and not rule.rule.startswith("/api/") and "GET" in rule.methods
    )
    assert fresh.get(page, headers=bearer(accounts[Role.COORDINATOR])).status_code == 302
