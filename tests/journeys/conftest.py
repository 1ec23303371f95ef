"""A browser, the pages behind a real socket, and a community in the middle of its day."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from supplyhub.app import create_app
from supplyhub.db import db
from tests.browser import ARGUMENTS, browser_path
from tests.conftest import patient
from tests.journeys.house import SLOWEST_MILLISECONDS, House
from tests.journeys.settled import Settled
from tests.journeys.type import with_chinese_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from playwright.sync_api import Browser

    from supplyhub.config import Settings


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium once a worker."""
    expect.set_options(timeout=SLOWEST_MILLISECONDS)
    with sync_playwright() as playwright:
        environment = with_chinese_type(tmp_path_factory.mktemp("type"))
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=list(ARGUMENTS), env=dict(environment)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[Flask]:
    """Return the application whose pages are served."""
    # Everybody comes from one address here; without the queue server, rate limits let everything through.
    made = patient(create_app(replace(settings, public_url="http://127.0.0.1", redis_url="redis://127.0.0.1:1/0")))
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def site(served: Flask) -> Iterator[str]:
    """Serve the pages on a free port of this machine."""
    server = make_server("127.0.0.1", 0, at_once(served), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def at_once(app: Flask) -> WSGIApplication:
    """Return the application with its answers read to the end before they are sent.

    Werkzeug's server leaves a file open when the browser hangs up in the middle of it: a warning, in some later test.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with closing(app(environ, start_response)) as parts:
            return [b"".join(parts)]

    return answer


@pytest.fixture(scope="session")
def settled(app: Flask, admin_url: str) -> Settled:
    """Load the register once a worker; the database is empty again afterwards."""
    return Settled(app, admin_url)


@pytest.fixture
def house(committed: Flask, settled: Settled, site: str, browser: Browser) -> Iterator[House]:
    """Give the community, its register loaded, and the pages to open."""
    opened = House(settled.again(), site, browser)
    yield opened
    opened.leave()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Mark what drives a browser."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)
