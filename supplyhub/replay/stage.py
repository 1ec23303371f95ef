"""What the scenes share: the client, the actors' tokens, how far we are, and hands to do things at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from supplyhub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from supplyhub.replay.baskets import Baskets, Door
    from supplyhub.replay.client import Client
    from supplyhub.replay.state import Counts, State

HANDS = 8
# A batch that a worker does is asked after this often, and for no longer than the second.
ASK_SECONDS = 0.2
WAIT_SECONDS = 120.0

Item = TypeVar("Item")
Result = TypeVar("Result")


class WaitedInVainError(HubError):
    """Something that a worker or the scheduler should have done didn't come."""

    code = "waited_in_vain"


class Tokens(Protocol):
    """Mints the bearer tokens of the five actors."""

    def coordinator(self) -> str:
        """Return a coordinator's token."""

    def depot(self) -> str:
        """Return a token of the depot's staff."""

    def lead(self, grid: int) -> str:
        """Return a token of the lead of the grid with this number."""

    def residents(self, household_ids: Iterable[int]) -> dict[int, str]:
        """Return the households' tokens by their ids."""

    def volunteers(self, account_ids: Iterable[int]) -> dict[int, str]:
        """Return the volunteers' tokens by the ids of their accounts."""


class Payer(Protocol):
    """Pays on the pages of the payment gateway's stand-in, and lets things go wrong there."""

    def let_things_go_wrong(self) -> None:
        """From now on webhooks come twice or late, and answers get lost after what was asked for was done."""

    def pay(self, pay_url: str) -> None:
        """Press the button on a page; on one that was paid before nothing happens."""


class Hours(Protocol):
    """Lets time pass for help requests, which is the one thing that nobody does through an API."""

    def pass_for(self, codes: Iterable[str], hours: int) -> None:
        """Let so many hours pass for the requests with these codes."""


class Progress(Protocol):
    """Shows how far the replay is."""

    def start(self, what: str, total: int | None = None) -> None:
        """Begin something that has `total` steps, or nobody knows how many."""

    def step(self) -> None:
        """Count a step of it."""


@dataclass
class Home:
    """A household of the play: its id, its grid's number, its basket; `most`: what it takes at most, to fill cases."""

    id: int
    grid: int
    basket: dict[str, int]
    most: dict[str, int] = field(default_factory=dict)


@dataclass
class Stage:
    """Everything a scene needs. The first scene fills `homes`, and `others`: households without a basket by grid."""

    api: Client
    tokens: Tokens
    state: State
    progress: Progress
    baskets: Baskets
    doors: list[Door]
    coordinator: str
    # None where nothing can be paid online: then everybody pays at the door.
    payer: Payer | None = None
    # None where no hours pass: then nothing is past due.
    hours: Hours | None = None
    homes: list[Home] = field(default_factory=list)
    others: dict[int, list[int]] = field(default_factory=dict)
    depot: str = ""
    leads: dict[int, str] = field(default_factory=dict)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def counts(self) -> Counts:
        """Return the numbers that the replay reports."""
        return self.state.counts

    @property
    def cycle(self) -> int:
        """Return the id of the replay's own cycle."""
        return self.state.cycle

    def count_attempts(self, refused: list[bool]) -> None:
        """Count attempts to use a ticket in another grid: at once in the file, no later run could count them again."""
        with self._counting:
            self.counts.wrong_grid_attempts += len(refused)
            self.counts.wrong_grid_refused += sum(refused)
            self.state.save()

    def keep_request(self, number: int, code: str) -> str:
        """Keep the code of a request at once, and return the one that is kept: the first. Count what was sent again."""
        with self._counting:
            self.counts.requests_sent_again += str(number) in self.state.asked
            kept = self.state.asked.setdefault(str(number), code)
            self.state.save()
        return kept

    def moves_made(self, number: int) -> int | None:
        """Return how many moves a request has behind it, None before strangers tried to read it."""
        return self.state.helped.get(str(number))

    def begin_request(self, number: int, refused: list[bool]) -> None:
        """Count attempts of strangers to read a request, with its first move before it: no later run counts them again."""
        with self._counting:
            self.counts.medicine_read_attempts += len(refused)
            self.counts.medicine_read_refused += sum(refused)
            self.state.helped[str(number)] = 0
            self.state.save()

    def count_move(self, number: int) -> None:
        """Keep at once that a request is a move further."""
        with self._counting:
            self.state.helped[str(number)] += 1
            self.state.save()

    def together(self, what: str, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Do something for each item, some at once, and return the results in order. The first error stops it."""
        todo = list(items)
        self.progress.start(what, len(todo))

        def one(item: Item) -> Result:
            result = do(item)
            self.progress.step()
            return result

        with ThreadPoolExecutor(HANDS) as hands:
            futures = [hands.submit(one, item) for item in todo]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                hands.shutdown(wait=False, cancel_futures=True)
        # A cancelled one stands after the one that failed only by chance: look for the failure first.
        failed = [future.exception() for future in futures if not future.cancelled() and future.exception()]
        if failed and failed[0] is not None:
            raise failed[0]
        return [future.result() for future in futures]

    def wait_for(self, what: str, ready: Callable[[], Any], *, within_seconds: float = WAIT_SECONDS) -> Any:
        """Ask until `ready` returns something true, and return that. Raises WaitedInVainError after a while."""
        self.progress.start(what)
        end = time.monotonic() + within_seconds
        while not (found := ready()):
            if time.monotonic() > end:
                raise WaitedInVainError(f"waited {within_seconds:.0f} s for {what}; do a worker and the scheduler run?")
            time.sleep(ASK_SECONDS)
        return found
