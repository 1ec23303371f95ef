"""Apprise as the messenger: https://appriseit.com. Only `apprise_process` loads it."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset
from apprise.common import NotifyFormat
from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError
from supplyhub.outside.mail_server import MailServer
from supplyhub.outside.robot_calls import ANSWER_SECONDS, CONNECT_SECONDS, Call

TIMES = f"cto={CONNECT_SECONDS}&rto={ANSWER_SECONDS}"
WECOM = "https://qyapi.weixin.qq.com"

# Nobody is sent on to another host; it doesn't wait between messages, nor try again: the room does both.
ASSET = AppriseAsset(app_id="supplyhub", async_mode=False, http_redirects=False)
# It writes addresses, which are secrets, and what messages say.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class AppriseMessenger:
    """A `Messenger`. `mail_url`: by which server mail is sent; `wecom_api_base`: a stand-in for WeCom's."""

    def __init__(self, *, mail_url: str = "", wecom_api_base: str = "") -> None:
        self._mail = MailServer(mail_url)
        self._wecom_api_base = wecom_api_base

    def to_robot(self, address: str, title: str, text: str) -> None:
        """Let a robot say something. What its service answers counts, too, where its answers are known."""
        body = f"{title}\n{text}" if text else title
        call = self._call(address, body)
        if call is not None:
            call.make()
            return
        service = Apprise.instantiate(f"{address}?{TIMES}", asset=ASSET, suppress_exceptions=True)
        if not isinstance(service, NotifyBase):
            raise MessengerRefusedError("no_address")
        if not service.notify(body=body):
            raise MessengerAwayError("not_taken")

    def to_mail_box(self, address: str, title: str, text: str) -> None:
        """Send a mail. Raises MessengerRefusedError where no server is known, or this one won't ever take it."""
        if not self._mail:
            raise MessengerRefusedError("mail_is_off")
        (letter,) = NotifyEmail.prepare_emails(
            subject=title,
            body=text or title,
            from_addr=(ASSET.app_id, self._mail.sender),
            to=[(False, address)],
            smtp_host=self._mail.host,
            notify_format=NotifyFormat.TEXT,
            # Whoever answers by machine doesn't answer to this.
            headers={"X-Application": ASSET.app_id, "Auto-Submitted": "auto-generated"},
        )
        self._mail.post([address], letter.body)

    def _call(self, address: str, body: str) -> Call | None:
        """Return how a robot of a known service is told something; None for another one."""
        parts = urlsplit(address)
        lark = {"msg_type": "text", "content": {"text": body}}
        known = {"msgtype": "text", "text": {"content": body}}
        if parts.scheme == "wecombot":
            url = NotifyWeComBot(parts.netloc, asset=ASSET).api_url
            base = self._wecom_api_base
            # A stand-in is reached directly, whatever proxy this machine has for the world outside.
            return Call(f"{base}{url.removeprefix(WECOM)}" if base else url, known, direct=bool(base))
        if parts.scheme == "dingtalk":
            secret, _, token = parts.netloc.rpartition("@")
            robot = NotifyDingTalk(token, secret=secret or None, asset=ASSET)
            signed = dict(zip(("timestamp", "sign"), robot.get_signature(), strict=True)) if secret else {}
            return Call(robot.notify_url.format(token=robot.token), known, signed)
        if parts.scheme == "feishu":
            return Call(NotifyFeishu.notify_url.format(token=parts.netloc).rstrip("/"), lark)
        return Call(f"{NotifyLark.notify_url}{parts.netloc}", lark) if parts.scheme == "lark" else None
