"""Settings of one running process. The only module that reads the environment."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from supplyhub.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """Return a folder that stands beside the package in a checkout and inside it in a wheel."""
    beside = PACKAGE.parent / name
    return beside if (PACKAGE.parent / "pyproject.toml").is_file() else PACKAGE / name


TEMPLATES = _shipped("templates")
MIGRATIONS = _shipped("migrations")
LAST_RUN = "run/environment.json"
# Beginnings of the names of variables that say how a machine is set up.
OF_THE_MACHINE = (
    "PATH",
    "HOME",
    "LANG",
    "LC_",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "PYTHON",
    "VIRTUAL_ENV",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
# Made by `supplyhub certificate`: with it our own processes speak HTTPS.
OWN_CERTIFICATE, OWN_AUTHORITY = "tls/host.pem", "tls/ca.crt"
# Names that nobody has on the internet.
CLOSED_DOMAINS = ("localhost", "lan", "local", "internal", "home.arpa", "test")
STRIPE = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_PAY_ORIGIN")
# Where the stand-in for chat robots is.
ROBOT_STAND_IN = "WECOM_API_BASE"
MAIL_SCHEMES = ("smtps", "smtp", "smtp+plain")
# As many as a process has connections.
MOST_BATCH_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process needs to know about its surroundings.

    `database_url` is the application's role (no DDL, no UPDATE/DELETE on append-only tables);
    `migration_database_url` the owner's. `session_key` signs cookies; `data_keys` maps a key id to a 32-byte
    AES key, the last one writes; `ticket_key` is the seed of the Ed25519 key that signs delivery tickets.
    """

    home: Path
    host: str
    port: int
    public_url: str
    database_url: str
    migration_database_url: str
    redis_url: str
    session_key: bytes
    data_keys: Mapping[str, bytes]
    ticket_key: bytes = field(repr=False)
    timezone: str = "Asia/Shanghai"
    # How many proxies in front say whose request it is; 0 believes no header.
    trusted_proxies: int = 0
    # Without a key nobody pays online. The address is that of a stand-in for the original.
    stripe_secret_key: str = field(default="", repr=False)
    stripe_webhook_secret: str = field(default="", repr=False)
    stripe_api_base: str = ""
    # Where its payment pages are, when that is elsewhere.
    stripe_pay_origin: str = ""
    # By which server mail is sent, as whom; without it no mail is. It may hold a password.
    mail_url: str = field(default="", repr=False)
    # The hosts, beside the known services, that a chat group's robot may be at: host or host:port.
    robot_hosts: frozenset[str] = frozenset()
    # The address of a stand-in for WeCom's.
    wecom_api_base: str = ""
    # How many parts of a batch a worker does side by side, each on a connection of its own.
    batch_workers: int = 1

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment, then the key files below `SUPPLYHUB_HOME/keys`.

        What isn't set is taken from the last `supplyhub dev` of that home, so that a command in another
        terminal finds its servers. Raises SettingError, which names the variable, when something needed is
        missing or malformed.
        """
        env = environment() if env is None else env
        home = home_from(env)
        env = _beside(env, last_run(home))
        host = env.get("HOST", "127.0.0.1")
        port = port_from(env)
        database_url = _sqlalchemy_url(_needed(env, "DATABASE_URL"))
        return cls(
            home=home,
            host=host,
            port=port,
            public_url=env.get("PUBLIC_URL", local_url(host, port, secure=own_certificate(home) is not None)).rstrip(
                "/"
            ),
            database_url=database_url,
            migration_database_url=_sqlalchemy_url(env.get("MIGRATION_DATABASE_URL") or database_url),
            redis_url=env.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
            session_key=_key(env, home, "SESSION_KEY", "session.key"),
            data_keys={"k1": _key(env, home, "DATA_KEY", "data.key")},
            ticket_key=_key(env, home, "TICKET_KEY", "ticket.key"),
            timezone=env.get("COMMUNITY_TIMEZONE", "Asia/Shanghai"),
            trusted_proxies=_number(env, "TRUSTED_PROXIES", "0", least=0, most=9),
            batch_workers=_number(
                env,
                "BATCH_WORKERS",
                str(min(os.cpu_count() or 1, MOST_BATCH_WORKERS)),
                least=1,
                most=MOST_BATCH_WORKERS,
            ),
            mail_url=_mail_url(env),
            robot_hosts=frozenset(env.get("ROBOT_HOSTS", "").lower().replace(",", " ").split()),
            wecom_api_base=env.get(ROBOT_STAND_IN, "").rstrip("/"),
            **_stripe(env),
        )

    @property
    def public_url_is_loopback(self) -> bool:
        """Tell whether a phone that scans `public_url` would end at itself."""
        return is_loopback(self.public_url)

    @property
    def public_host_is_real(self) -> bool:
        """Tell whether browsers may insist on HTTPS from now on: a host of the internet, with a certificate of its own."""
        where = urlsplit(self.public_url)
        return (
            where.scheme == "https" and own_certificate(self.home) is None and is_on_the_internet(where.hostname or "")
        )


def own_certificate(home: Path) -> Path | None:
    """Return the file with the key and the certificate that `supplyhub certificate` made; None where it made none."""
    path = home / OWN_CERTIFICATE
    return path if path.is_file() else None


def is_on_the_internet(host: str) -> bool:
    """Tell whether a host has a name that others than a closed network can know: no address, no name of one word."""
    name = host.rstrip(".").lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." in name and not name.endswith(tuple(f".{domain}" for domain in CLOSED_DOMAINS))
    return False


def is_loopback(url: str) -> bool:
    """Tell whether an address leads back to the machine that follows it."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host in {"", "localhost"} or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def environment() -> dict[str, str]:
    """Return the variables of this process; an empty one counts as not set."""
    return {name: value for name, value in os.environ.items() if value}


def surroundings() -> dict[str, str]:
    """Return what a program needs to know of its machine, for one that need not know what is ours."""
    return {name: value for name, value in os.environ.items() if name.upper().startswith(OF_THE_MACHINE)}


def last_run(home: Path) -> dict[str, str]:
    """Return the addresses that the last `supplyhub dev` of this home wrote down; none before the first."""
    try:
        found: dict[str, str] = json.loads((home / LAST_RUN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingError(f"the data folder {home} can't be read: {error.strerror}") from error
    return found


def _beside(env: Mapping[str, str], known: dict[str, str]) -> dict[str, str]:
    # Somebody else's database with the owner's role of our own would be neither; and with the gateway that only
    # plays, people would believe that they had paid. Nor shall a real key go to that one.
    if "DATABASE_URL" in env:
        known.pop("MIGRATION_DATABASE_URL", None)
    if "DATABASE_URL" in env or any(name in env for name in STRIPE):
        for name in STRIPE:
            known.pop(name, None)
    if "DATABASE_URL" in env:
        known.pop(ROBOT_STAND_IN, None)
    return {**known, **env}


def _mail_url(env: Mapping[str, str]) -> str:
    """Return by which server mail is sent, as whom (`from`). Passwords travel in the open on this machine alone."""
    url = env.get("MAIL_URL", "").strip()
    parts = urlsplit(url)
    sender = parse_qs(parts.query).get("from", [""])[0]
    port = parts.netloc.rpartition("@")[2].partition(":")[2]
    if url and not (
        parts.scheme in MAIL_SCHEMES and parts.hostname and "@" in sender and (port.isdecimal() or not port)
    ):
        raise SettingError("MAIL_URL must be like smtps://user:password@smtp.example.org/?from=hub@example.org")
    if parts.scheme == "smtp+plain" and not is_loopback(url):
        raise SettingError("MAIL_URL: smtp+plain:// is for a server on this machine; others want smtps:// or smtp://")
    return url


def _stripe(env: Mapping[str, str]) -> dict[str, str]:
    """Return the payment gateway's settings; without its key, none of them."""
    found = {name.lower(): env.get(name, "").strip() for name in STRIPE}
    if not found["stripe_secret_key"]:
        return {}
    base = found["stripe_api_base"]
    if base and not (urlsplit(base).scheme in {"http", "https"} and urlsplit(base).hostname):
        raise SettingError(f"STRIPE_API_BASE is {base!r}; it must be like http://127.0.0.1:20001")
    pages = found["stripe_pay_origin"]
    if pages and not (
        urlsplit(pages).scheme in ({"http", "https"} if base else {"https"}) and urlsplit(pages).hostname
    ):
        raise SettingError(f"STRIPE_PAY_ORIGIN is {pages!r}; it must be like https://pay.example.org")
    return found


def local_url(host: str, port: int, *, secure: bool = False) -> str:
    """Return where a browser on this machine finds the pages."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    scheme = "https" if secure else "http"
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def home_from(env: Mapping[str, str]) -> Path:
    """Return the data folder: `SUPPLYHUB_HOME`, by default `.local` in the current folder."""
    return Path(env.get("SUPPLYHUB_HOME", ".local")).resolve()


def port_from(env: Mapping[str, str]) -> int:
    """Return `PORT` as a number. Raises SettingError when it is none between 1 and 65535."""
    return _number(env, "PORT", "8000", least=1, most=65535)


def _number(env: Mapping[str, str], name: str, default: str, *, least: int, most: int) -> int:
    text = env.get(name, default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingError(f"{name} is {text!r}; it must be a number between {least} and {most}")
    return int(text)


def key_file(home: Path, name: str) -> bytes:
    """Return the 32 bytes of `home/keys/name`; made on the first call, readable by the owner only."""
    folder = home / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        fresh = folder / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        # A link appears whole or not at all: of two processes that start together, one key wins.
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return _key_bytes(path.read_text(encoding="ascii").strip(), str(path))


def _key(env: Mapping[str, str], home: Path, variable: str, name: str) -> bytes:
    text = env.get(f"SUPPLYHUB_{variable}")
    return _key_bytes(text, f"SUPPLYHUB_{variable}") if text else key_file(home, name)


def _key_bytes(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SettingError(f"{where} must hold 64 hexadecimal digits")
    return key


def _needed(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise SettingError(f"{name} is not set; `supplyhub dev` brings a database of its own")
    return value


def _sqlalchemy_url(url: str) -> str:
    """Name the driver: operators write `postgresql://`, SQLAlchemy wants `postgresql+psycopg://`."""
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        return f"postgresql+psycopg{separator}{rest}"
    if scheme != "postgresql+psycopg":
        raise SettingError(f"a database URL starts with {scheme!r}; only postgresql:// is served")
    return url
