"""What is installed is what was tried: every dependency has a pin with hashes, and no pin says where it comes from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pins(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package, version in PIN.findall((ROOT / name).read_text(encoding="utf-8")):
        found.setdefault(package, []).append(version)
    return found


def needed(extra: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"][extra],
    ]
    return [wanted for wanted in map(Requirement, lines) if wanted.name != "supplyhub"]


@pytest.mark.parametrize(("name", "extra"), [("constraints.txt", "local"), ("constraints-dev.txt", "dev")])
def test_every_dependency_is_pinned_within_its_bounds(name: str, extra: str) -> None:
    pinned = pins(name)
    wrong = [
        str(wanted)
        for wanted in needed(extra)
        if not any(version in wanted.specifier for version in pinned.get(wanted.name.lower().replace("_", "-"), []))
    ]
    assert wrong == [], "run `make pins`"


def test_the_tests_run_on_what_the_installation_runs_on() -> None:
    tested = pins("constraints-dev.txt")
    assert {name: tested.get(name) for name in pins("constraints.txt")} == pins("constraints.txt")


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt"])
def test_pins_have_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in text
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]
