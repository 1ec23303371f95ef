"""A chat robot and a mail server in the tests' own process: over real HTTP and SMTP."""

from __future__ import annotations

from email import message_from_bytes
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from supplyhub.outside.apprise_messenger import AppriseMessenger
from supplyhub.standin.robot import RobotServer

if TYPE_CHECKING:
    from email.message import Message

SENDER = "hub@example.org"


class TestRobot(RobotServer):
    """A running stand-in of WeCom's robots."""

    __test__ = False

    def texts(self, key: str) -> list[str]:
        """Return what a group was told, in its order."""
        return [one.text for one in self.groups.heard[key]]

    def messenger(self, **options: Any) -> AppriseMessenger:
        """Return the real implementation, talking to this."""
        return AppriseMessenger(wecom_api_base=self.url, **options)


class _OnAFreePort(Controller):
    """The controller looks whether the server answers at the port that it was asked for, not at the one it got."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class MailServer:
    """A mail server on a free port.

    `answer`: what it says to a mail that it doesn't take, `refuses`: to who is to get one, `farewell`: to who leaves.
    """

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.answer = self.refuses = self.farewell = ""
        self._stopped = False
        self._controller = _OnAFreePort(self, hostname="127.0.0.1", port=0)
        self._controller.start()
        self.url = f"smtp+plain://127.0.0.1:{self._controller.port}/?from={SENDER}"

    async def handle_RCPT(  # noqa: N802
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        """Take who is to get a mail, or say why not."""
        if not self.refuses:
            envelope.rcpt_tos.append(address)
        return self.refuses or "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """Take a mail, or say why not."""
        if self.answer:
            return self.answer
        self.taken.append(message_from_bytes(envelope.content))
        return "250 OK"

    async def handle_QUIT(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802
        """Say something to who leaves."""
        return self.farewell or "221 Bye"

    def subjects(self) -> list[str]:
        """Return the subjects of what was taken."""
        return [str(make_header(decode_header(mail["Subject"]))) for mail in self.taken]

    def stop(self) -> None:
        """End; once more does nothing."""
        if not self._stopped:
            self._stopped = True
            self._controller.stop()
