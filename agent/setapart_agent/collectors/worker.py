"""Files of other devices are read in a forked worker with bounded memory and CPU time.

What a stranger's file makes a parser or a library do then ends there: a worker that is killed, runs out of memory or
crashes is coverage `failed`, and the report says so. The worker streams what it has found, device by device, so that a
file with many devices needs the memory of one. Answers are decoded strictly: nothing of the worker's runs here.

A worker has a folder of its own for temporary files, which goes with it however it ends; it asks for a password through
this process, reads nothing from the terminal, prints to standard error at most, and ends when this process is gone.

Where there is no fork (Windows), the work is done in the process itself, under the limits of the parsers alone.
"""

from collections.abc import Callable, Iterable, Iterator

from setapart_agent.collectors.base import Collected
from setapart_agent.facts import DeviceFacts

Ask = Callable[[], str | None]
"""Asks for a password; `None` where there is nobody to ask."""
Work = Callable[[Ask], Iterable[Collected]]

MEMORY = 1536 * 1024 * 1024
"""Bytes of address space that a worker may have beyond what the agent has when it forks."""
CPU_SECONDS = 600

noted: list[Callable[[DeviceFacts], None]] = []
"""Who wants to know which device is being read; the last one counts."""


def note_device(device: DeviceFacts) -> None:
    """Says which device is being read before its files are: a worker that dies later has at least named it."""
    if noted:
        noted[-1](device)


def in_worker(work: Work, ask: Ask = lambda: None, *, many: bool = False, forked: bool = True) -> Iterator[Collected]:
    """Runs the work in a forked child and yields what it gives.

    A child that dies after it has noted a device gives that device, everything of it `failed`.

    Args:
        work: is given a way to ask for a password, and gives device after device.
        ask: asks for a password in this process, which has the terminal.
        many: whether more devices may come after the one at which a child dies.
        forked: whether in a child, where that can be had; what speaks with a device that is attached is not.

    Raises:
        SourceError: the work raised it, or the child died before it knew what it reads, or before it came to the rest
            of many.
    """
    from setapart_agent.collectors.worker_parent import run

    yield from run(work, ask, many=many, forked=forked)
