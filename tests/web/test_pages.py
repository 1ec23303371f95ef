"""The pages: each for its actor, in two languages, without a script of anybody else's, and unmoved by bad forms."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from flask import send_file

from supplyhub.app import create_app
from supplyhub.catalog.models import Product
from supplyhub.db import db
from supplyhub.ordering.baskets import Line
from supplyhub.ordering.commands import place_order
from supplyhub.people.commands import set_password
from supplyhub.people.states import Role
from supplyhub.residents.asking import asker_of
from supplyhub.web.audience import audience_of
from supplyhub.web.errors import FOR_SCRIPTS
from supplyhub.web.headers import set_headers
from tests.factories import Shop, a_badge, a_building, a_device, a_grid, a_household, an_account
from tests.web.messages import english, missing, twice, used

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from supplyhub.config import Settings

PLANTED = "<script>alert(1)</script>"
PASSWORD = "correct horse battery"


@pytest.fixture
def shop(database: Any) -> Shop:
    return Shop()


@pytest.fixture
def people(shop: Shop) -> dict[Role, int]:
    """Give the five actors' accounts."""
    accounts = {
        Role.COORDINATOR: an_account(shop.community, Role.COORDINATOR).id,
        Role.DEPOT: an_account(shop.community, Role.DEPOT, login="depot").id,
        Role.GRID_LEAD: an_account(shop.community, Role.GRID_LEAD, grid=shop.grid).id,
        Role.VOLUNTEER: a_badge(shop.grid).account_id,
        Role.RESIDENT: shop.home.account_id,
    }
    shop.item()
    return accounts


def sign_in(client: FlaskClient, account_id: int) -> FlaskClient:
    """Open a session as `auth.sign_in` does."""
    asker = asker_of(account_id)
    assert asker is not None
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = f"{account_id}.{asker.session_version}"
        session["until"] = int(time.time()) + 3600
        if asker.household_id is not None:
            session["device"] = a_device(asker.household_id).id
    return client


def pages_of(app: Flask, role: Role | None = None) -> list[str]:
    """Return the addresses of pages without arguments, no files and nothing for scripts; those of one role, if it is given."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and not rule.rule.startswith(("/api/", "/static"))
        and rule.rule not in FOR_SCRIPTS
        and not rule.rule.endswith((".pdf", ".xlsx", "/live"))
        and (role is None or role in (audience_of(app, rule.endpoint) or ()))
    ]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_page_answers_for_its_actor_in_both_languages(
    app: Flask, client: FlaskClient, people: dict[Role, int], role: Role, lang: str
) -> None:
    sign_in(client, people[role])
    client.set_cookie("lang", lang)
    for path in pages_of(app, role):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code in {200, 404}, path
        assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text, path
        if lang == "en":
            assert not re.findall("[\u4e00-\u9fff]{2,}", visible_english(answer.text)), path


def visible_english(page: str) -> str:
    """Return a page's words without what stays Chinese: names, places, the relay, the switch to Chinese."""
    without = re.sub(r'<(\w+)[^>]* lang="zh-CN"[^>]*>.*?</\1>', "", page, flags=re.DOTALL)
    return re.sub(r'data-(?:kind|find)="[^"]*"|东门', "", without)


@pytest.mark.parametrize("role", list(Role))
def test_no_page_answers_for_another_actor(
    app: Flask, client: FlaskClient, people: dict[Role, int], role: Role
) -> None:
    sign_in(client, people[role])
    public = {path for path in pages_of(app) if not audience_of(app, endpoint_of(app, path))}
    for path in sorted(set(pages_of(app)) - set(pages_of(app, role)) - public):
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert "什么都没有改动" in answer.text


def endpoint_of(app: Flask, path: str) -> str:
    """Return the endpoint that answers an address."""
    return str(app.url_map.bind("").match(path)[0])


def test_a_stranger_is_sent_to_sign_in_and_comes_back(app: Flask, client: FlaskClient, shop: Shop) -> None:
    account = an_account(shop.community, Role.DEPOT, login="depot")
    set_password(account.id, PASSWORD)
    asked = client.get("/depot/handover")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/depot/handover"
    sent = client.post(
        "/sign-in",
        data={
            "csrf_token": token_of(client.get(asked.location).text),
            "login": "Depot ",
            "password": PASSWORD,
            "next": "/depot/handover",
        },
    )
    assert (sent.status_code, sent.location) == (303, "/depot/handover")
    cookie = next(header for header in sent.headers.getlist("Set-Cookie") if header.startswith("supplyhub="))
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def token_of(page: str) -> str:
    """Return the token of a page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_no_address_leads_out_of_the_house(client: FlaskClient, database: Any, elsewhere: str) -> None:
    assert client.get("/look", query_string={"lang": "en", "back": elsewhere}).location == "/"


def test_a_form_without_its_token_is_refused(client: FlaskClient, people: dict[Role, int]) -> None:
    sign_in(client, people[Role.RESIDENT])
    answer = client.post("/order", data={"total_fen": "1"})
    assert answer.status_code == 400
    assert "什么都没有改动" in answer.text


def test_what_people_type_is_shown_as_they_typed_it(client: FlaskClient, shop: Shop, people: dict[Role, int]) -> None:
    item = shop.item()
    product = db.session.query(Product).order_by(Product.id.desc()).first()
    assert product is not None
    product.name_zh = PLANTED
    db.session.commit()
    place_order(
        shop.resident(),
        menu_id=shop.menu.id,
        household_id=shop.home.id,
        expected=None,
        lines=[Line(item.id, 1)],
        total_fen=480,
        note=PLANTED,
    )
    for role, path in ((Role.RESIDENT, "/order"), (Role.RESIDENT, "/menu"), (Role.GRID_LEAD, "/grid/menu")):
        page = sign_in(client, people[role]).get(path).text
        assert PLANTED not in page, path
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page, path
    found = sign_in(client, people[Role.GRID_LEAD]).get("/grid/find", query_string={"door": f'1"{PLANTED}'}).text
    assert PLANTED not in found


class Markup(HTMLParser):
    """Notes what runs or styles in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        given = dict(attrs)
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.found.append("script")
        if tag == "style" or (given.get("href") or "").startswith(("javascript:", "http")):
            self.found.append(f"{tag} {given}")
        self.found += [name for name in given if name.startswith("on")]
        style = given.get("style")
        if style and not re.fullmatch(r"--share:[0-9.]+", style):
            self.found.append(style)


@pytest.mark.parametrize("role", list(Role))
def test_no_page_carries_a_script_or_a_style_of_its_own(
    app: Flask, client: FlaskClient, people: dict[Role, int], role: Role
) -> None:
    sign_in(client, people[role])
    for path in pages_of(app, role):
        markup = Markup()
        markup.feed(client.get(path, follow_redirects=True).text)
        assert markup.found == [], path


@pytest.mark.parametrize("path", ["/sign-in", "/card", "/nowhere", "/static/tokens.css"])
def test_every_answer_tells_the_browser_what_it_may_do(client: FlaskClient, database: Any, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert path.startswith("/static") or headers["Cache-Control"] == "no-store"


def test_a_file_that_is_handed_out_stays_in_no_cache(app: Flask) -> None:
    with app.test_request_context("/coordinator/exports/1.xlsx"):
        answer = set_headers(send_file(BytesIO(b"who lives where"), "text/csv", max_age=0))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Expires" not in answer.headers


def test_every_word_has_its_english_and_no_english_is_left_over() -> None:
    assert missing() == []
    words = {message if isinstance(message, str) else message[0] for message in used()}
    left_over = [message.id for message in english() if message.id and single(message.id) not in words]
    assert left_over == []


def test_every_word_has_its_english_in_one_place() -> None:
    assert twice() == []


def single(message: Any) -> str:
    """Return the first form of a message."""
    return str(message if isinstance(message, str) else message[0])


BAD_FORMS: list[tuple[Role, str, dict[str, str]]] = [
    (Role.RESIDENT, "/menu", {"q1": "9" * 30, "more": "9" * 30}),
    (Role.RESIDENT, "/menu", {"more": "-1"}),
    (Role.RESIDENT, "/order", {"total_fen": "-5"}),
    (Role.RESIDENT, "/order", {"total_fen": "9" * 12, "q999999999": "3"}),
    (Role.RESIDENT, "/order", {"total_fen": "1", "q1": "1", "note": "nul\0"}),
    (Role.RESIDENT, "/order/cancel", {"menu": "9" * 18, "version": "1"}),
    (Role.RESIDENT, "/order/cancel", {"menu": "x", "version": "²"}),
    (Role.GRID_LEAD, "/grid/declined", {"household": "9" * 40}),
    (Role.GRID_LEAD, "/grid/declined", {"household": "999999999"}),
    (Role.GRID_LEAD, "/grid/calls", {"household": "9" * 40, "outcome": "declined"}),
    (Role.GRID_LEAD, "/grid/calls", {"household": "1", "outcome": "\0"}),
    (Role.GRID_LEAD, "/anchors", {"household": "999999999"}),
    (Role.COORDINATOR, "/anchors", {"household": "x"}),
    (Role.GRID_LEAD, "/grid/publish", {"opens": "soon", "cutoff": "\0"}),
    (Role.DEPOT, "/depot/handover", {"ticket": "\0", "badge": "💡" * 30}),
    (Role.DEPOT, "/depot/handover", {"ticket": "ZZZZZZ", "badge": "3-017"}),
    (Role.COORDINATOR, "/coordinator/cycles", {"delivery_on": "2026-02-30"}),
    (Role.COORDINATOR, "/coordinator/people/staff", {"name": "\0", "role": "king", "grid": "x"}),
    (Role.COORDINATOR, "/coordinator/people/volunteers", {"name": "某人", "grid": "99999999999"}),
    (Role.COORDINATOR, "/coordinator/people/999999999/badge", {"grid": "-1"}),
    (Role.COORDINATOR, "/coordinator/register/imports", {}),
    (Role.COORDINATOR, "/coordinator/register/imports/999999999/load", {}),
    (Role.COORDINATOR, "/coordinator/register/imports/undo/999999999", {}),
]


@pytest.mark.parametrize(("role", "path", "form"), BAD_FORMS)
def test_a_bad_form_is_answered_and_changes_nothing(
    app: Flask,
    client: FlaskClient,
    people: dict[Role, int],
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    path: str,
    form: dict[str, str],
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    sign_in(client, people[role])
    before = everything()
    answer = client.post(path, data=form, follow_redirects=True)
    assert answer.status_code < 500
    assert everything() == before


def everything() -> list[int]:
    """Return how many rows there are of what pages write."""
    tables = ("orders", "order_line", "declined", "menu", "cycle", "account", "badge", "handover", "household")
    return [db.session.execute(db.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]


def test_a_lead_reaches_no_door_of_another_grid(client: FlaskClient, shop: Shop, people: dict[Role, int]) -> None:
    stranger = a_household(a_building(a_grid(shop.community)))
    sign_in(client, people[Role.GRID_LEAD])
    for page in ("consent", "menu", "review", "order", "cancel", "slip/1", "slip/1.pdf"):
        assert client.get(f"/for/{stranger.id}/{page}").status_code == 404


def test_a_question_that_numbers_make_too_large_is_no_error_of_ours(
    client: FlaskClient, people: dict[Role, int]
) -> None:
    sign_in(client, people[Role.RESIDENT])
    assert client.get(f"/order?menu_id={10**30}").status_code in {404, 422}
    sign_in(client, people[Role.DEPOT])
    assert client.get(f"/depot?cycle={10**30}").status_code in {404, 422}
    assert client.get(f"/depot/pack/{10**30}").status_code in {404, 422}


def test_with_the_database_away_a_page_says_what_was_kept(settings: Settings) -> None:
    away = create_app(replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none"))
    client = away.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "1.1"
        session["until"] = int(time.time()) + 3600
    answer = client.get("/menu")
    assert answer.status_code == 503
    assert "以前下的单都在，什么都没有改动。" in answer.text
    assert client.get("/card").status_code == 200


def test_a_household_whose_thirty_days_are_over_is_asked_for_its_card(client: FlaskClient, database: Any) -> None:
    assert client.get("/order?menu_id=7", follow_redirects=True).request.path == "/card"


def test_asking_only_for_the_head_of_a_page_changes_nothing(
    client: FlaskClient, shop: Shop, people: dict[Role, int]
) -> None:
    sign_in(client, people[Role.COORDINATOR])
    badge = db.session.execute(db.text("SELECT code FROM badge")).scalar_one()
    assert client.head(f"/coordinator/badges/{badge}/revoke").status_code == 200
    assert db.session.execute(db.text("SELECT state FROM badge")).scalar_one() == "live"
