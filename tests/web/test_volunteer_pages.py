"""What a volunteer's pages show when the badge ends on the way."""

from __future__ import annotations

from tests.factories_depot import a_volunteer, a_walk, expire
from tests.web.test_pages import sign_in


def test_without_a_live_badge_one_still_finds_what_is_in_hand(client):
    walk = a_walk()
    expire(walk.volunteer.badge)
    page = sign_in(client, walk.volunteer.asker.account_id).get("/tickets").text
    assert "您现在没有能用的证" in page
    assert f"/tickets/{walk.ticket}" in page
    assert client.get(f"/tickets/{walk.ticket}").status_code == 200


def test_without_a_live_badge_there_is_nothing_to_claim(client):
    walk = a_walk()
    other = a_volunteer(walk.town.first)
    expire(other.badge)
    page = sign_in(client, other.asker.account_id).get("/tickets").text
    assert walk.ticket not in page
    assert "领配送单" not in page
