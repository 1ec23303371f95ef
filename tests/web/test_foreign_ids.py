"""Role x route x foreign id: whoever names something of another community or grid learns nothing and changes nothing.

Every rule with arguments and every method of the application is asked by each role of its audience, as somebody of another
community and, for those who belong to a grid, as somebody of the grid next door. A new route fails until its arguments are
told in `foreign_table`; whoever owns the things is let through, so that the ids are real and the bodies say something.
"""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO
from string import Template
from typing import TYPE_CHECKING, Any

import pytest
import typst
from flask import Response
from flask.sessions import SecureCookieSessionInterface
from werkzeug.routing import Rule

from supplyhub.catalog import queries as catalog_queries
from supplyhub.db import Base, db, row, rows, scalar
from supplyhub.people import duty
from supplyhub.people.states import Role
from supplyhub.web.audience import audience_of
from tests.conftest import one_transaction
from tests.web.foreign_table import BODIES, HEADERS, IDS, NOT_REACHED, OTHERWISE, PUBLIC_RULES, WHOLE, WORDS
from tests.web.foreign_world import OF_COMMUNITY, OF_GRID, ForeignWorld, Person
from tests.web.test_audience import routes

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.engine import Connection

# Where it is written whom was turned away; and what is written of every request with a token.
BESIDE = ("grid_refusal", "refused_scan", "api_token")
COUNTER = """
SELECT sum(pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t))
FROM unnest(CAST(:tables AS oid[])) AS t"""
REFUSED, OTHER_REFUSALS = {403, 404}, {303, 409}
# An owner who is answered so got no further than the form, or what is named isn't there.
NO_FURTHER = {400, 404, 405, 415, 422, 428}


def named(rule: Rule, argument: str) -> tuple[str, str] | None:
    """Return where the table tells what stands for an argument: for the view, its area, or everywhere."""
    area = rule.endpoint.rpartition(".")[0]
    places = ((place, argument) for place in (rule.endpoint, area, "*"))
    return next((place for place in places if place in IDS or place in WORDS), None)


def words(rule: Rule, argument: str) -> list[str]:
    """Return the words of which an argument is one; none for an id."""
    return sorted(getattr(rule._converters[argument], "items", ()))


def cells(app: Flask) -> list[tuple[Rule, str]]:
    """Return every rule that names something, with each of its methods."""
    return [(rule, method) for rule, method in routes(app) if rule.arguments and rule.endpoint not in PUBLIC_RULES]


def names_ids(rule: Rule, *, but: Container[str] = ()) -> bool:
    """Tell whether a rule names something of somebody's, not words of the program alone."""
    places = (named(rule, argument) for argument in rule.arguments if not words(rule, argument))
    return any(place is None or (place in IDS and IDS[place] not in but) for place in places)


class Matrix:
    """The world, and what is asked in it; each request is undone."""

    def __init__(self, app: Flask, connection: Connection) -> None:
        self.app, self.connection = app, connection
        self.client: FlaskClient = app.test_client()
        self.world = ForeignWorld(app)
        self.names = sorted(Base.metadata.tables.keys() - set(BESIDE))
        self.tables = [
            each.oid
            for each in rows(
                "SELECT CAST(n AS regclass)::oid AS oid FROM unnest(CAST(:n AS text[])) AS n", n=self.names
            )
        ]
        self.cookies: dict[int, str] = {}
        db.session.rollback()
        self.before, self.count = self.written(), self.changes()

    def changes(self) -> int:
        """Return how many rows were written until now, whether that was undone or not."""
        return int(scalar(COUNTER, tables=self.tables))

    def written(self) -> dict[str, Any]:
        """Return a digest of each table."""
        digests = (
            f"SELECT '{name}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM \"{name}\" AS t"
            for name in self.names
        )
        return {each.name: each.digest for each in rows(" UNION ALL ".join(digests))}

    def address(self, rule: Rule) -> str:
        """Return an address that names what is of the owner."""
        values = {argument: words(rule, argument)[0] for argument in rule.arguments if words(rule, argument)}
        for argument in rule.arguments - values.keys():
            place = named(rule, argument)
            assert place is not None, f"{rule.rule}: tell in tests/web/foreign_table.py what stands for <{argument}>"
            values[argument] = self.world.ids[IDS[place]] if place in IDS else WORDS[place]
        return str(self.app.url_map.bind("localhost").build(rule.endpoint, values, method=None))

    def body(self, rule: Rule) -> dict[str, Any] | None:
        """Return what is sent, with the owner's ids in it."""
        return _filled(BODIES.get(rule.endpoint), self.world.ids)

    def ask(self, who: Person, rule: Rule, method: str) -> Any:
        """Ask for something of the owner's."""
        url, body = self.address(rule), self.body(rule) if method != "GET" else None
        if url.startswith("/api/"):
            headers = who.token | HEADERS.get(rule.endpoint, {})
            files = any(isinstance(value, tuple) for value in (body or {}).values())
            return self.client.open(url, method=method, headers=headers, **{"data" if files else "json": body})
        self.client.set_cookie(str(self.app.config["SESSION_COOKIE_NAME"]), self.cookie(who))
        return self.client.open(url, method=method, data=body)

    def cookie(self, who: Person) -> str:
        """Return the session of somebody's browser, sealed."""
        if who.account not in self.cookies:
            sealer = SecureCookieSessionInterface().get_signing_serializer(self.app)
            assert sealer is not None
            self.cookies[who.account] = str(sealer.dumps(who.session()))
        return self.cookies[who.account]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what is done in here."""
        db.session.rollback()
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            db.session.rollback()
            savepoint.rollback()

    def lets_in(self, rule: Rule, method: str) -> bool:
        """Tell whether some owner gets what the rule gives, or further than its form."""
        audience = audience_of(self.app, rule.endpoint) or ()
        return any(self._gets(who, rule, method) for role, who in self.world.owners.items() if role in audience)

    def _gets(self, who: Person, rule: Rule, method: str) -> bool:
        with self.undone():
            status = int(self.ask(who, rule, method).status_code)
        self.count = self.changes()
        assert status < 500, f"{method} {rule.rule} as {who.name}: answered {status}"
        return status not in NO_FURTHER

    def wrong(self, who: Person, rule: Rule, method: str, marks: tuple[str, ...]) -> str:
        """Ask, and return what somebody got who should get nothing; empty when it was nothing."""
        with self.undone():
            answer = self.ask(who, rule, method)
            found = [judged(answer, marks, lenient=rule.endpoint in OTHERWISE)]
            before, self.count = self.count, self.changes()
            if self.count != before:
                after = self.written()
                found += [f"changed {name}" for name in self.names if after[name] != self.before[name]]
        return ", ".join(filter(None, found))


def _filled(body: Any, ids: dict[str, Any]) -> Any:
    """Put ids where a body says `$name`; photos as files."""
    if isinstance(body, dict):
        return {_filled(key, ids): _filled(value, ids) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, ids) for value in body]
    if isinstance(body, bytes):
        return BytesIO(body), "photo.jpg"
    if isinstance(body, str):
        return ids[body[1:]] if body[1:] in ids and body[0] == "$" else Template(body).safe_substitute(ids)
    return body


def judged(answer: Any, marks: tuple[str, ...], *, lenient: bool = False) -> str:
    """Return what is wrong with an answer to somebody who should get nothing."""
    if answer.status_code not in (REFUSED | OTHER_REFUSALS if lenient else REFUSED):
        return f"answered {answer.status_code}"
    told = answer.get_data().decode(errors="replace") + answer.headers.get("Location", "")
    return next((f"told {mark}" for mark in marks if mark in told), "")


@pytest.fixture(scope="module")
def matrix(app: Flask) -> Iterator[Matrix]:
    with one_transaction(app) as session, pytest.MonkeyPatch.context() as patched:
        patched.setitem(app.config, "WTF_CSRF_METHODS", set())
        # Nobody gets so far as to pay; without one everybody is refused for that.
        patched.setitem(app.extensions, "gateway", object())
        yield Matrix(app, session.connection())


def asked(
    matrix: Matrix, role: Role, who: Person, marks: tuple[str, ...], *, neighbours: bool = False, only: str = ""
) -> str:
    """Ask for everything that the role may ask for; return what came through: method, rule, what."""
    found = []
    for rule, method in cells(matrix.app):
        audience = audience_of(matrix.app, rule.endpoint)
        assert audience is not None, f"{rule.rule}: declare an audience"
        if (
            role not in audience
            or not rule.endpoint.startswith(only)
            or not names_ids(rule, but=WHOLE if neighbours else ())
        ):
            continue
        if wrong := matrix.wrong(who, rule, method, marks):
            found.append(f"{method} {rule.rule} as {who.name}: {wrong}")
    return "\n".join(found)


def test_every_argument_of_every_route_is_told(app):
    untold = [
        f"{rule.rule}: tell in tests/web/foreign_table.py what stands for <{argument}>"
        for rule, _ in cells(app)
        for argument in sorted(rule.arguments)
        if named(rule, argument) is None and not words(rule, argument)
    ]
    assert untold == []


@pytest.mark.parametrize("role", list(Role))
def test_another_community_gets_nothing(matrix, role):
    assert asked(matrix, role, matrix.world.strangers[role], (OF_GRID, OF_COMMUNITY)) == ""


@pytest.mark.parametrize("role", [Role.GRID_LEAD, Role.VOLUNTEER, Role.RESIDENT])
def test_the_grid_next_door_gets_nothing(matrix, role):
    assert asked(matrix, role, matrix.world.neighbours[role], (OF_GRID,), neighbours=True) == ""


def test_who_owns_the_things_gets_through(matrix, monkeypatch):
    """So that the ids are real, and what is sent says something: where not, the table tells why."""
    # What pages look like is seen elsewhere; here they would take most of the time.
    blank = matrix.app.jinja_env.from_string("")
    monkeypatch.setattr(matrix.app.jinja_env, "get_or_select_template", lambda _: blank)
    monkeypatch.setattr(typst, "compile", lambda *_, **__: b"%PDF")
    stuck = {
        rule.endpoint for rule, method in cells(matrix.app) if names_ids(rule) and not matrix.lets_in(rule, method)
    }
    assert sorted(stuck) == sorted(NOT_REACHED)


def test_a_query_that_forgets_the_community_is_seen(matrix, monkeypatch):
    def any_cycle(_asker: object, cycle_id: int) -> Any:
        return row(
            "SELECT id, number, delivery_on, state, created_at, closed_at FROM cycle WHERE id = :id", id=cycle_id
        )

    monkeypatch.setattr(catalog_queries, "cycle_for", any_cycle)
    role = Role.COORDINATOR
    seen = asked(matrix, role, matrix.world.strangers[role], (OF_GRID, OF_COMMUNITY), only="cycles.")
    assert seen == "GET /api/v1/cycles/<int:cycle_id> as coordinator: answered 200"


def test_a_command_that_forgets_the_grid_is_seen(matrix, monkeypatch):
    of_owner = matrix.world.side.grid.id
    monkeypatch.setattr(duty, "written_grid", lambda _asker, _grid: of_owner)
    role = Role.GRID_LEAD
    seen = asked(matrix, role, matrix.world.neighbours[role], (OF_GRID,), neighbours=True, only="duty.add")
    assert seen == "POST /duty/<int:grid> as lead: answered 303, changed duty_entry"


@pytest.mark.parametrize(
    ("status", "told", "wrong"),
    [
        (404, "没有这一页", ""),
        (404, f"没有 {OF_GRID}", f"told {OF_GRID}"),
        (200, "[]", "answered 200"),
        (303, "", "answered 303"),
        (429, "", "answered 429"),
        (500, "", "answered 500"),
    ],
)
def test_only_a_refusal_that_names_nobody_is_right(status, told, wrong):
    assert judged(Response(told, status), (OF_GRID, OF_COMMUNITY)) == wrong


def test_an_argument_that_nobody_told_of_is_missed():
    assert named(Rule("/somewhere/<thing_id>", endpoint="somewhere.thing"), "thing_id") is None
