"""The two programs as their users run them: arguments in; exit code, standard output and standard error out."""

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import setapart_agent.cli
import setapart_auditor.cli


@dataclass(frozen=True)
class Ran:
    """What a run gave."""

    code: int
    out: str
    err: str


def agent(*arguments: object) -> Ran:
    """Runs `setapart-agent`."""
    return _run("setapart-agent", setapart_agent.cli.main, arguments)


def auditor(*arguments: object) -> Ran:
    """Runs `setapart-auditor`."""
    return _run("setapart-auditor", setapart_auditor.cli.main, arguments)


def _run(name: str, main: Callable[[], None], arguments: tuple[object, ...]) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = [name, *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
                code = 0
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        sys.argv = before
    return Ran(code, out.getvalue(), err.getvalue())
