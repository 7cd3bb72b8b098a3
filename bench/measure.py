"""Whole processes measured from outside: CPU and peak memory as the kernel accounts for them, in interleaved rounds."""

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One process: CPU in ms (its children's included), peak resident set in MB, exit code."""

    cpu_ms: float
    rss_mb: float
    code: int


os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode


def run(command: Sequence[str]) -> Run:
    """Runs a command with its output thrown away."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        try:
            os.execvp(command[0], list(command))
        except OSError:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    return Run((usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


def rounds(commands: Mapping[str, Sequence[str]], count: int) -> dict[str, list[Run]]:
    """Every command once to warm up, then all of them in turn, `count` times."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for at in range(count + 1):
        for name, command in commands.items():
            result = run(command)
            if result.code == 127:
                sys.exit(f"{name}: {command[0]} is not installed")
            if at:
                found[name].append(result)
    return found


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """min/median/max."""
    return f"{min(values):.0f}/{median(values):.0f}/{max(values):.0f}"


def ratio(one: Sequence[Run], other: Sequence[Run]) -> float:
    """The median over the pairs of one's CPU to the other's."""
    return median([a.cpu_ms / b.cpu_ms for a, b in zip(one, other, strict=True)])
