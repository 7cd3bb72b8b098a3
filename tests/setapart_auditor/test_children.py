"""Processes that are told to end by the end of their input."""

import signal
import subprocess
import sys

import pytest

from setapart_auditor.children import end


def child(code: str) -> "subprocess.Popen[bytes]":
    started = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline() == b"ready\n"
    started.stdout.close()
    return started


def test_a_process_finishes_what_it_is_at() -> None:
    one = child("import sys, time; print('ready', flush=True); sys.stdin.read(); time.sleep(0.2); sys.exit(7)")
    end(one, 20)
    assert one.returncode == 7


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_a_process_that_does_not_end_is_killed(seconds: float) -> None:
    one = child("import time; print('ready', flush=True); time.sleep(60)")
    end(one, seconds)
    assert one.returncode == -signal.SIGKILL
