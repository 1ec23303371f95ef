"""`supplyhub gateway` as a process: it keeps its books whatever becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from supplyhub.cli import main
from supplyhub.cli.gateway import standin_keys
from supplyhub.outside.errors import GatewayAwayError, GatewayRefusedError
from supplyhub.outside.stripe_gateway import StripeGateway
from supplyhub.standin.remote import StandIn, StandInError
from tests.outside.asked import back, wanted
from tests.processes import free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from supplyhub.outside.ports import Checkout


@contextmanager
def running(home: Path, port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "supplyhub", "gateway", "--home", str(home), "--port", str(port), *options]
    nobody = ["--webhook-url", f"http://127.0.0.1:{free_port()}/payments/events"]
    with subprocess.Popen(
        [*command, *nobody], env={"PATH": os.environ["PATH"]}, cwd=home.parent, stdout=subprocess.DEVNULL
    ) as process:
        wait_for(lambda: process.poll() is not None or answers(port), pause=0.02)
        assert process.poll() is None
        yield process
        process.terminate()
        assert process.wait(timeout=60) in {0, -signal.SIGKILL}


def answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=30):
            return True
    except OSError:
        return False


def client(home: Path, port: int) -> tuple[StandIn, StripeGateway]:
    keys, url = standin_keys(home), f"http://127.0.0.1:{port}"
    return StandIn(url, keys["STRIPE_SECRET_KEY"]), StripeGateway(
        keys["STRIPE_SECRET_KEY"], keys["STRIPE_WEBHOOK_SECRET"], api_base=url
    )


def test_killed_in_the_middle_it_loses_nothing_that_it_answered(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    answered: dict[int, Checkout] = {}
    asked = {number: wanted(charge_id=number, key=f"key {number}") for number in range(14)}
    some, killed = threading.Event(), threading.Event()

    def pay(number: int) -> None:
        # However quick the others are, the last one comes after the kill.
        assert number < max(asked) or killed.wait(60)
        standin, stripe = client(home, port)
        try:
            page = stripe.open_checkout(asked[number])
            standin.pay(page.id)
            stripe.refund(back(stripe.checkout(page.id), 860, refund_id=number, key=f"back {number}"))
        except (GatewayAwayError, StandInError):
            return
        answered[number] = page
        if len(answered) >= 5:
            some.set()

    with running(home, port) as process, ThreadPoolExecutor(4) as crowd:
        everybody = [crowd.submit(pay, number) for number in asked]
        assert some.wait(60)
        process.kill()
        killed.set()
        for one in everybody:
            one.result()
    assert 5 <= len(answered) < len(asked)
    with running(home, port):
        standin, stripe = client(home, port)
        for number, page in answered.items():
            assert stripe.checkout(page.id).state == "paid"
            assert stripe.open_checkout(asked[number]).id == page.id
        books = standin.books()
        assert books["sum_fen"] == 0
        for row in books["references"]:
            assert row["paid_fen"] == 3860
            assert row["refunded_fen"] == 860 or (int(row["reference"]) not in answered and row["refunded_fen"] == 0)
        # What was on its way goes on with the same keys, and is done once.
        for number in asked:
            pay(number)
        assert len(answered) == len(asked)
        assert standin.books()["merchant_fen"] == len(asked) * 3000


def test_it_starts_with_the_faults_that_it_is_told(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with running(home, port, "--error", "1", "--seed", "3"):
        standin, stripe = client(home, port)
        with pytest.raises(GatewayAwayError):
            stripe.open_checkout(wanted())
        standin.set_faults()
        assert stripe.open_checkout(wanted()).state == "open"
        with pytest.raises(GatewayRefusedError):
            stripe.checkout("cs_test_nowhere")
    assert (home / "gateway" / "gateway.sqlite").stat().st_mode & 0o777 == 0o600
    assert (home / "keys" / "servers.key").stat().st_mode & 0o777 == 0o600


def test_it_takes_no_key_for_real_money(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_something")
    result = CliRunner().invoke(main, ["gateway", "--home", str(tmp_path), "--port", str(free_port())])
    assert result.exit_code == 2
    assert "real money" in result.stderr
    assert "sk_live_something" not in result.output


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with running(home, port):
        result = CliRunner().invoke(main, ["gateway", "--home", str(home), "--port", str(port)])
    assert result.exit_code == 2
    assert f"port {port}" in result.stderr
