"""Asking for what is somebody else's: the matrix of `test_foreign_ids`, which asks, undoes, and judges what came through."""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO
from string import Template
from typing import TYPE_CHECKING, Any

from flask.sessions import SecureCookieSessionInterface

from supplyhub.db import Base, db, execute, rows, scalar, transaction
from supplyhub.web.audience import audience_of
from tests.web.foreign_table import BODIES, HEADERS, IDS, OTHERWISE, PUBLIC_RULES, WORDS
from tests.web.foreign_world import ForeignWorld, Person
from tests.web.test_audience import routes

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.engine import Connection
    from werkzeug.routing import Rule

# Where it is written whom was turned away; and what is written of every request with a token.
BESIDE = ("grid_refusal", "refused_scan", "api_token")
COUNTER = """
SELECT sum(pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t))
FROM unnest(CAST(:tables AS oid[])) AS t"""
REFUSED, OTHER_REFUSALS = {403, 404}, {303, 409}
# An owner who is answered so got no further than the form, or what is named isn't there.
NO_FURTHER = {400, 404, 405, 415, 422, 428}
# Pages whose scripts send JSON.
JSON_PAGES = {"phone_data.sync", "scan.send"}


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

    def ask(self, who: Person, rule: Rule, method: str) -> Any:
        """Ask for something of the owner's, with the owner's ids in the body."""
        body = BODIES.get(rule.endpoint) if method != "GET" else None
        return self.send(who, rule, method, filled(body, self.world.ids))

    def send(self, who: Person, rule: Rule, method: str, body: dict[str, Any] | None) -> Any:
        """Ask for something of the owner's with a body; what begins with a `?` is a query."""
        url, given = self.address(rule), dict(body or {})
        query = {name[1:]: given.pop(name) for name in list(given) if name[0] == "?"}
        as_data = not (url.startswith("/api/") or rule.endpoint in JSON_PAGES)
        as_data |= any(isinstance(value, tuple) for value in given.values())
        sent: dict[str, Any] = {"data" if as_data else "json": given if method != "GET" else None}
        if url.startswith("/api/"):
            sent["headers"] = who.token | HEADERS.get(rule.endpoint, {})
        else:
            self.client.set_cookie(str(self.app.config["SESSION_COOKIE_NAME"]), self.cookie(who))
        return self.client.open(url, method=method, query_string=query, **sent)

    def get(self, who: Person, url: str) -> Any:
        """Ask for a page."""
        self.client.set_cookie(str(self.app.config["SESSION_COOKIE_NAME"]), self.cookie(who))
        return self.client.get(url)

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

    @contextmanager
    def after(self, statement: str, **values: Any) -> Iterator[None]:
        """Let something have become otherwise in here."""
        kept = self.before
        with self.undone():
            with transaction():
                execute(statement, **{name: value for name, value in values.items() if f":{name}" in statement})
            self.before, self.count = self.written(), self.changes()
            yield
        self.before, self.count = kept, self.changes()

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
            found = [judged(answer, marks, lenient=rule.endpoint in OTHERWISE), *self.changed()]
        return ", ".join(filter(None, found))

    def changed(self) -> list[str]:
        """Return which tables were changed by what is being undone."""
        before, self.count = self.count, self.changes()
        if self.count == before:
            return []
        after = self.written()
        return [f"changed {name}" for name in self.names if after[name] != self.before[name]]


def filled(body: Any, ids: Mapping[str, Any]) -> Any:
    """Put ids where a body says `$name`; photos as files."""
    if isinstance(body, dict):
        return {filled(key, ids): filled(value, ids) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(value, ids) for value in body]
    if isinstance(body, bytes):
        return BytesIO(body), "photo.jpg"
    if isinstance(body, str):
        return ids[body[1:]] if body[1:] in ids and body[0] == "$" else Template(body).safe_substitute(ids)
    return body


def judged(answer: Any, marks: tuple[str, ...], *, lenient: bool = False) -> str:
    """Return what is wrong with an answer to somebody who should get nothing."""
    if answer.status_code not in (REFUSED | OTHER_REFUSALS if lenient else REFUSED):
        return f"answered {answer.status_code}"
    return told(answer, marks)


def told(answer: Any, marks: tuple[str, ...]) -> str:
    """Return which mark an answer bears."""
    said = answer.get_data().decode(errors="replace") + answer.headers.get("Location", "")
    return next((f"told {mark}" for mark in marks if mark in said), "")
