"""Doing for many what threads ask for at the same time: the first to come does the work of all who wait."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from supplyhub.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Ticket(Generic[Asked, Answer]):
    """Somebody's place in the queue; `called` is released once there is an answer, or the turn to lead."""

    __slots__ = ("answer", "asked", "called", "done", "error", "since")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.since = time.monotonic()
        self.called = Lock()
        self.called.acquire()
        self.done = False
        self.answer: Answer
        self.error: BaseException | None = None


class Gatherer(Generic[Asked, Answer]):
    """Calls `work` with all that wait, at most `most` at once; nobody waits for company.

    Who finds nobody at work leads: takes the queue, does it, answers each, and passes the lead on. So a lone caller
    pays nothing, and no thread of its own has to be started, watched or stopped. `apart` names what may not stand
    twice in one call. When `work` fails for several it is called for each alone, so that an error reaches only those
    who cause it; an error of `everybodys` kinds is everybody's at once.

    Once the first in the queue has waited for `patience_seconds`, who comes is turned away with BusyError: the queue
    stays as short as what is done in that time.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Sequence[Answer]],
        *,
        most: int,
        apart: Callable[[Asked], Hashable] | None = None,
        everybodys: tuple[type[BaseException], ...] = (),
        patience_seconds: float = 1.0,
    ) -> None:
        self._work = work
        self._most = most
        self._apart = apart or id
        self._everybodys = everybodys
        self._patience_seconds = patience_seconds
        self._lock = Lock()
        self._waiting: deque[_Ticket[Asked, Answer]] = deque()
        self._led = False

    def submit(self, asked: Asked) -> Answer:
        """Return the answer to `asked`. Raises what `work` raised for it, BusyError when too many wait."""
        ticket: _Ticket[Asked, Answer] = _Ticket(asked)
        with self._lock:
            if self._waiting and ticket.since - self._waiting[0].since > self._patience_seconds:
                raise BusyError("Very many people are here at the moment", retry_after_seconds=1)
            self._waiting.append(ticket)
            leads, self._led = not self._led, True
        if not leads:
            ticket.called.acquire()
        if not ticket.done:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.answer

    def _lead(self) -> None:
        """Serve the first of the queue, with as many behind as go together; then pass the lead on."""
        with self._lock:
            together = self._take()
        try:
            self._serve(together)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
            # The next leads before those who have their answers run on: the work never rests.
            for ticket in ([following] if following else []) + together[1:]:
                ticket.called.release()

    def _take(self) -> list[_Ticket[Asked, Answer]]:
        together: dict[Hashable, _Ticket[Asked, Answer]] = {}
        later: list[_Ticket[Asked, Answer]] = []
        while self._waiting and len(together) < self._most:
            ticket = self._waiting.popleft()
            if together.setdefault(self._apart(ticket.asked), ticket) is not ticket:
                later.append(ticket)
        self._waiting.extendleft(reversed(later))
        return list(together.values())

    def _serve(self, together: list[_Ticket[Asked, Answer]]) -> None:
        try:
            answered = zip(together, self._work([ticket.asked for ticket in together]), strict=True)
            answers = [answer for _, answer in answered]
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to those who asked
            if len(together) > 1 and not isinstance(error, self._everybodys):
                for ticket in together:
                    self._serve([ticket])
                return
            for ticket in together:
                ticket.error, ticket.done = error, True
            return
        for ticket, answer in zip(together, answers, strict=True):
            ticket.answer, ticket.done = answer, True
