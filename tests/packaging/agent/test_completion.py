"""packaging/agent/agent_packages/completion.py: what is typed is completed by a real shell."""

import subprocess
import sys
from pathlib import Path

import pytest
from agent_packages import completion

from setapart_agent.cli import cli

SCRIPTS = completion.scripts(cli, "setapart-agent")


def test_each_shell_finds_its_script_by_the_programs_name() -> None:
    assert set(SCRIPTS) == {
        "usr/share/bash-completion/completions/setapart-agent",
        "usr/share/zsh/vendor-completions/_setapart-agent",
        "usr/share/fish/vendor_completions.d/setapart-agent.fish",
    }
    assert SCRIPTS["usr/share/zsh/vendor-completions/_setapart-agent"].startswith("#compdef setapart-agent\n")


@pytest.mark.needs("bash")
@pytest.mark.parametrize(
    ("typed", "wanted"), [("rep", {"report"}), ("report --no-", {"--no-deliver"}), ("enrol-", {"enrol-unattended"})]
)
def test_bash_completes_commands_and_options(typed: str, wanted: set[str], tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(SCRIPTS["usr/share/bash-completion/completions/setapart-agent"], encoding="utf-8")
    words = ["setapart-agent", *typed.split(" ")]
    program = (
        f"source {script}\n"
        f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}\n"
        "_setapart_agent_completion setapart-agent\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    answer = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False, env={"PATH": path})
    assert set(answer.stdout.split()) == wanted, answer.stderr
