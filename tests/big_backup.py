"""A backup as large as a full phone's: a manifest of a million rows, a folder of sparse files, two gigabytes in all.

`PYTHONPATH=tests python tests/big_backup.py --files 1000000 FOLDER` makes one; `--check` makes it in a temporary
folder, reads it with the agent, and says what that took.
"""

import argparse
import hashlib
import os
import plistlib
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

APPS = 2000
TOTAL = 2 * 1024**3
"""Bytes of all files, as their sizes say; they are sparse."""
MEMORY = 256
"""MiB that reading it may take."""
_SCHEMA = (
    "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)",
    "CREATE INDEX FilesDomainIdx ON Files(domain)",
    "CREATE INDEX FilesRelativePathIdx ON Files(relativePath)",
    "CREATE INDEX FilesFlagsIdx ON Files(flags)",
    "CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)",
)


@dataclass(frozen=True)
class Read:
    """What reading a backup took: seconds, MiB at its peak (the larger of agent and worker), and what was printed."""

    seconds: float
    memory: float
    code: int
    out: str


def make(folder: Path, rows: int, *, on_disk: int | None = None) -> None:
    """Writes a backup.

    Args:
        folder: where; it is made.
        rows: files that the manifest lists.
        on_disk: how many of them the folder holds; all, if not said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "Manifest.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.executemany("INSERT INTO Files VALUES (?, ?, ?, 1, ?)", _rows(rows))
    connection.execute("COMMIT")
    connection.close()
    for at, (number, *_) in enumerate(_rows(rows if on_disk is None else on_disk)):
        inner = folder / number[:2]
        if at < 4096:
            inner.mkdir(exist_ok=True)
        handle = os.open(f"{inner}/{number}", os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(handle, max(1, TOTAL // rows))
        os.close(handle)
    when = datetime(2026, 11, 20, 12, 0, tzinfo=UTC).replace(tzinfo=None)
    names = [f"org.example.app{number}" for number in range(APPS)]
    info = {
        "Device Name": "x",
        "Product Type": "iPhone14,5",
        "Product Version": "18.1",
        "Serial Number": "F2LXK1AAAAAA",
        "Unique Identifier": "0" * 40,
        "Last Backup Date": when,
        "Installed Applications": names,
    }
    lockdown = {"ProductType": "iPhone14,5", "ProductVersion": "18.1", "SerialNumber": "F2LXK1AAAAAA"}
    manifest = {
        "IsEncrypted": False,
        "Version": "10.0",
        "SystemDomainsVersion": "24.0",
        "Date": when,
        "Lockdown": lockdown,
        "Applications": {name: {"CFBundleIdentifier": name, "CFBundleVersion": "1"} for name in names},
    }
    status = {"SnapshotState": "finished", "IsFullBackup": True, "Version": "3.3", "Date": when}
    for name, content in (("Info", info), ("Manifest", manifest), ("Status", status)):
        (folder / f"{name}.plist").write_bytes(plistlib.dumps(content, fmt=plistlib.FMT_BINARY))


# A process of its own between the tests and the agent: a child's peak begins with the size of what it was forked from.
_MEASURE = """
import os, sys
child = os.fork()
if not child:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
sys.stderr.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


def read(folder: Path) -> Read:
    """Reads a backup with the agent, in a process of its own."""
    source = ("inventory", "--source", f"ios-backup:{folder}", "--disclosure", "full", "--json")
    agent = (sys.executable, "-m", "setapart_agent", *source)
    begun = time.monotonic()
    ran = subprocess.run((sys.executable, "-S", "-c", _MEASURE, *agent), capture_output=True, text=True, check=True)
    code, peak = ran.stderr.split()[-2:]
    return Read(time.monotonic() - begun, int(peak) / 1024, int(code), ran.stdout)


def _rows(count: int) -> Iterator[tuple[str, str, str, bytes]]:
    """Id, domain, path and description of every file; the description is as long as a real one."""
    blob = plistlib.dumps({"$archiver": "NSKeyedArchiver", "$objects": ["$null", "x" * 200]}, fmt=plistlib.FMT_BINARY)
    for number in range(count):
        domain = f"AppDomain-org.example.app{number % APPS}" if number % 3 else "CameraRollDomain"
        path = f"Media/DCIM/{number // 1000}APPLE/IMG_{number:07}.HEIC"
        yield hashlib.sha1(f"{domain}-{path}".encode(), usedforsecurity=False).hexdigest(), domain, path, blob


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if not options.check:
        if options.folder is None:
            parser.error("a folder, or --check")
        make(options.folder, options.files)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        make(Path(folder, "backup"), options.files)
        size = Path(folder, "backup", "Manifest.db").stat().st_size
        print(
            f"made {options.files} files, Manifest.db {size >> 20} MiB, in {time.monotonic() - begun:.0f} s", flush=True
        )
        found = read(Path(folder, "backup"))
    apps = found.out.count('"source":"backup"')
    print(
        f"read in {found.seconds:.1f} s with {found.memory:.0f} MiB (allowed {MEMORY}): {apps} apps, exit {found.code}"
    )
    return int(found.code != 0 or found.memory > MEMORY or apps < APPS)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
