"""The auditor's completion, as its package brings it: what is typed is completed by the real shells."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from agent_packages import completion

from setapart_auditor.cli import cli

SCRIPTS = {place.split("/")[2]: text for place, text in completion.scripts(cli, "setapart-auditor").items()}
PATH = f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
TYPED = [("swe", {"sweep"}), ("db back", {"backup"}), ("serve --behind", {"--behind-proxy"})]


def said(shell: tuple[str, ...], program: str, home: Path) -> set[str]:
    """The first word of each line that a shell's program printed."""
    ran = subprocess.run(
        [*shell, program], capture_output=True, text=True, check=False, env={"PATH": PATH, "HOME": str(home)}
    )
    assert not ran.stderr, ran.stderr
    return {line.split()[0] for line in ran.stdout.splitlines() if line.strip()}


@pytest.fixture
def script(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The script of the shell that the test names, as a file."""
    file = tmp_path / "completion"
    file.write_text(SCRIPTS[request.param], encoding="utf-8")
    return file


@pytest.mark.needs("bash")
@pytest.mark.parametrize("script", ["bash-completion"], indirect=True)
@pytest.mark.parametrize(("typed", "wanted"), TYPED)
def test_bash_completes_commands_and_options(typed: str, wanted: set[str], script: Path, tmp_path: Path) -> None:
    words = ["setapart-auditor", *typed.split(" ")]
    program = (
        f"source {script}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}\n"
        '_setapart_auditor_completion setapart-auditor; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert said(("bash", "-c"), program, tmp_path) == wanted


@pytest.mark.needs("fish")
@pytest.mark.parametrize("script", ["fish"], indirect=True)
@pytest.mark.parametrize(("typed", "wanted"), TYPED)
def test_fish_completes_commands_and_options(typed: str, wanted: set[str], script: Path, tmp_path: Path) -> None:
    program = f"source {script}; complete --do-complete 'setapart-auditor {typed}'"
    assert said(("fish", "--no-config", "-c"), program, tmp_path) == wanted


@pytest.mark.needs("zsh")
@pytest.mark.parametrize("script", ["zsh"], indirect=True)
@pytest.mark.parametrize(("typed", "wanted"), TYPED)
def test_zsh_completes_commands_and_options(typed: str, wanted: set[str], script: Path, tmp_path: Path) -> None:
    """What the line editor would offer is printed: there is no terminal."""
    words = ["setapart-auditor", *typed.split(" ")]
    program = (
        "compdef() {}; _describe() { print -l -- ${(P)3%%:*} }; compadd() { print -l -- ${(P)5} }\n"
        f"source {script}; words=({' '.join(words)}); CURRENT={len(words)}; _setapart_auditor_completion"
    )
    assert said(("zsh", "-f", "-c"), program, tmp_path) == wanted
