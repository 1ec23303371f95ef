"""Apprise as the messenger: https://appriseit.com. Only the worker loads it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import requests
from apprise import Apprise, AppriseAsset
from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from supplyhub.outside.errors import MessengerAwayError, MessengerRefusedError

if TYPE_CHECKING:
    from supplyhub.config import Settings

CONNECT_SECONDS, ANSWER_SECONDS = 4.0, 8.0
# Too many at once, or a trouble of their own, as WeCom, DingTalk and Feishu put it.
BUSY = frozenset({-1, 45009, 45033, 130101, 410100, 11232, 11233})
LATER = frozenset({408, 425, 429})
TIMES = f"cto={CONNECT_SECONDS}&rto={ANSWER_SECONDS}"
WECOM = "https://qyapi.weixin.qq.com"
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
MODES = {"smtps": "ssl", "smtp": "starttls", "smtp+plain": "insecure"}

# Nobody is sent on to another host; it doesn't wait between messages, nor try again: the room does both.
ASSET = AppriseAsset(app_id="supplyhub", async_mode=False, http_redirects=False)
# It writes addresses, which are secrets, and what messages say.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class AppriseMessenger:
    """A `Messenger`. `mail_url`: by which server mail is sent; `wecom_api_base`: a stand-in for WeCom's."""

    def __init__(self, *, mail_url: str = "", wecom_api_base: str = "") -> None:
        self._mail = urlsplit(mail_url)
        self._wecom_api_base = wecom_api_base

    def to_robot(self, address: str, title: str, text: str) -> None:
        """Let a robot say something. What its service answers counts, too: the large ones say in a 200 that they refuse."""
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
        """Send a mail. Raises MessengerRefusedError where no server is known."""
        if not self._mail.hostname:
            raise MessengerRefusedError("mail_is_off")
        mail = NotifyEmail(**NotifyEmail.parse_url(self._mail_address(address)), asset=ASSET)
        if not mail.notify(body=text or title, title=title):
            raise MessengerAwayError("not_taken")

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

    def _mail_address(self, to: str) -> str:
        """Return the server, who sends and who gets it, as Apprise takes them."""
        mail = self._mail
        who = (
            f"{quote(unquote(mail.username), safe='')}:{quote(unquote(mail.password or ''), safe='')}@"
            if mail.username
            else ""
        )
        sender = quote(parse_qs(mail.query)["from"][0])
        scheme = "mailto" if mail.scheme == "smtp+plain" else "mailtos"
        return (
            f"{scheme}://{who}{mail.hostname}:{mail.port or PORTS[mail.scheme]}/?smtp={mail.hostname}"
            f"&mode={MODES[mail.scheme]}&from={sender}&to={quote(to)}&format=text&{TIMES}"
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a robot's service, as Apprise knows it; Apprise itself would take every answer of 200 for a success."""

    url: str
    payload: dict[str, Any]
    params: dict[str, str] = field(default_factory=dict)
    direct: bool = False

    def make(self) -> None:
        """Make it. Raises MessengerAwayError, MessengerRefusedError."""
        try:
            answer = requests.post(
                self.url,
                data=json.dumps(self.payload, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": ASSET.app_id},
                params=self.params,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                proxies={"no_proxy": "*"} if self.direct else None,
            )
        except requests.RequestException as error:
            # Its words have the address in them, which is a secret.
            raise MessengerAwayError(type(error).__name__) from None
        trouble = trouble_in(answer.status_code, answer.content)
        if trouble:
            raise trouble


def trouble_in(status: int, content: bytes) -> MessengerAwayError | MessengerRefusedError | None:
    """Return what an answer says that went wrong; None when the message was taken."""
    if status in LATER or status >= 500:
        return MessengerAwayError(f"http_{status}")
    if status != requests.codes.ok:
        return MessengerRefusedError(f"http_{status}")
    try:
        said = json.loads(content)
        code = int(said.get("errcode", said.get("code", said.get("StatusCode", 0))))
    except (ValueError, TypeError, AttributeError):
        return MessengerAwayError("no_answer")
    if code == 0:
        return None
    return MessengerAwayError(f"busy_{code}") if code in BUSY else MessengerRefusedError(f"said_{code}")


def messenger_of(settings: Settings) -> AppriseMessenger:
    """Return who carries messages."""
    return AppriseMessenger(mail_url=settings.mail_url, wecom_api_base=settings.wecom_api_base)
