"""The list of commands, and how a refusal ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from supplyhub.cli import COMMANDS, Commands, main
from supplyhub.errors import ConflictError, SettingError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Usage: main {name} ")


def test_the_list_has_a_line_for_each() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert all(line in result.output for _, line in COMMANDS.values())


def test_an_unknown_command_is_named() -> None:
    result = CliRunner().invoke(main, ["fly"])
    assert result.exit_code == 2
    assert "No such command 'fly'" in result.output


def group_that_raises(error: Exception) -> click.Group:
    class Raising(Commands):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:  # noqa: ARG002
            @click.command()
            def command() -> None:
                raise error

            return command

    return Raising("supplyhub")


def test_a_wrong_setting_is_one_line_and_status_2() -> None:
    result = CliRunner().invoke(group_that_raises(SettingError("PORT is wrong")), ["x"])
    assert (result.exit_code, result.stderr) == (2, "supplyhub: PORT is wrong\n")


def test_a_refusal_names_its_facts_and_ends_with_status_1() -> None:
    error = ConflictError("nothing was imported", lines=["line 3: no door", "line 9: no grid"])
    result = CliRunner().invoke(group_that_raises(error), ["x"])
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "supplyhub: nothing was imported",
        "supplyhub:   line 3: no door",
        "supplyhub:   line 9: no grid",
    ]


def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPLYHUB_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:secret@127.0.0.1:1/hub")
    result = CliRunner().invoke(main, ["migrate"])
    assert result.exit_code == 1
    assert result.stderr.startswith("supplyhub: the database doesn't answer")
    assert len(result.stderr.splitlines()) == 1
    assert "secret" not in result.stderr
