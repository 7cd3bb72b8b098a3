"""A machine for tests of packages and units: a real systemd in namespaces of its own, over a view of this root.

Needs root. Nothing of this machine is changed: what is written goes to memory, and only what a test starts runs.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SYSTEMD = Path("/lib/systemd/systemd")
_START_SECONDS = 60
_BOOT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/shm dev/pts dev/mqueue share
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs dev/shm
for device in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
	set -- "$1" $device
	mknod -m 666 "dev/$2" c "$3" "$4"
done
mount --bind "$SHARE" share
# Nothing begins by itself but the journal.
find etc/systemd/system usr/lib/systemd/system -depth -name '*.wants' -exec rm -rf {} +
mkdir -p etc/systemd/system/sysinit.target.wants etc/systemd/journald.conf.d
ln -s /usr/lib/systemd/system/systemd-journald.service etc/systemd/system/sysinit.target.wants/
printf '[Journal]\nStorage=volatile\nReadKMsg=no\n' > etc/systemd/journald.conf.d/test.conf
rm -rf var/log/journal usr/sbin/policy-rc.d
: > etc/fstab
mkdir -p mnt
pivot_root . mnt
umount -l mnt
# As systemd finds it where it starts first: credentials are mounted in one namespace and seen in another.
mount --make-rshared /
export container=lxc
exec /lib/systemd/systemd --unit=basic.target --log-target=journal --show-status=no </dev/null >/dev/null 2>&1
"""


_APART = ("unshare", "--fork", "--pid", "--mount", "--cgroup", "--ipc", "--uts", "--net")
_TRIED = """
mount --make-rprivate / && mount -t tmpfs tmpfs "$1" && mkdir "$1/u" "$1/w" "$1/r" "$1/c" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/u,workdir=$1/w" "$1/r" && mount -t cgroup2 cgroup2 "$1/c"
"""


def can_boot() -> bool:
    """Whether this user may make such a machine here."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not SYSTEMD.exists() or shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        return not subprocess.run(
            [*_APART, "sh", "-c", _TRIED, "try", folder], capture_output=True, check=False
        ).returncode


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A running machine; `share` is a folder that it sees as /share."""

    pid: int
    share: Path

    def run(self, *command: str, check: bool = True, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Runs a command in it, as root."""
        ran = subprocess.run(
            ["nsenter", "--target", str(self.pid), "--all", "--root", "--wdns=/", *command],
            input=given, capture_output=True, text=True, check=False, timeout=300,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
        assert not check or ran.returncode == 0, f"{command}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran

    def sh(self, script: str, *, check: bool = True) -> str:
        """Runs a script in it. Returns what it printed."""
        return self.run("sh", "-euc", script, check=check).stdout

    def property(self, unit: str, name: str) -> str:
        """A property of a unit, as `systemctl show` has it."""
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def wait(self, unit: str, state: str, seconds: float = _START_SECONDS) -> None:
        """Returns once a unit is in a state (`active`, `failed`, …)."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if (now := self.property(unit, "ActiveState")) == state:
                return
            time.sleep(0.1)
        raise AssertionError(f"{unit} is {now}, never {state}: {self.journal(unit)}")

    def journal(self, unit: str) -> str:
        """What a unit has said, the messages alone."""
        self.run("journalctl", "--sync", check=False)
        return self.run("journalctl", "--no-pager", "--output=cat", "--unit", unit).stdout

    def forget(self) -> None:
        """Empties the journal and the failures."""
        self.run("journalctl", "--rotate", "--vacuum-time=1us", check=False)
        self.run("systemctl", "reset-failed")


@contextmanager
def machine() -> Iterator[Machine]:
    """A machine for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="machine-") as name:
        share, place = Path(name) / "share", Path(name) / "place"
        share.mkdir()
        place.mkdir()
        process = subprocess.Popen(
            [*_APART, "--kill-child", "bash", "-c", _BOOT, "boot", str(place)],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SHARE": str(share)},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield _booted(process, share)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            assert process.stderr is not None
            process.stderr.close()


def _booted(process: "subprocess.Popen[bytes]", share: Path) -> Machine:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            assert process.stderr is not None
            raise AssertionError(f"no machine: {process.stderr.read().decode()}")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        if children and Path(f"/proc/{children[0]}/comm").read_text(encoding="ascii").strip() == "systemd":
            made = Machine(pid=int(children[0]), share=share)
            state = made.run("systemctl", "is-system-running", check=False).stdout.strip()
            if state in {"running", "degraded"}:
                return made
        time.sleep(0.1)
    raise AssertionError("systemd never came up")
