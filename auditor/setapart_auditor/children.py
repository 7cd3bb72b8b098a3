"""Processes of ours that end when their standard input does."""

import signal
import subprocess


def end(child: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Closes the input of a process, and waits for its end; one that takes longer is killed."""
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def leave_signals_to_the_parent() -> None:
    """Called in the process itself: what a terminal sends is for the parent, who closes the pipe."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
