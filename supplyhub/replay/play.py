"""The scenes of the play in their order, what it reports, and where it goes on after an interruption."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from supplyhub.replay import asking, delivery, depot, helping, ordering, packs, paying

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.replay.stage import Stage


def close(stage: Stage) -> None:
    """Count what became of the parcels and packs, and close the cycle."""
    depot.count_what_became(stage)
    packs.count_packs(stage)
    stage.progress.start("closing the cycle")
    stage.api.must(stage.coordinator, "POST", f"/cycles/{stage.cycle}/close")


# Each is safe to play again from its start: what is done already is found done.
SCENES: dict[str, Callable[[Stage], None]] = {
    "open": ordering.open_cycle,
    "menus": ordering.publish_menus,
    "orders": ordering.place_orders,
    "pay": paying.pay,
    "declined": ordering.decline_for_some,
    "packs": packs.give_packs,
    "cut_off": ordering.close_menus,
    "receive": depot.receive_goods,
    "pack": depot.pack_parcels,
    "deliver": delivery.deliver,
    "returns": delivery.deal_with_returns,
    "inbox": delivery.clear_the_inbox,
    "asked": asking.ask,
    "helped": helping.help_everybody,
    "money": paying.settle,
    "close": close,
}


def shortcomings(report: dict[str, Any], *, grids: int) -> list[str]:
    """Return what makes a whole play a failure, in sentences; none where all is as it should be."""
    attempts, refused = report["wrong_grid_attempts"], report["wrong_grid_refused"]
    found = {
        f"laws that are broken: {report['laws']['broken']}": report["laws"]["broken"] > 0,
        f"{attempts - refused} of {attempts} attempts in another grid were not refused": refused != attempts,
        "no ticket was tried in another grid": grids > 1 and attempts == 0,
    } | _of_packs_and_requests(report)
    return [sentence for sentence, is_so in found.items() if is_so]


def _of_packs_and_requests(report: dict[str, Any]) -> dict[str, bool]:
    reads, refused = report["medicine_read_attempts"], report["medicine_read_refused"]
    missing, outside, told = (report[f"packs_{what}"] for what in ("missing", "outside_register", "told_apart"))
    forgotten = report["requests_forgotten"]
    return {
        f"care packs that neither arrived nor came back: {missing}": missing > 0,
        f"care packs of households that aren't in the care register: {outside}": outside > 0,
        f"parcels by which a care pack can be told: {told}": told > 0,
        f"help requests without an outcome or an owner: {forgotten}": forgotten > 0,
        f"{reads - refused} of {reads} attempts to read of somebody's medicine were not refused": refused != reads,
        "nobody tried to read of somebody's medicine": report["requests"] > 0 and reads == 0,
    }


def play(stage: Stage) -> dict[str, Any]:
    """Play a whole cycle, or what is left of it, and return the report."""
    with stage.state.phase("register", every_time=True):
        stage.depot = stage.tokens.depot()
        ordering.meet_the_households(stage)
    for name, scene in SCENES.items():
        with stage.state.phase(name) as still_to_play:
            if still_to_play:
                scene(stage)
    with stage.state.phase("audit", every_time=True):
        stage.progress.start("checking the laws")
        audit = stage.api.get(stage.coordinator, "/audit")
    laws = {"checked": audit["checked"], "broken": audit["broken"]}
    return {**asdict(stage.counts), "seconds": stage.state.seconds, "laws": laws}
