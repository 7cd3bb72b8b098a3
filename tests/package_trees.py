"""Clean trees of distributions, and machines that boot from them: where packages are tried as they are installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from repository import REPOSITORY

CACHE = REPOSITORY / "build" / "trees"
_PACKAGES = "systemd,systemd-sysv,dbus,python3,ca-certificates"
_UNIT = """\
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /trial/run.sh
StandardOutput=append:/trial/out
StandardError=inherit
ExecStopPost=/usr/bin/systemctl --no-block poweroff
[Install]
WantedBy=default.target
"""


def debian(suite: str, target: Path, *more: str) -> Path:
    """A fresh tree of a Debian release, with more packages where wanted; made once, then unpacked."""
    archive = CACHE / f"{'-'.join((suite, *more))}.tar"
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = archive.with_suffix(".new")
        what = ["--variant=minbase", f"--include={','.join((_PACKAGES, *more))}", "--format=tar"]
        subprocess.run(["mmdebstrap", "-q", *what, suite, fresh], check=True)
        fresh.rename(archive)
    target.mkdir(parents=True)
    subprocess.run(["tar", "-C", target, "--numeric-owner", "-xf", archive], check=True)
    return target


def enter(tree: Path, command: str) -> str:
    """Runs a command as root in a tree that is not booted, with this machine's network. Returns what it printed."""
    answer = subprocess.run(
        ["systemd-nspawn", "-q", "-D", tree, "--register=no", "--keep-unit", "--resolv-conf=copy-host", "--pipe",
         "/bin/sh", "-ec", command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-5000:]
    return answer.stdout


def boot(tree: Path, script: str, *, packages: Path, seconds: int = 600) -> str:
    """Boots a tree with its own systemd, runs a script as root there, and shuts it down. Returns what it printed.

    The machine has this one's network, so an auditor on the loopback is reached; the packages are in /packages.
    """
    trial = tree / "trial"
    shutil.rmtree(trial, ignore_errors=True)
    trial.mkdir()
    (trial / "run.sh").write_text(script, encoding="utf-8")
    unit = tree / "etc/systemd/system/trial.service"
    unit.write_text(_UNIT, encoding="utf-8")
    wanted = tree / "etc/systemd/system/default.target.wants"
    wanted.mkdir(exist_ok=True)
    link = wanted / unit.name
    link.unlink(missing_ok=True)
    link.symlink_to(f"../{unit.name}")
    answer = subprocess.run(
        [
            "systemd-nspawn", "-q", "-b", "-D", tree, "--register=no", "--keep-unit", f"--machine=trial-{os.getpid()}",
            f"--bind-ro={packages}:/packages",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
    )  # fmt: skip
    out = trial / "out"
    assert out.exists(), f"it did not boot: {answer.stdout[-3000:]}{answer.stderr[-3000:]}"
    return out.read_text("utf-8", "replace")


def sections(output: str) -> dict[str, str]:
    """What a script printed, by the names that it gave: `== NAME`."""
    parts = re.split(r"^== (\w+)$", output, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
