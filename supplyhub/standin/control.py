"""What the original hasn't: faults on demand, how delayed things end, the journal's totals. For the secret key only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from supplyhub.standin import checkouts, refunds
from supplyhub.standin.api import check_key, core
from supplyhub.standin.core import totals
from supplyhub.standin.faults import Faults
from supplyhub.standin.refusals import wrong

if TYPE_CHECKING:
    from supplyhub.standin.books import Thing

control = Blueprint("control", __name__, url_prefix="/standin")
control.before_request(check_key)


def given() -> dict[str, Any]:
    """Return the JSON object of a request. Raises Refusal."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise wrong("The body must be a JSON object", "body")
    return body


@control.get("/books")
def books() -> Response:
    """Return what the journal says."""
    with core().books.look() as page:
        return jsonify(totals(page))


@control.get("/faults")
def faults() -> Response:
    """Return what goes wrong, and how often."""
    return jsonify(core().mishaps.faults.as_dict())


@control.put("/faults")
def set_faults() -> Response:
    """Let things go wrong from now on; what isn't named goes right."""
    core().set_faults(Faults.read(given()))
    return faults()


@control.post("/faults/next")
def fail_next() -> Response:
    """Let the next call or event go wrong: {kind, times, on}."""
    wanted = {"kind": "", "times": 1, "on": "", **given()}
    if not isinstance(wanted["times"], int):
        raise wrong("Invalid integer: times", "times")
    core().mishaps.next(str(wanted["kind"]), times=wanted["times"], on=str(wanted["on"]))
    return jsonify(wanted)


@control.post("/checkouts/<identity>")
def play_checkout(identity: str) -> Response:
    """Play what happens to a page: {play: pay | pay_later | arrive | bounce | decline, method}."""
    wanted = given()
    play, method = wanted.get("play"), str(wanted.get("method", "card"))
    with core().change() as act:
        plays = {
            "pay": lambda: checkouts.pay(act, identity, method=method),
            "pay_later": lambda: checkouts.pay(act, identity, method=method, delayed=True),
            "arrive": lambda: checkouts.settle(act, identity, arrived=True),
            "bounce": lambda: checkouts.settle(act, identity, arrived=False),
            "decline": lambda: checkouts.decline(act, identity, method=method),
        }
        if play not in plays:
            raise wrong(f"play must be one of {', '.join(plays)}", "play")
        done: Thing = plays[play]()
    return jsonify(done)


@control.post("/refunds/<identity>")
def play_refund(identity: str) -> Response:
    """Say how a refund ended: {status: succeeded | failed, failure}."""
    wanted = given()
    with core().change() as act:
        done = refunds.finish(act, identity, str(wanted.get("status")), str(wanted.get("failure", "")))
    return jsonify(done)
