"""`supplyhub web`: pages and API, served."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import click
from granian import Granian
from granian.constants import Interfaces, SSLProtocols

from supplyhub import logs
from supplyhub.app import create_app
from supplyhub.config import Settings, own_certificate
from supplyhub.embedded.tether import follow_parent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from wsgiref.types import WSGIApplication

WEB_PROCESSES = 2
# Most of them wait, for the one of them that does what all of them ask for (see `supplyhub.gathering`).
THREADS_PER_PROCESS = 96
# How long a request that runs may take to end after the process was told to stop.
LAST_REQUEST_SECONDS = 20
# How often it is looked for a renewed certificate.
LOOKS_EVERY_SECONDS = 60


@click.command()
def web() -> None:
    """Serve pages and API on HOST and PORT until told to stop; running requests are answered first.

    Over HTTPS once `supplyhub certificate` was used, else over HTTP.
    """
    settings = Settings.from_env()
    serve(
        partial(create_app, gathers=True),
        host=settings.host,
        port=settings.port,
        certificate=own_certificate(settings.home),
    )


def serve(
    make_application: Callable[[], WSGIApplication], *, host: str, port: int, certificate: Path | None = None
) -> None:
    """Serve what `make_application` returns, made in each of the processes. Returns after TERM or INT.

    With `certificate`, a file that holds the key too, over HTTPS and nothing else; a renewed one is served within a minute.
    """
    server = Granian(
        "supplyhub.app",
        # The server takes addresses only; HOST may be a name of this machine.
        address=host if ":" in host else socket.gethostbyname(host),
        port=port,
        interface=Interfaces.WSGI,
        workers=WEB_PROCESSES,
        blocking_threads=THREADS_PER_PROCESS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=LAST_REQUEST_SECONDS,
        ssl_cert=certificate,
        ssl_key=certificate,
        # Phones that are some years old speak nothing later.
        ssl_protocol_min=SSLProtocols.tls12,
    )
    if certificate:
        Thread(target=_follow_renewals, args=(certificate, certificate.stat().st_mtime_ns), daemon=True).start()
    server.serve(target_loader=partial(_in_process, os.getpid(), make_application), wrap_loader=False)


def _follow_renewals(certificate: Path, read_at: int) -> None:
    """Let the processes be replaced, one after the other, whenever the file is another one: they read it when they start."""
    while True:
        time.sleep(LOOKS_EVERY_SECONDS)
        with suppress(OSError):
            written_at = certificate.stat().st_mtime_ns
            if written_at != read_at:
                read_at = written_at
                os.kill(os.getpid(), signal.SIGHUP)


def _in_process(parent: int, make_application: Callable[[], WSGIApplication]) -> WSGIApplication:
    # Left alone after a kill -9 of their parent, the processes would go on answering beside its successor's.
    follow_parent(parent, signal.SIGTERM)
    logs.configure(logging.INFO)
    return make_application()
