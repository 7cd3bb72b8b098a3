"""The agent as a process that the file system may refuse: modes count, also where tests run as root; disks are full."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from programs import Ran

_MODES_COUNT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
_NOTHING_FITS = ("prlimit", "--fsize=0")
"""Every write to a file fails, as on a full disk; empty files can still be made."""


def confined_agent(
    *arguments: object, full: bool = False, out: Path | None = None, environment: Mapping[str, str] | None = None
) -> Ran:
    """Runs `setapart-agent`.

    Args:
        arguments: of the command line.
        full: whether the disk is full.
        out: where standard output goes; by default it is returned.
        environment: more variables.
    """
    command = [sys.executable, "-m", "setapart_agent", *map(str, arguments)]
    if full:
        command = [*_NOTHING_FITS, *command]
    if os.geteuid() == 0:
        command = [*_MODES_COUNT, *command]
    handle = subprocess.PIPE if out is None else os.open(out, os.O_WRONLY)
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            check=False,
            timeout=120,
        )
    finally:
        if out is not None:
            os.close(handle)
    return Ran(ran.returncode, (ran.stdout or b"").decode(), ran.stderr.decode())
