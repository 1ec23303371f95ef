"""Settings: what each variable means, and what is said when it means nothing."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flask import request

from supplyhub.app import create_app
from supplyhub.config import LAST_RUN, Settings, key_file, local_url
from supplyhub.errors import SettingError
from supplyhub.outside.stripe_gateway import StripeGateway
from supplyhub.web.audience import PUBLIC, audience

if TYPE_CHECKING:
    from pathlib import Path

URL = "postgresql://app:secret@127.0.0.1/hub"


def settings_from(home: Path, **env: str) -> Settings:
    return Settings.from_env({"SUPPLYHUB_HOME": str(home), "DATABASE_URL": URL, **env})


def write_last_run(home: Path, **known: str) -> None:
    path = home / LAST_RUN
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(known), encoding="utf-8")


def test_the_driver_is_named_for_operators(tmp_path: Path) -> None:
    assert settings_from(tmp_path).database_url == "postgresql+psycopg://app:secret@127.0.0.1/hub"


def test_without_a_key_nobody_pays_online(tmp_path: Path) -> None:
    settings = settings_from(tmp_path, STRIPE_WEBHOOK_SECRET="whsec_x", STRIPE_API_BASE="nonsense")
    assert (settings.stripe_secret_key, settings.stripe_webhook_secret, settings.stripe_api_base) == ("", "", "")
    assert create_app(settings).extensions["gateway"] is None


def test_with_a_key_people_pay_at_the_real_gateway(tmp_path: Path) -> None:
    settings = settings_from(tmp_path, STRIPE_SECRET_KEY=" sk_test_x ", STRIPE_WEBHOOK_SECRET="whsec_x")
    assert (settings.stripe_secret_key, settings.stripe_api_base) == ("sk_test_x", "")
    assert isinstance(create_app(settings).extensions["gateway"], StripeGateway)
    assert "sk_test_x" not in repr(settings)
    assert "whsec_x" not in repr(settings)


def test_a_gateways_address_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="STRIPE_API_BASE"):
        settings_from(tmp_path, STRIPE_SECRET_KEY="sk_test_x", STRIPE_API_BASE="127.0.0.1:8010")


STANDIN = {
    "STRIPE_SECRET_KEY": "sk_test_standin",
    "STRIPE_WEBHOOK_SECRET": "whsec_standin",
    "STRIPE_API_BASE": "http://127.0.0.1:20001",
    "STRIPE_PAY_ORIGIN": "http://192.0.2.2:20001",
}


def test_the_stand_in_of_the_last_run_is_found(tmp_path: Path) -> None:
    write_last_run(tmp_path, DATABASE_URL=URL, **STANDIN)
    settings = Settings.from_env({"SUPPLYHUB_HOME": str(tmp_path)})
    assert (settings.stripe_secret_key, settings.stripe_api_base) == ("sk_test_standin", "http://127.0.0.1:20001")


def test_people_pay_over_https_unless_at_a_stand_in(tmp_path: Path) -> None:
    write_last_run(tmp_path, DATABASE_URL=URL, **STANDIN)
    settings = Settings.from_env({"SUPPLYHUB_HOME": str(tmp_path)})
    assert settings.stripe_pay_origin == "http://192.0.2.2:20001"
    with pytest.raises(SettingError, match="STRIPE_PAY_ORIGIN"):
        settings_from(tmp_path, STRIPE_SECRET_KEY="sk_test_x", STRIPE_PAY_ORIGIN="http://pay.example.org")


@pytest.mark.parametrize(
    ("env", "key"), [({"DATABASE_URL": URL}, ""), ({"STRIPE_SECRET_KEY": "sk_live_x"}, "sk_live_x")]
)
def test_a_real_community_or_a_real_key_never_meets_the_stand_in(tmp_path: Path, env: dict[str, str], key: str) -> None:
    write_last_run(tmp_path, DATABASE_URL=URL, **STANDIN)
    settings = Settings.from_env({"SUPPLYHUB_HOME": str(tmp_path), **env})
    assert (settings.stripe_secret_key, settings.stripe_webhook_secret, settings.stripe_api_base) == (key, "", "")


def test_without_an_owner_the_one_role_migrates(tmp_path: Path) -> None:
    settings = settings_from(tmp_path)
    assert settings.migration_database_url == settings.database_url


def test_a_missing_database_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="DATABASE_URL is not set"):
        Settings.from_env({"SUPPLYHUB_HOME": str(tmp_path)})


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1", "80.0"])
def test_a_port_that_is_none_is_named(tmp_path: Path, port: str) -> None:
    with pytest.raises(SettingError, match="PORT is"):
        settings_from(tmp_path, PORT=port)


def test_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="only postgresql"):
        settings_from(tmp_path, DATABASE_URL="sqlite:///hub.db")


def test_a_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    for key in ("SUPPLYHUB_DATA_KEY", "SUPPLYHUB_TICKET_KEY"):
        with pytest.raises(SettingError, match=f"{key} must hold 64"):
            settings_from(tmp_path, **{key: "abc"})


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    first = key_file(tmp_path, "data.key")
    assert key_file(tmp_path, "data.key") == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "keys" / "data.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_another_terminal_finds_the_servers_of_the_last_run(tmp_path: Path) -> None:
    write_last_run(tmp_path, DATABASE_URL=URL, MIGRATION_DATABASE_URL=URL, REDIS_URL="redis://there", PORT="9000")
    settings = Settings.from_env({"SUPPLYHUB_HOME": str(tmp_path)})
    assert settings.redis_url == "redis://there"
    assert settings.public_url == "http://127.0.0.1:9000"


def test_somebody_elses_database_never_meets_our_own_owner(tmp_path: Path) -> None:
    write_last_run(tmp_path, DATABASE_URL=URL, MIGRATION_DATABASE_URL=f"{URL}-ours")
    settings = settings_from(tmp_path, DATABASE_URL=f"{URL}-theirs")
    assert settings.migration_database_url.endswith("-theirs")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104
        ("::", "http://[::1]:8000"),
        ("10.0.0.7", "http://10.0.0.7:8000"),
    ],
)
def test_the_local_address_can_be_opened(host: str, url: str) -> None:
    assert local_url(host, 8000) == url


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("http://0.0.0.0:8000", True),
        ("https://hub.example", False),
        ("http://10.0.0.7:8000", False),
    ],
)
def test_cards_know_an_address_that_no_phone_reaches(tmp_path: Path, url: str, *, loopback: bool) -> None:
    assert settings_from(tmp_path, PUBLIC_URL=url).public_url_is_loopback is loopback


@pytest.mark.parametrize(("proxies", "seen"), [("0", "127.0.0.1"), ("1", "203.0.113.7")])
def test_a_forwarded_address_is_believed_only_from_as_many_proxies_as_are_trusted(settings, proxies, seen):
    app = create_app(replace(settings, trusted_proxies=int(proxies)))

    @app.route("/whose")
    @audience(PUBLIC)
    def whose():
        return request.remote_addr or ""

    assert app.test_client().get("/whose", headers={"X-Forwarded-For": "203.0.113.7"}).text == seen


def test_a_batch_has_as_many_hands_as_the_machine_has_processors_four_at_the_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for processors, hands in ((1, 1), (2, 2), (64, 4), (None, 1)):
        monkeypatch.setattr("os.cpu_count", lambda processors=processors: processors)
        assert settings_from(tmp_path).batch_workers == hands
    assert settings_from(tmp_path, BATCH_WORKERS="3").batch_workers == 3
    for wrong in ("0", "5", "many"):
        with pytest.raises(SettingError, match="BATCH_WORKERS"):
            settings_from(tmp_path, BATCH_WORKERS=wrong)


def test_mail_has_a_server_and_a_sender_or_is_off(tmp_path: Path) -> None:
    assert settings_from(tmp_path).mail_url == ""
    url = "smtps://hub:hushhush@smtp.example.org/?from=hub@example.org"
    assert settings_from(tmp_path, MAIL_URL=url).mail_url == url
    assert "hushhush" not in repr(settings_from(tmp_path, MAIL_URL=url))


@pytest.mark.parametrize(
    "url",
    [
        "smtp.example.org",
        "https://smtp.example.org/?from=hub@example.org",
        "smtps://smtp.example.org/",
        "smtps:///?from=hub@example.org",
        "smtps://smtp.example.org:none/?from=hub@example.org",
        "smtp+plain://smtp.example.org/?from=hub@example.org",
    ],
)
def test_a_mail_server_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingError, match="MAIL_URL"):
        settings_from(tmp_path, MAIL_URL=url)


def test_hosts_of_robots_are_listed_by_comma_or_space(tmp_path: Path) -> None:
    settings = settings_from(tmp_path, ROBOT_HOSTS="Chat.lan:8065, ntfy.lan")
    assert settings.robot_hosts == {"chat.lan:8065", "ntfy.lan"}
