"""No form is taken without its token, on any route: a page of somebody else's can't send one in a signed-in browser's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.people.states import Role
from supplyhub.web.audience import audience_of
from tests.web.test_audience import accounts, address, routes
from tests.web.test_pages import sign_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

__all__ = ["accounts"]

# The gateway has no session: what it says is signed.
SIGNED = {"payment_events.receive"}


def test_every_form_of_every_page_needs_its_token(app: Flask, client: FlaskClient, accounts: dict[Role, int]):
    forms: dict[Role, list[tuple[str, str, str]]] = {role: [] for role in Role}
    for rule, method in routes(app):
        if method != "GET" and not rule.rule.startswith("/api/") and rule.endpoint not in SIGNED:
            role = min(audience_of(app, rule.endpoint) or {Role.COORDINATOR})
            forms[role].append((rule.endpoint, method, address(app, rule)))
    taken = []
    for role, its in forms.items():
        sign_in(client, accounts[role])
        answers = [(endpoint, client.open(url, method=method).status_code) for endpoint, method, url in its]
        taken += [(endpoint, status) for endpoint, status in answers if status != 400]
    assert taken == []


def test_a_token_of_somebody_elses_session_is_none(client: FlaskClient, app: Flask, accounts: dict[Role, int]):
    office = app.test_client()
    sign_in(office, accounts[Role.COORDINATOR])
    page = office.get("/messages/settings").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert office.post("/messages/mail", data={"csrf_token": token, "address": "no address"}).status_code == 422
    sign_in(client, accounts[Role.DEPOT])
    assert client.post("/messages/mail", data={"csrf_token": token, "address": "no address"}).status_code == 400
