"""Serves a stand-in over HTTP."""

from __future__ import annotations

import logging
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from supplyhub.standin.app import create_standin
from supplyhub.standin.telling import Teller

if TYPE_CHECKING:
    from supplyhub.standin.core import Core

# How long it may take to notice that it is to stop.
POLL_SECONDS = 0.05


class Server:
    """A running stand-in: its pages and calls on a port, its messages in a thread."""

    def __init__(self, core: Core, *, host: str, port: int) -> None:
        # Its lines about each request would be all that one sees.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.core = core
        self._server = make_server(host, port, create_standin(core), threaded=True)
        self._teller = Teller(core)
        self._thread = Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), name="standin", daemon=True)

    @property
    def port(self) -> int:
        """Return the port that it has; 0 asked for a free one."""
        return int(self._server.server_port)

    def start(self) -> None:
        """Begin to answer and to tell."""
        self._thread.start()
        self._teller.start()

    def stop(self) -> None:
        """End; everything is in the books."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._teller.stop()
