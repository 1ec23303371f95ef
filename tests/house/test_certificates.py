"""HTTPS in a closed network: an authority that phones install once, and the certificates that it gives this host."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from cryptography import x509

from supplyhub.app import create_app
from supplyhub.certificates import authority_of, names_of, renew, vouch
from supplyhub.cli import dev, main
from supplyhub.cli.dev import Installation
from supplyhub.config import OWN_AUTHORITY, OWN_CERTIFICATE, Settings, is_on_the_internet
from supplyhub.embedded.home import EVERYWHERE
from supplyhub.embedded.processes import answers
from supplyhub.errors import InvalidError, SettingError
from tests.processes import free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
DATABASE = {"DATABASE_URL": "postgresql://app:secret@127.0.0.1/hub"}
SERVING = """
import sys
from pathlib import Path
from supplyhub.cli import serve as serving
from supplyhub.cli.serve import serve

serving.LOOKS_EVERY_SECONDS = 0.2

def make():
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["wsgi.url_scheme"].encode()]
    return application

serve(make, host="127.0.0.1", port=int(sys.argv[1]), certificate=Path(sys.argv[2]))
"""


def certificate(home: Path, name: str = OWN_CERTIFICATE) -> x509.Certificate:
    return x509.load_pem_x509_certificate((home / name).read_bytes())


def test_all_of_it_is_the_owners_alone(tmp_path: Path) -> None:
    made = vouch(tmp_path, ["hub.lan", "192.168.1.5"], now=NOW)
    assert (made.is_new, made.authority_is_new, made.names) == (True, True, ("hub.lan", "192.168.1.5"))
    folder = tmp_path / "tls"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "ca.pem": 0o600,
        "ca.crt": 0o600,
        "host.pem": 0o600,
    }
    assert b"PRIVATE" not in (tmp_path / OWN_AUTHORITY).read_bytes()
    assert Settings.from_env({"SUPPLYHUB_HOME": str(tmp_path), **DATABASE}).public_url == "https://127.0.0.1:8000"


def test_phones_find_it_as_they_want_it(tmp_path: Path) -> None:
    vouch(tmp_path, ["hub.lan"], now=NOW)
    host, authority = certificate(tmp_path), certificate(tmp_path, OWN_AUTHORITY)
    assert host.not_valid_after_utc - host.not_valid_before_utc < timedelta(days=397)
    assert authority.not_valid_after_utc - NOW > timedelta(days=3650)
    assert host.not_valid_before_utc < NOW - timedelta(hours=23)
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert not host.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.extensions.get_extension_for_class(x509.NameConstraints).critical


def test_the_same_again_changes_nothing_until_its_end_is_near(tmp_path: Path) -> None:
    first = vouch(tmp_path, ["hub.lan"], now=NOW)
    assert not vouch(tmp_path, now=first.ends_at - 31 * DAY).is_new
    before, authority = certificate(tmp_path), authority_of(tmp_path)
    later = vouch(tmp_path, now=first.ends_at - 29 * DAY)
    assert (later.is_new, later.authority_is_new, later.names) == (True, False, ("hub.lan",))
    assert certificate(tmp_path).serial_number != before.serial_number
    assert authority_of(tmp_path) == authority


def test_other_names_make_another_certificate_of_the_same_authority(tmp_path: Path) -> None:
    vouch(tmp_path, ["hub.lan"], now=NOW)
    more = vouch(tmp_path, ["Depot.LAN.", "10.0.0.7", "fd00::7"], now=NOW)
    assert (more.is_new, more.authority_is_new, more.names) == (True, False, ("depot.lan", "10.0.0.7", "fd00::7"))
    assert names_of(tmp_path) == more.names


def test_no_certificate_outlives_its_authority_and_a_new_one_comes_in_time(tmp_path: Path) -> None:
    vouch(tmp_path, ["hub.lan"], now=NOW)
    ends = certificate(tmp_path, OWN_AUTHORITY).not_valid_after_utc
    late = vouch(tmp_path, now=ends - 100 * DAY)
    assert (late.is_new, late.authority_is_new, late.ends_at) == (True, False, ends)
    last = vouch(tmp_path, now=ends - 10 * DAY)
    assert (last.is_new, last.authority_is_new) == (True, True)


@pytest.mark.parametrize("name", ["bank.example", "8.8.8.8", "2001:db8::1"])
def test_the_authority_is_for_closed_networks_and_the_names_it_was_made_for(tmp_path: Path, name: str) -> None:
    vouch(tmp_path, ["hub.lan"], now=NOW)
    before = (tmp_path / OWN_CERTIFICATE).read_bytes()
    with pytest.raises(InvalidError, match="isn't for"):
        vouch(tmp_path, [name], now=NOW)
    assert (tmp_path / OWN_CERTIFICATE).read_bytes() == before
    other = tmp_path / "other"
    assert vouch(other, [name, "hub.lan"], now=NOW).names == (name, "hub.lan")
    assert vouch(other, [name], now=NOW).authority_is_new is False


@pytest.mark.parametrize("name", [*EVERYWHERE, "*.lan", "a b", "", "-x.lan", "x" * 64 + ".lan", "a..lan", "h/x"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidError):
        vouch(tmp_path, ["hub.lan", name])
    with pytest.raises(InvalidError):
        vouch(tmp_path)
    assert not (tmp_path / "tls").exists()


def test_without_the_authoritys_key_nothing_is_made(tmp_path: Path) -> None:
    assert not renew(tmp_path)
    vouch(tmp_path, ["hub.lan"], now=NOW - 380 * DAY)
    (tmp_path / "tls" / "ca.pem").rename(tmp_path / "elsewhere.pem")
    assert not renew(tmp_path)
    with pytest.raises(SettingError, match=r"ca\.pem is missing"):
        vouch(tmp_path)
    (tmp_path / "elsewhere.pem").rename(tmp_path / "tls" / "ca.pem")
    assert renew(tmp_path)
    (tmp_path / OWN_CERTIFICATE).write_text("nonsense", encoding="ascii")
    with pytest.raises(SettingError, match="can't be read"):
        vouch(tmp_path)


def test_the_command_says_what_it_made(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["certificate", "hub.lan", "--home", str(tmp_path)])
    assert made.exit_code == 0, made.output
    authority = authority_of(tmp_path)
    assert authority is not None
    assert authority.fingerprint in made.output
    assert made.output.splitlines()[-1].endswith("https://hub.lan:8000/install-ca")
    again = CliRunner().invoke(main, ["certificate", "--home", str(tmp_path)])
    assert again.output.startswith("the certificate is still good")
    wrong = CliRunner().invoke(main, ["certificate", "not a name", "--home", str(tmp_path)])
    assert (wrong.exit_code, "neither a host's name nor an address" in wrong.output) == (1, True)


@pytest.mark.parametrize(
    ("host", "url"), [(EVERYWHERE[0], "https://hub.lan:8000"), ("127.0.0.1", "https://127.0.0.1:8000")]
)
def test_the_whole_installation_names_itself_as_its_certificate_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    # Which way leads out of this machine is nothing to ask here.
    monkeypatch.setattr(dev, "reachable_host", lambda given: {EVERYWHERE[0]: "192.168.1.5"}.get(given, given))
    env = {"SUPPLYHUB_HOME": str(tmp_path), "HOST": host}
    assert Installation(env)._env["PUBLIC_URL"].startswith("http://")
    vouch(tmp_path, ["hub.lan", "192.168.1.5"])
    assert Installation(env)._env["PUBLIC_URL"] == url
    assert Installation({**env, "PUBLIC_URL": "https://depot.lan"})._env["PUBLIC_URL"] == "https://depot.lan"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """Serve a toy application over HTTPS; give the home of its authority, and the port."""
    home, port = tmp_path_factory.mktemp("tls") / "home", free_port()
    vouch(home, ["hub.lan"])
    arguments = [sys.executable, "-c", SERVING, str(port), str(home / OWN_CERTIFICATE)]
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: answers(f"https://127.0.0.1:{port}", authority=home / OWN_AUTHORITY))
            yield home, port
        finally:
            process.terminate()


def shake_hands(port: int, context: ssl.SSLContext, name: str) -> str | None:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return secured.version()


def trusting(home: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=home / OWN_AUTHORITY)


def test_who_installed_the_authority_is_served_over_https(served: tuple[Path, int]) -> None:
    home, port = served
    with urllib.request.urlopen(f"https://127.0.0.1:{port}/", timeout=60, context=trusting(home)) as answer:
        assert answer.read() == b"https"
    assert shake_hands(port, trusting(home), "hub.lan") == "TLSv1.3"
    older = trusting(home)
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    assert shake_hands(port, older, "localhost") == "TLSv1.2"


def test_another_name_another_authority_and_none_are_refused(served: tuple[Path, int], tmp_path: Path) -> None:
    home, port = served
    vouch(tmp_path, ["hub.lan"])
    refused = [
        (trusting(home), "bank.example"),
        (trusting(tmp_path), "hub.lan"),
        (ssl.create_default_context(), "hub.lan"),
    ]
    for context, name in refused:
        with pytest.raises(ssl.SSLCertVerificationError):
            shake_hands(port, context, name)
    assert not answers(f"https://127.0.0.1:{port}", authority=tmp_path / OWN_AUTHORITY)


def test_whoever_asks_without_https_gets_no_page(served: tuple[Path, int]) -> None:
    _home, port = served
    body = b""
    with suppress(OSError, HTTPException), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        body = answer.read()
    assert body == b""


def test_a_renewed_certificate_is_served_without_a_restart(served: tuple[Path, int]) -> None:
    home, port = served

    def shown() -> bytes | None:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
            trusting(home).wrap_socket(plain, server_hostname="hub.lan") as secured,
        ):
            return secured.getpeercert(binary_form=True)
        return None

    wait_for(shown)
    before = shown()
    assert vouch(home, ["hub.lan", "depot.lan"]).is_new
    wait_for(lambda: shown() not in {before, None})


@pytest.mark.parametrize(
    ("host", "real"),
    [
        ("hub.example.org", True),
        ("hub.lan", False),
        ("hub", False),
        ("192.168.1.5", False),
        ("8.8.8.8", False),
        ("::1", False),
        ("x.home.arpa", False),
        ("a.localhost.", False),
    ],
)
def test_a_host_of_the_internet_is_told_from_one_of_a_closed_network(host: str, real: bool) -> None:
    assert is_on_the_internet(host) is real


@pytest.mark.parametrize(
    ("public_url", "own", "secure", "insists"),
    [
        ("https://hub.example.org", False, True, True),
        ("https://hub.example.org", True, True, False),
        ("https://hub.lan:8000", True, True, False),
        ("https://hub.lan", False, True, False),
        ("http://hub.example.org", False, False, False),
    ],
)
def test_cookies_are_secure_over_https_and_only_a_real_host_insists(
    tmp_path: Path, public_url: str, own: bool, secure: bool, insists: bool
) -> None:
    if own:
        vouch(tmp_path, ["hub.lan"])
    settings = Settings.from_env({"SUPPLYHUB_HOME": str(tmp_path), "PUBLIC_URL": public_url, **DATABASE})
    app = create_app(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    answer = app.test_client().get("/look?lang=en&back=/", base_url=public_url)
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) >= 2
    assert all(("Secure" in cookie) is secure for cookie in cookies)
    assert app.config["SESSION_COOKIE_SECURE"] is secure
    assert ("Strict-Transport-Security" in answer.headers) is insists
