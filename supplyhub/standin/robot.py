"""A stand-in for the robots of WeCom's chat groups: it answers as they do, and shows on a page what each group was told.

It keeps nothing when it ends. As with the original, a robot takes twenty messages a minute.
"""

from __future__ import annotations

import logging
import re
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.serving import make_server

from supplyhub.standin.api import hang_up
from supplyhub.standin.server import POLL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_A_MINUTE = 20
LONGEST_BYTES = 2048
KEPT = 200
LARGEST_REQUEST_BYTES = 64 * 1024
OK, TOO_MANY, NO_ROBOT, TOO_LONG = 0, 45009, 93000, 40058
SAYS = {
    OK: "ok",
    TOO_MANY: "api freq out of limit",
    NO_ROBOT: "invalid webhook url",
    TOO_LONG: "invalid Request Parameter",
}
ZONE = ZoneInfo("Asia/Shanghai")

pages = Blueprint("robot", __name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a group was told, and when (seconds)."""

    text: str
    at: float

    @property
    def clock(self) -> str:
        """Return the time of the day in China."""
        return f"{datetime.fromtimestamp(self.at, UTC).astimezone(ZONE):%m-%d %H:%M}"


@dataclass(slots=True)
class Groups:
    """What the groups heard, by their robots' keys; what goes wrong on demand.

    `next_codes`: what the next calls are answered with, an `errcode`, an HTTP status from 400 on as a negative number,
    or 0. `away`: nobody answers. `hold`: how long an answer takes, until it is set.
    """

    clock: Callable[[], float] = time.time
    heard: dict[str, deque[Heard]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=KEPT)))
    next_codes: list[int] = field(default_factory=list)
    away: bool = False
    hold: Event | None = None
    _lock: Lock = field(default_factory=Lock)

    def tell(self, key: str, text: str) -> int:
        """Tell a group something; return the `errcode`."""
        now = self.clock()
        with self._lock:
            if self.next_codes and (code := self.next_codes.pop(0)):
                return code
            if not KEY.fullmatch(key):
                return NO_ROBOT
            if not text or len(text.encode()) > LONGEST_BYTES:
                return TOO_LONG
            if sum(one.at > now - 60 for one in self.heard[key]) >= MOST_A_MINUTE:
                return TOO_MANY
            self.heard[key].append(Heard(text, now))
            return OK


@pages.post("/cgi-bin/webhook/send")
def send() -> Response:
    """Take a message as WeCom does: 200, and whether it was taken in `errcode`."""
    groups = here()
    if groups.hold is not None:
        groups.hold.wait(60)
    if groups.away:
        return hang_up()
    said = request.get_json(silent=True) or {}
    code = groups.tell(request.args.get("key", ""), str(said.get("text", {}).get("content", "")))
    if code < 0:
        return Response(status=-code)
    return jsonify({"errcode": code, "errmsg": SAYS.get(code, "refused")})


@pages.get("/healthz")
def healthz() -> Response:
    """Say that it is up."""
    return Response("ok", mimetype="text/plain")


@pages.get("/")
def everything() -> Response:
    """Show the groups and what each was told, the newest first."""
    groups = here()
    told = {key: list(reversed(heard)) for key, heard in sorted(groups.heard.items()) if heard}
    response = make_response(render_template("robot.html", groups=told))
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; base-uri 'none'"
    response.headers["Cache-Control"] = "no-store"
    return response


def here() -> Groups:
    """Return the groups that this application serves."""
    found: Groups = current_app.extensions["groups"]
    return found


class RobotServer:
    """A running stand-in on a port; 0 asks for a free one."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.groups = Groups()
        app = Flask("supplyhub.standin")
        app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
        app.extensions["groups"] = self.groups
        app.register_blueprint(pages)
        self._server = make_server(host, port, app, threaded=True)
        self._thread = Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), name="robot", daemon=True)
        self.url = f"http://{host}:{self._server.server_port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
