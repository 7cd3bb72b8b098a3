"""What we read out of /proc and /sys is what psutil reads there; see docs/adr/0009-proc-instead-of-psutil.md."""

import os
import sys

import psutil
import pytest

from setapart_agent.collectors.linux.processes import running

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


def test_every_program_that_psutil_sees_running_is_seen_with_its_owner() -> None:
    before = {process.pid for process in psutil.process_iter()}
    ours = {(process.uid, process.executable) for process in running() if process.executable}
    missed = []
    for process in psutil.process_iter(["exe", "uids"]):
        exe, uids = process.info["exe"], process.info["uids"]
        if process.pid not in before or not exe or uids is None or not psutil.pid_exists(process.pid):
            continue
        seen = {path.removesuffix(" (deleted)") for uid, path in ours if uid == uids.effective}
        if exe.removesuffix(" (deleted)") not in seen:
            missed.append((process.pid, exe))
    # A process may have started or replaced its program in between: it must be gone or changed by now.
    assert [one for one in missed if psutil.pid_exists(one[0]) and psutil.Process(one[0]).exe() == one[1]] == []


def test_no_process_of_ours_is_invented() -> None:
    mine = [process for process in running() if process.executable == os.path.realpath("/proc/self/exe")]
    assert any(process.uid == os.geteuid() for process in mine)
