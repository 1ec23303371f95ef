"""The stops about what is kept of a household: its own page, the coordinator's, an erasure that waits, one that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.scene import Scene

GRID = 3


def about_privacy(scene: Scene) -> Iterator[Stop]:
    """A household asks what is kept of it, and to be forgotten."""
    home, leaving = scene.follow(GRID), scene.homes(1)[5]
    yield Stop("privacy-own", f"resident:{home}", "/household/data")
    yield Stop("coordinator-privacy", "coordinator", f"/coordinator/households/{home}/data")
    yield Stop("coordinator-privacy-waits", "coordinator", f"/coordinator/households/{home}/data", "erase")
    yield Stop("coordinator-privacy-erased", "coordinator", f"/coordinator/households/{leaving}/data", "erase")
