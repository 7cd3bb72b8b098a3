"""Commands as somebody types them: run in this process where they are ours, which is quick, else by bash."""

import contextlib
import io
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from unittest import mock

PROGRAMS = {"setapart-agent": "setapart_agent.cli", "setapart-auditor": "setapart_auditor.cli"}
_OF_THE_SHELL = frozenset("|&;<>()$*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended, and what it printed on standard output and standard error together."""

    printed: str
    code: int


def run(folder: Path, *words: str) -> Ran:
    """Runs one of our programs in a folder."""
    main = import_module(PROGRAMS[words[0]]).main
    printed = io.StringIO()
    code: object = 0
    with (
        contextlib.chdir(folder),
        mock.patch.object(sys, "argv", list(words)),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    assert isinstance(code, int), code
    return Ran(printed=printed.getvalue(), code=code)


def run_typed(folder: Path, line: str) -> Ran:
    """Runs a line as typed: here if it is one plain command of ours, by bash if it is anything else."""
    if _OF_THE_SHELL.isdisjoint(line) and (words := shlex.split(line))[0] in PROGRAMS:
        return run(folder, *words)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=folder,
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(printed=done.stdout, code=done.returncode)
