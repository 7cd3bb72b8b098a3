"""packaging/auditor/auditor_packages/manual.py: the auditor's man page, as man(1) shows it and whatis(1) finds it."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from agent_packages import manual
from agent_packages.release import MACHINES, Release
from auditor_packages.manual import AUDITOR

from repository import REPOSITORY
from setapart_auditor.cli import cli

RELEASE = Release(version="1.2.3", revision=1, machine=MACHINES["amd64"], moment=1_700_000_000)
PAGE = manual.page(cli, "setapart-auditor", RELEASE, AUDITOR)


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Every command, with the words that one types."""
    if not isinstance(command, click.Group):
        yield context.command_path, command
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, click.Context(inner, info_name=name, parent=context))


@pytest.mark.needs("man")
def test_every_option_of_every_command_can_be_read_and_typed(tmp_path: Path) -> None:
    """What groff warns of is an error."""
    (tmp_path / "setapart-auditor.1").write_text(PAGE, encoding="utf-8")
    answer = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", tmp_path / "setapart-auditor.1"],
        capture_output=True, text=True, check=True,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "500", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert not answer.stderr, answer.stderr
    found = dict(commands(cli, click.Context(cli, info_name="")))
    assert len(found) > 50
    for path, command in found.items():
        assert re.search(rf"^ +{re.escape(path.strip())}\b", answer.stdout, re.MULTILINE), path
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) and not parameter.hidden else ():
                assert option in answer.stdout, f"{path} {option}"


@pytest.mark.needs("man")
def test_whatis_finds_one_line_that_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "setapart-auditor.1").write_text(PAGE, encoding="utf-8")
    said = subprocess.run(
        ["lexgrog", tmp_path / "setapart-auditor.1"], capture_output=True, text=True, check=True
    ).stdout
    assert said.endswith(': "setapart-auditor - verifies evidence and appraises it against an authority\'s rule"\n')


def test_the_page_names_every_service_that_the_package_brings() -> None:
    units = (REPOSITORY / "packaging" / "auditor" / "installed" / "systemd").glob("*.service")
    assert {name for name, _ in AUDITOR["SERVICES"]} == {unit.stem for unit in units}
