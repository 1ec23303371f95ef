"""Addresses of chat robots and mail boxes, as people paste them. Pure.

A robot's address makes this machine call a host. So the services of the large chat programs are known, whose host nobody
can choose, and any other host must be one that the operator has named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from supplyhub.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Collection
    from urllib.parse import SplitResult

LONGEST_ADDRESS = 500
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")
SECRET = re.compile(r"[A-Za-z0-9]{1,100}")
# Nothing that two readers of an address could take for different hosts.
PLAIN = re.compile(r"([A-Za-z0-9._~-]+(:[A-Za-z0-9._~-]+)?@)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~-]*")
MAIL_BOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
# Services of Apprise whose robots are at a host of one's own; they call that host and no other.
OWN_HOST = frozenset(
    {"json", "jsons", "form", "forms", "mmost", "mmosts", "rocket", "rockets", "gotify", "gotifys", "ntfy", "ntfys"}
)
CLOUD = frozenset({"wecombot", "feishu", "lark", "dingtalk"})
WEBHOOKS = {"open.feishu.cn": "feishu", "open.larksuite.com": "lark"}
WEBHOOK_PATH = "/open-apis/bot/v2/hook/"


class AddressError(InvalidError):
    """This is no address of a chat robot that may be called. `reason`: address, token, secret, host."""

    code = "robot_address"

    def __init__(self, reason: str) -> None:
        super().__init__(f"no address of a chat robot: {reason}", reason=reason)
        self.reason = reason


def robot_address(typed: str, *, hosts: Collection[str]) -> str:
    """Return a robot's address as it is kept: `wecombot://key/`. `hosts`: those that the operator allows beside the known.

    Takes the addresses that WeCom, Feishu, Lark and DingTalk show, and Apprise's own. Raises AddressError.
    """
    text = typed.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressError("address") from None
    if len(text) > LONGEST_ADDRESS or not text.isascii() or not text.isprintable() or " " in text or not parts.netloc:
        raise AddressError("address")
    scheme = parts.scheme.lower()
    if scheme == "https":
        return _of_web_hook(parts)
    if scheme in CLOUD:
        return _of_service(scheme, parts)
    if scheme not in OWN_HOST or not PLAIN.fullmatch(parts.netloc) or not PLAIN_PATH.fullmatch(parts.path):
        raise AddressError("address")
    host = (parts.hostname or "").lower()
    if (f"{host}:{port}" if port else host) not in hosts:
        raise AddressError("host")
    # Options of Apprise would say where else to go, and how long to wait.
    return f"{scheme}://{parts.netloc}{parts.path}"


def mail_address(typed: str) -> str:
    """Return the address of a mail box. Raises AddressError."""
    text = typed.strip()
    if not MAIL_BOX.fullmatch(text):
        raise AddressError("mail")
    return text


def service_of(address: str) -> str:
    """Return which service an address is of: wecombot, feishu, lark, dingtalk, another's scheme, or mail."""
    return urlsplit(address).scheme or "mail"


def _of_web_hook(parts: SplitResult) -> str:
    """Return the address that a chat program shows, in Apprise's words."""
    host, query = (parts.hostname or "").lower(), parse_qs(parts.query)
    if host == "qyapi.weixin.qq.com" and parts.path == "/cgi-bin/webhook/send":
        return f"wecombot://{_token(query.get('key', [''])[0])}/"
    if host == "oapi.dingtalk.com" and parts.path == "/robot/send":
        return f"dingtalk://{_token(query.get('access_token', [''])[0])}/"
    if host in WEBHOOKS and parts.path.startswith(WEBHOOK_PATH):
        return f"{WEBHOOKS[host]}://{_token(parts.path.removeprefix(WEBHOOK_PATH).rstrip('/'))}/"
    raise AddressError("host")


def _of_service(scheme: str, parts: SplitResult) -> str:
    if parts.path not in {"", "/"} or parts.query:
        raise AddressError("address")
    secret, _, token = parts.netloc.rpartition("@")
    if secret and (scheme != "dingtalk" or not SECRET.fullmatch(secret)):
        raise AddressError("secret")
    return f"{scheme}://{secret}@{_token(token)}/" if secret else f"{scheme}://{_token(token)}/"


def _token(text: str) -> str:
    if not TOKEN.fullmatch(text):
        raise AddressError("token")
    return text
