"""README.md: two commands that anybody can paste, and what the demo prints."""

import re
import shlex
from pathlib import Path

import pytest

from markdown import document
from repository import REPOSITORY
from setapart_auditor.appraisal.model import Status

README = document("README.md")
_COLUMNS = 3


def command(kind: str) -> str:
    """The command behind a marker; there is one line of it."""
    (found,) = re.findall(rf"<!-- {kind} command -->\n```sh\n([^\n]+)\n```", README)
    return str(found)


@pytest.mark.parametrize("kind", ["demo", "test"])
def test_a_command_is_one_line_that_begins_with_python3_and_names_files_that_exist(kind: str) -> None:
    steps = [shlex.split(step) for step in command(kind).split(" && ")]
    assert steps[0][:3] == ["python3", "-m", "venv"]
    files = [word for step in steps for word in step if word.startswith("requirements/")]
    assert files
    assert all((REPOSITORY / file).is_file() for file in files)
    folder = steps[0][3]
    assert all(step[0].startswith(f"{folder}/bin/") for step in steps[1:])


def test_the_commands_run_the_demo_and_the_tests() -> None:
    assert command("demo").endswith(" && .venv/bin/setapart-auditor demo")
    assert command("test").endswith(" && .venv/bin/pytest")


def rows(text: str) -> list[tuple[str, ...]]:
    """Device, class and status of every line of a table of verdicts that has a status; other lines go on with one."""
    found = []
    words = {status.word for status in Status}
    for line in text.splitlines():
        cells = re.split(r" {2,}", line.strip())
        if len(cells) > _COLUMNS and cells[2] in words:
            found.append(tuple(cells[:_COLUMNS]))
    return found


def test_the_verdicts_that_are_shown_are_the_demos(demo: tuple[Path, str]) -> None:
    (shown,) = re.findall(r"```console\n\$ setapart-auditor verify [^\n]*\n(.*?)```", README, re.DOTALL)
    printed = demo[1].partition("device ")[2]
    # This machine's own status is up to the machine, and so is its place among the others.
    assert [row for row in rows(shown) if row[0] != "this-workstation"] == [
        row for row in rows(printed) if row[0] != "this-workstation"
    ]
    assert ("this-workstation", "ordinary") in {row[:2] for row in rows(shown)}
    assert ("this-workstation", "ordinary") in {row[:2] for row in rows(printed)}
