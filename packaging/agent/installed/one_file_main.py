# ruff: noqa: INP001, PTH103, PTH104, PTH111, PTH112, PTH118
# Runs before every command: no objects for paths.
"""Unpacks the agent once, into a folder that only this user can write, and runs it from there."""

import os
import shutil
import sys
import tempfile

DIGEST = "@DIGEST@"
OLDEST, NEWEST = (3, 11), (3, 14)


def main() -> None:
    """Runs the agent.

    Raises:
        SystemExit: this Python is none of those that the compiled parts are for, or nothing can be unpacked.
    """
    if not OLDEST <= sys.version_info[:2] <= NEWEST or sys.platform != "linux":
        _end(f"Python {sys.version_info[0]}.{sys.version_info[1]} on {sys.platform}; expected 3.11 to 3.14 on Linux")
    sys.dont_write_bytecode = True
    try:
        folder = _unpacked()
    except OSError as exc:
        _end(f"nothing can be unpacked: {exc.strerror}; expected a writable folder; set XDG_CACHE_HOME to one")
    sys.path[0] = folder
    sys.argv[0] = "setapart-agent"
    from setapart_agent.cli import main as agent

    agent()


def _unpacked() -> str:
    if os.geteuid() == 0:
        cache = "/var/cache"
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    parent = os.path.join(cache, "setapart-agent")
    os.makedirs(parent, mode=0o700, exist_ok=True)
    _own(parent)
    folder = os.path.join(parent, DIGEST)
    if os.path.isdir(folder):
        _own(folder)
        return folder
    _unpack(parent, folder)
    return folder


def _unpack(parent: str, folder: str) -> None:
    import hashlib
    import io
    import zipfile

    try:
        with zipfile.ZipFile(sys.path[0]) as whole:
            payload = whole.read("agent.zip")
    except Exception:  # noqa: BLE001 - zipfile raises many kinds where its directory is damaged
        payload = b""
    if hashlib.sha256(payload).hexdigest() != DIGEST:
        _end("this file is damaged; expected what was published; compare it with SHA256SUMS")
    fresh = tempfile.mkdtemp(prefix=".new-", dir=parent)
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            archive.extractall(fresh)
        os.rename(fresh, folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not os.path.isdir(folder):  # else another one was faster
            raise


def _own(folder: str) -> None:
    """Somebody else's folder could hold somebody else's code."""
    found = os.lstat(folder)
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        _end(f"{folder} belongs to another user, or others may write to it; expected your own; remove it")


def _end(why: str) -> None:
    sys.stderr.write(f"setapart-agent: {why}\n")
    raise SystemExit(2)


main()
