"""The gateway as one thing: its books, its keys, its clock, what goes wrong; every change goes through here."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from supplyhub.standin import checkouts
from supplyhub.standin.books import Books, Page, Thing
from supplyhub.standin.events import Act
from supplyhub.standin.faults import Faults, Mishaps
from supplyhub.standin.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# The kinds of events that docs/deploy.md tells the operator to subscribe to.
TOLD = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refund.updated",
    }
)
FAULTS = "faults"
KEY_LASTS_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Setup:
    """How a stand-in is set up. `public_url`: where browsers find it, by default where the call came to."""

    home: Path
    secret_key: str
    webhook_secret: str
    webhook_url: str = ""
    public_url: str = ""
    told: frozenset[str] = TOLD
    durable: bool = True


@dataclass(slots=True)
class Core:
    """A stand-in without its HTTP."""

    setup: Setup
    clock: Callable[[], float] = time.time
    books: Books = field(init=False)
    mishaps: Mishaps = field(init=False)
    # Set when there is something to tell.
    news: Event = field(init=False, default_factory=Event)
    _running: set[str] = field(init=False, default_factory=set)
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        """Open the books; the faults are those that it had when it ended."""
        self.books = Books(self.setup.home / "gateway.sqlite", durable=self.setup.durable)
        with self.books.look() as page:
            self.mishaps = Mishaps(Faults.read(page.setting(FAULTS) or {}))

    @contextmanager
    def change(self) -> Iterator[Act]:
        """Change the books; events are told when the change is done."""
        with self.books.change() as page:
            yield self.act(page)
        self.news.set()

    def act(self, page: Page) -> Act:
        """Return what is needed to change the books on an open page."""
        return Act(page, self.clock(), self.mishaps, self.setup.told)

    def end_due(self) -> None:
        """End the pages whose time is over."""
        with self.books.look() as page:
            due = checkouts.any_due(page, self.clock())
        if due:
            with self.change() as act:
                checkouts.expire_due(act)

    def set_faults(self, faults: Faults) -> None:
        """Let things go wrong from now on, after a restart too."""
        with self.books.change() as page:
            page.set(FAULTS, faults.as_dict())
        self.mishaps.begin(faults)
        self.news.set()

    def do(
        self, key: str | None, asked: list[object], work: Callable[[Act], Thing]
    ) -> tuple[int, dict[str, Any], bool]:
        """Do `work` once for a key; return status, body, and whether this is what was answered before.

        Effect and answer are written down together: a killed process leaves both or neither. Raises Refusal when
        the key is in use at this moment, or was used for something else.
        """
        if not key:
            with self.change() as act:
                return 200, work(act), False
        with self._only_one(key), self.change() as act:
            print_of = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
            kept = _answer(act, key, print_of)
            if kept:
                return *kept, True
            status, body = self._worked(act, asked, work)
            act.page.sql(
                "INSERT INTO answer (key, asked, status, body, at) VALUES (?, ?, ?, ?, ?)",
                (key, print_of, status, json.dumps(body, ensure_ascii=False), act.second),
            )
            return status, body, False

    def _worked(self, act: Act, asked: list[object], work: Callable[[Act], Thing]) -> tuple[int, dict[str, Any]]:
        if self.mishaps.strikes("error_kept", str(asked[0])):
            return 500, broken().body
        try:
            with act.page.attempt():
                return 200, work(act)
        except Refusal as refusal:
            # What fails before the work begins may be sent again, put right, with the same key.
            if not refusal.kept:
                raise
            return refusal.status, refusal.body

    @contextmanager
    def _only_one(self, key: str) -> Iterator[None]:
        with self._lock:
            if key in self._running:
                raise Refusal(
                    f"There is currently another in-progress request using this Idempotent Key ({key}).",
                    status=409,
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._running.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(key)


def broken() -> Refusal:
    """Return the refusal of a gateway that has a trouble of its own."""
    return Refusal("An unknown error occurred", status=500, kind="api_error")


def _answer(act: Act, key: str, print_of: str) -> tuple[int, dict[str, Any]] | None:
    """Return what this key was answered before. Raises Refusal when it was asked something else."""
    act.page.sql("DELETE FROM answer WHERE at < ?", (act.second - KEY_LASTS_SECONDS,))
    found = act.page.sql("SELECT asked, status, body FROM answer WHERE key = ?", (key,)).fetchone()
    if found is None:
        return None
    if found[0] != print_of:
        raise Refusal(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return found[1], json.loads(found[2])


def totals(page: Page) -> dict[str, Any]:
    """Return what the journal says: its sum (zero), what is held for the merchant, and both by reference."""
    rows = page.sql(
        "SELECT reference, sum(CASE WHEN about LIKE 'ch%' THEN amount ELSE 0 END),"
        " -sum(CASE WHEN about LIKE 're%' THEN amount ELSE 0 END)"
        " FROM posting WHERE account = 'merchant' GROUP BY reference ORDER BY reference"
    ).fetchall()
    return {
        "object": "books",
        "sum_fen": page.sql("SELECT coalesce(sum(amount), 0) FROM posting").fetchone()[0],
        "merchant_fen": sum(paid - back for _, paid, back in rows),
        "references": [
            {"reference": reference, "paid_fen": paid, "refunded_fen": back} for reference, paid, back in rows
        ],
    }
