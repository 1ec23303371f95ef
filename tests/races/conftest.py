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
        db.engine.dispose()
