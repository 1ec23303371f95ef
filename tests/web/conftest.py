"""Two grids that are made once for all tests in a row that begin in the same state."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.conftest import one_transaction
from tests.web.grid_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


class Worlds:
    """The grids of the tests in a row: one state at a time, in a transaction of its own."""

    def __init__(self, app: Flask) -> None:
        self._app, self._open, self._made = app, ExitStack(), ("", None)

    def of(self, state: str) -> World:
        """Return two grids that are as far as `state` says."""
        known, world = self._made
        if world is None or known != state:
            self.close()
            session = self._open.enter_context(one_transaction(self._app))
            world = World(self._app.test_client(), state, session.connection())
            self._made = state, world
        return world

    def close(self) -> None:
        """Undo all."""
        self._open.close()
        self._made = "", None


@pytest.fixture(scope="module")
def worlds(app: Flask) -> Iterator[Worlds]:
    """Return what makes two grids, with forms that need no token."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(app.config, "WTF_CSRF_METHODS", set())
        made = Worlds(app)
        yield made
        made.close()


@pytest.fixture
def world(worlds: Worlds, request: pytest.FixtureRequest) -> Iterator[World]:
    """Return two grids, as far as the test's parameter says; what the test does to them is undone."""
    with worlds.of(request.param).undone() as made:
        yield made
