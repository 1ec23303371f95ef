"""Two grids with one of everything, each with a delivery point of its own, and the ways to name something of them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import text

from supplyhub.db import Base, db, row, rows, scalar
from supplyhub.delivery.chain import crates_for
from supplyhub.delivery.commands import claim_ticket, hand_over, pass_crates, reassign_ticket
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.states import CrateStep
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.factories import an_account, asking, bearer
from tests.factories_depot import Town, Volunteer, a_volunteer, stops_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from sqlalchemy.engine import Connection

# Where it is written whom was turned away; and what is written of every request with a token.
LOGS = ("grid_refusal", "refused_scan")
BESIDE = {*LOGS, "api_token"}
COUNTER = """
SELECT sum(pg_stat_get_xact_tuples_inserted(t) + pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t))
FROM unnest(CAST(:tables AS regclass[])) AS t"""


@dataclass
class Grid:
    """A grid's own of each thing: codes as people type them, ids as rows have them."""

    ids: dict[str, Any]
    ticket: str
    stop: int
    parcel: str
    crate: str
    volunteer: Volunteer
    mate: Volunteer
    staff: int

    @property
    def badge(self) -> str:
        """Return the code of the badge that has the ticket."""
        return self.volunteer.badge_code

    def of_mate(self) -> Grid:
        """Return the same with another volunteer of the grid, who has no ticket."""
        return replace(self, volunteer=self.mate)

    @property
    def batch(self) -> int:
        """Return the batch's id."""
        return int(self.ids["batch"])


class World:
    """The two grids, as far as `state` says: issued, left, claimed, out, passed (out, then reassigned), or at_point."""

    def __init__(self, client: FlaskClient, state: str, connection: Connection) -> None:
        self.client, self.connection = client, connection
        self.town = Town(grids=2, homes=1)
        if state == "at_point":
            for number in (1, 2):
                change_level(self.town.coordinator, ZoneLevel.NORMAL, grid=number)
        self.town.everybody_orders(V001=1)
        self.town.to_tickets()
        self.grids = [self._grid(side, state) for side in self.town.sides]
        self.tables = sorted(Base.metadata.tables.keys() - BESIDE)
        self._count, self._digests = self._changes(), self._digested()

    def _grid(self, side: Any, state: str) -> Grid:
        (ticket,) = self.town.tickets(side)
        volunteer, mate = a_volunteer(side), a_volunteer(side)
        crate = crates_for(self.town.depot, self.town.batch_of(side))[0].code
        if state == "left":
            pass_crates(self.town.depot, self.town.batch_of(side), CrateStep.LEFT_DEPOT, codes=[crate])
        if state in {"claimed", "out", "passed"}:
            claim_ticket(volunteer.asker, ticket)
        if state in {"out", "passed"}:
            hand_over(self.town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)
        if state == "passed":
            ticket = reassign_ticket(self.town.depot, ticket, badge_code=mate.badge_code)
            volunteer, mate = mate, volunteer
        ids = row(
            "SELECT t.id AS ticket, t.batch_id AS batch, t.route_id AS route, t.cycle_id AS cycle, t.grid_id AS grid,"
            " s.id AS stop, s.parcel_id AS parcel, b.delivery_point_id AS point, c.id AS crate FROM ticket AS t"
            " JOIN stop AS s ON s.ticket_id = t.id JOIN batch AS b ON b.id = t.batch_id"
            " JOIN crate AS c ON c.grid_id = t.grid_id WHERE t.code = :code",
            code=ticket,
        )
        assert ids is not None
        known = {**ids._asdict(), "badge": volunteer.asker.badge_id}
        staff = an_account(self.town.community, Role.DEPOT)
        staff.delivery_point_id = known["point"]
        db.session.commit()
        stop = stops_of(ticket)[0]
        return Grid(known, ticket, stop.id, stop.code, crate, volunteer, mate, staff.id)

    @property
    def depot(self) -> int:
        """Return the account of the depot, which works for every grid."""
        return self.town.depot.account_id

    @property
    def coordinator(self) -> int:
        """Return the coordinator's account."""
        return self.town.coordinator.account_id

    def api(self, account: int, path: str, **body: Any) -> int:
        """Send a request to the API."""
        answer = self.client.post(f"/api/v1{path}", json=body or None, headers=bearer(account))
        return int(answer.status_code)

    def page(self, account: int, path: str, **form: Any) -> int:
        """Send a page's form."""
        self._sign_in(account)
        return int(self.client.post(path, data=form).status_code)

    def send(self, account: int, path: str, **body: Any) -> int:
        """Send what a device kept, by its page."""
        self._sign_in(account)
        return int(self.client.post(path, json={"sent_at": now(), **body}).status_code)

    def sql(self, *statements: str, **bound: Any) -> None:
        """Run statements past every command; all of them, or none."""
        savepoint = db.session.connection().begin_nested()
        try:
            for statement in statements:
                db.session.connection().execute(text(statement), bound)
        except BaseException:
            savepoint.rollback()
            raise
        savepoint.commit()

    @contextmanager
    def undone(self) -> Iterator[World]:
        """Give the world; undo what is done to it in here."""
        db.session.rollback()
        savepoint, digests = self.connection.begin_nested(), self._digests
        try:
            yield self
        finally:
            db.session.rollback()
            savepoint.rollback()
            self._count, self._digests = self._changes(), digests

    def written(self) -> dict[str, Any]:
        """Return a digest of each table, but of the logs of those who were turned away."""
        count = self._changes()
        if count != self._count:
            self._count, self._digests = count, self._digested()
        return self._digests

    def _changes(self) -> int:
        """Return how many rows were written until now, whether that was undone or not."""
        return int(scalar(COUNTER, tables=self.tables))

    def _digested(self) -> dict[str, Any]:
        found = rows(
            " UNION ALL ".join(
                f"SELECT '{name}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM \"{name}\" AS t"
                for name in self.tables
            )
        )
        return {each.name: each.digest for each in found}

    def logged(self) -> tuple[list[str], list[str]]:
        """Return at which moves badges were turned away from other grids, and for which reasons scans were refused."""
        moves = rows("SELECT refused_move FROM grid_refusal ORDER BY id")
        scans = rows("SELECT reason FROM refused_scan ORDER BY happened_at, id")
        return [each.refused_move for each in moves], [each.reason for each in scans]

    def _sign_in(self, account: int) -> None:
        with self.client.session_transaction() as session:
            session.clear()
            session["_user_id"] = f"{account}.{asking(account).session_version}"
            session["until"] = int(time.time()) + 3600


def now() -> str:
    """Return the moment, as devices write it."""
    return datetime.now(UTC).isoformat()


def an_entry(stop: int, **more: Any) -> dict[str, Any]:
    """Return what a phone says of a door."""
    return {"id": str(uuid4()), "stop": stop, "outcome": "delivered", "happened_at": now(), **more}


def a_scan(ticket: str, badge: str) -> dict[str, Any]:
    """Return a handover as a device made it without signal."""
    return {"id": str(uuid4()), "ticket": ticket, "badge": badge, "happened_at": now()}


def owed(stop: int) -> int:
    """Return what a door's order is worth, in fen."""
    return int(
        scalar("SELECT o.total_fen FROM stop AS s JOIN orders AS o ON o.id = s.order_id WHERE s.id = :s", s=stop)
    )
