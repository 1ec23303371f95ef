"""What races need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub import core
from supplyhub.app import create_app
from supplyhub.db import db
from tests.conftest import patient
from tests.races.crowd import Crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from supplyhub.config import Settings


@pytest.fixture(scope="session")
def crowded(settings: Settings) -> Iterator[Flask]:
    """Return an application with a connection for each of sixteen people."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(core, "CONNECTIONS_PER_PROCESS", 16)
        made = patient(create_app(settings))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def crowd(crowded: Flask) -> Iterator[Crowd]:
    """Return sixteen people at once, each with a connection."""
    yield Crowd(crowded)
    # A row of the test's own session that a thread reads anew would take a connection from here, and keep it.
    with crowded.app_context():
        assert db.engine.pool.checkedout() == 0, "a thread used what belongs to the test's own session"
