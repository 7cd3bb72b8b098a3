"""packaging/agent/agent_packages/manual.py: the man page says what the program says."""

import gzip
import subprocess
from pathlib import Path

import click
import pytest
from agent_packages import manual
from agent_packages.release import MACHINES, Release

from setapart_agent.cli import cli

RELEASE = Release(version="1.2.3", revision=1, machine=MACHINES["amd64"], moment=1_700_000_000)
PAGE = manual.page(cli, "setapart-agent", RELEASE)


def shown(path: Path, page: str) -> str:
    """The page as man(1) shows it; what groff warns of is an error."""
    file = path / "setapart-agent.1"
    file.write_text(page, encoding="utf-8")
    environment = {"PATH": "/usr/bin:/bin", "MANWIDTH": "500", "LC_ALL": "C.UTF-8"}
    answer = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", str(file)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert not answer.stderr, answer.stderr
    return answer.stdout


@pytest.mark.needs("man")
def test_every_option_of_every_command_can_be_read_and_typed(tmp_path: Path) -> None:
    text = shown(tmp_path, PAGE)
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert name in text
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert option in text, f"{name} {option}"


def test_what_begins_with_a_dot_is_text_and_no_request() -> None:
    group = click.Group("x", help="Does it.", commands=[click.Command("y", help=".so is a file's end.\n\n'quoted'")])
    page = manual.page(group, "x", RELEASE)
    assert "\\&.so is a file's end." in page
    assert "\\&'quoted'" in page


def test_a_backslash_is_shown_and_hyphens_are_those_that_one_types() -> None:
    option = click.Option(["--a-b"], help=r"as C:\x-y or `--c-d`")
    group = click.Group("x", help="Does it.", commands=[click.Command("y", params=[option])])
    page = manual.page(group, "x", RELEASE)
    assert r"\-\-a\-b" in page
    assert r"as C:\ex-y or \fB\-\-c\-d\fR" in page


def test_the_compressed_page_holds_neither_name_nor_time() -> None:
    assert manual.compressed(PAGE) == manual.compressed(PAGE)
    assert manual.compressed(PAGE)[3:8] == bytes(5)  # RFC 1952: no flags, no time
    assert gzip.decompress(manual.compressed(PAGE)).decode() == PAGE


def test_the_page_bears_the_releases_day() -> None:
    assert '.TH SETAPART\\-AGENT 1 2023-11-14 "setapart 1.2.3"' in PAGE
