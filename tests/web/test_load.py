"""Load is shed before it is felt: who is too much is told when to come again, the others are served."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.factories import Shop, bearer

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def full(app, monkeypatch):
    """Let one request be one too many."""
    monkeypatch.setattr(app.extensions["doorman"], "most", 0)


def test_a_program_that_is_too_much_is_told_when_to_come_again(client, full):
    answer = client.get("/api/v1/menus")
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["Retry-After"]) <= 3
    assert (answer.json["code"], answer.content_type) == ("busy", "application/problem+json")


def test_a_person_who_is_too_much_gets_a_page_that_says_so(client, full):
    answer = client.get("/card")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_what_a_page_is_made_of_is_served_all_the_same(client, full):
    with client.get("/static/tokens.css") as answer:
        assert answer.status_code == 200


def test_who_gets_no_connection_in_time_is_told_to_come_again(client, monkeypatch):
    def nothing_free(*_args: object) -> None:
        raise PoolTimeout("QueuePool limit of size 4 overflow 0 reached")

    monkeypatch.setattr("supplyhub.web.auth.asker_in_session", nothing_free)
    monkeypatch.setattr("supplyhub.residents.tokens.asker_by_token", nothing_free)
    answer = client.get("/api/v1/menus", headers={"Authorization": "Bearer hub_x"})
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert "Retry-After" in answer.headers


def test_requests_that_ended_are_not_counted(client, app):
    for _ in range(3):
        client.get("/card")
    assert app.extensions["doorman"]._running == 0


def test_times_to_come_again_are_spread(client, full):
    assert len({client.get("/api/v1/menus").headers["Retry-After"] for _ in range(40)}) > 1


def test_an_account_orders_so_often_a_minute_and_no_more(app, client, monkeypatch):
    shop = Shop()
    monkeypatch.setattr(app.extensions["orders_a_minute"], "most", 2)
    mine, neighbours = bearer(shop.home.account_id), bearer(shop.another_home().account_id)
    address = f"/api/v1/menus/{shop.menu.id}/order"
    answers = [client.delete(address, headers=mine | {"If-None-Match": "*"}).status_code for _ in range(3)]
    assert answers == [404, 404, 429]
    assert client.get(address, headers=mine).status_code == 404
    assert client.delete(address, headers=neighbours | {"If-None-Match": "*"}).status_code == 404
