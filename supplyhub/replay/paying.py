"""Money in the play: most households pay online, some at the door, some are covered; at the end both books agree."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from supplyhub.replay.client import accepted
from supplyhub.replay.stage import ASK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplyhub.replay.stage import Payer, Stage

# Of a hundred households so many pay online, and so many more at the door; the others are covered.
ONLINE, AT_THE_DOOR = 60, 30
SOURCES = ("hardship", "donation")
NOTHING_OWED = "nothing_owed"
# Less than the gateway takes at once: it is paid at the door.
TOO_LITTLE = "too_little_online"
COMPARED_WITHIN_SECONDS = 30.0
# Refunds go to the gateway one by one, and some answers get lost.
MONEY_SECONDS = 600.0
# Above this another coordinator agrees first.
ONE_PERSON_UP_TO_FEN = 5000


def way_of(household: int) -> str:
    """Return how a household pays: online, at_the_door, covered; the same in every play."""
    place = int.from_bytes(hashlib.sha256(f"way/{household}".encode()).digest()[:4], "big") % 100
    return "online" if place < ONLINE else "at_the_door" if place < ONLINE + AT_THE_DOOR else "covered"


def pay(stage: Stage) -> None:
    """Let the households that pay online do so, while things go wrong at the gateway, and decide who is covered."""
    ways: dict[str, list[Any]] = {"online": [], "at_the_door": [], "covered": []}
    for order in _orders(stage):
        ways[way_of(order["household"])].append(order)
    if stage.payer is not None:
        stage.payer.let_things_go_wrong()
        own = stage.tokens.residents(order["household"] for order in ways["online"])
        pay_online = partial(_pay_online, stage, stage.payer)
        stage.together("paying online", lambda order: pay_online(order["id"], own[order["household"]]), ways["online"])
    stage.together("deciding who is covered", lambda order: _cover(stage, order["id"]), ways["covered"])


def settle(stage: Stage) -> None:
    """Wait until every payment and refund has arrived, hand out what goes back in cash, and count.

    Where people paid online, our books are laid beside the gateway's, until both are the same.
    """
    if stage.payer is not None:
        stage.wait_for("both books to be the same", lambda: _same_books(stage), within_seconds=MONEY_SECONDS)
    money = stage.wait_for("the refunds", lambda: _at_rest(stage), within_seconds=MONEY_SECONDS)
    by_hand = [refund for refund in _refunds(stage) if (refund["way"], refund["state"]) == ("cash", "due")]
    stage.together("handing out cash", lambda refund: _hand_out(stage, refund), by_hand)
    counts = stage.counts
    counts.worth_fen, counts.paid_online_fen = money["worth_fen"], money["online_fen"]
    counts.taken_fen, counts.covered_fen = money["cash_fen"] + money["shown_code_fen"], money["covered_fen"]
    counts.back_fen, counts.owed_fen = money["back_fen"], money["owed_fen"]


def _orders(stage: Stage) -> Iterable[Any]:
    found = stage.api.pages(stage.coordinator, f"/cycles/{stage.cycle}/orders")
    return [order for order in found if order["state"] == "placed" and order["total_fen"]]


def _pay_online(stage: Stage, payer: Payer, order: int, token: str) -> None:
    """Ask for the page and press the button."""
    answer = stage.api.call(token, "POST", f"/orders/{order}/payment")
    if answer.code in {NOTHING_OWED, TOO_LITTLE}:
        return
    payer.pay(accepted(answer, "POST", f"/orders/{order}/payment")["pay_url"])


def _cover(stage: Stage, order: int) -> None:
    stage.api.must(stage.coordinator, "PUT", f"/orders/{order}/cover", {"source": SOURCES[order % len(SOURCES)]})


def _at_rest(stage: Stage) -> Any:
    """Return the sums of the cycle once nothing is on its way online and nothing is held."""
    money = stage.api.get(stage.coordinator, f"/cycles/{stage.cycle}/money")
    return None if money["due_count"] or money["held"] or money["holds"] else money


def _same_books(stage: Stage) -> bool:
    """Lay both books beside each other, from a day ago on, and tell whether no row is unlike."""
    now = datetime.now(UTC)
    span = {"from_at": (now - timedelta(days=1)).isoformat(), "to_at": (now + timedelta(hours=1)).isoformat()}
    asked = stage.api.must(stage.coordinator, "POST", "/reconciliations", span)["id"]
    path = f"/reconciliations/{asked}"
    end = time.monotonic() + COMPARED_WITHIN_SECONDS
    while (found := stage.api.get(stage.coordinator, path))["done_at"] is None:
        if time.monotonic() > end:
            return False
        time.sleep(ASK_SECONDS)
    return not found["unmatched"]


def _refunds(stage: Stage) -> Any:
    return stage.api.get(stage.coordinator, f"/cycles/{stage.cycle}/refunds")


def _hand_out(stage: Stage, refund: Any) -> None:
    """Hand out cash; a play has one coordinator, so much of it is left to be agreed to by another."""
    if refund["amount_fen"] <= ONE_PERSON_UP_TO_FEN:
        stage.api.advance(
            stage.coordinator,
            f"/refunds/{refund['id']}/hand-out",
            reached=lambda: any(one["id"] == refund["id"] and one["state"] == "done" for one in _refunds(stage)),
        )
