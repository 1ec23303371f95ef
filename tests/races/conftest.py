"""What races need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supplyhub import app as composition
from supplyhub.app import create_app
from supplyhub.db import db
from tests.races.crowd import Crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supplyhub.config import Settings


@pytest.fixture
def crowd(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    """Return an application with a connection for each of sixteen people."""
    monkeypatch.setattr(composition, "CONNECTIONS_PER_PROCESS", 16)
    made = create_app(settings)
    yield Crowd(made)
    with made.app_context():
        out = db.engine.pool.checkedout()
        db.engine.dispose()
    # A row of the test's own session that a thread reads anew would take a connection from here, and never close it.
    assert out == 0, "a thread used what belongs to the test's own session"
