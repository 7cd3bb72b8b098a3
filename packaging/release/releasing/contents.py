# ruff: noqa: S603
# The tools of whoever installs, found as they find them.
"""What a package holds, read by the tools of those who install it, and not by what has made it."""

import io
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from releasing.errors import ReleaseError

_DUMPED = 11
"""Fields of a line of `rpm --dump`: path, size, time, digest, mode, owner, group, and flags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file in a package.

    Attributes:
        digest: SHA-256.
        mode: as chmod takes it; None where the format has none that counts.
        owner: who it is given to; None where the format has none.
    """

    digest: str
    mode: int | None = None
    owner: str | None = None


def of(file: Path) -> dict[str, Held] | None:
    """The files in a package, by their paths; None for a kind that nothing here reads.

    Raises:
        ReleaseError: it can't be read, or names a path outside of itself.
    """
    reader = next((reader for ending, reader in _READERS.items() if file.name.endswith(ending)), None)
    if reader is None:
        return None
    try:
        held = reader(file)
    except (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile, KeyError, ValueError) as exc:
        raise ReleaseError(f"{file.name} can't be read: {exc}; expected what its name says; build it again") from None
    outside = [path for path in held if path.startswith("/") or ".." in Path(path).parts]
    if outside:
        raise ReleaseError(f"{file.name} holds {outside[0]}; expected paths below its root; build it again")
    return held


def digest_of(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def said_by(*command: str | Path, given: bytes | None = None) -> bytes:
    """What a tool prints.

    Raises:
        ReleaseError: it is not there, or ends with an error.
    """
    try:
        answer = subprocess.run(command, input=given, check=False, capture_output=True)
    except FileNotFoundError:
        raise ReleaseError(f"there is no {command[0]}; it is what an administrator checks with; install it") from None
    if answer.returncode:
        said = (answer.stderr or answer.stdout).decode(errors="replace").strip()
        raise ReleaseError(f"{' '.join(map(str, command))}: {said}; expected that it agrees; build it again")
    return answer.stdout


def _deb(file: Path) -> dict[str, Held]:
    return _tar(said_by("dpkg-deb", "--fsys-tarfile", file))


def _rpm(file: Path) -> dict[str, Held]:
    said_by("rpm", "--checksig", "--nosignature", file)
    lines = [line.rsplit(" ", _DUMPED - 1) for line in said_by("rpm", "-qp", "--dump", file).decode().splitlines()]
    return {
        line[0].removeprefix("/"): Held(digest=line[3], mode=int(line[4], 8) & 0o7777, owner=f"{line[5]}:{line[6]}")
        for line in lines
        if int(line[4], 8) & 0o170000 == 0o100000  # noqa: PLR2004 - S_IFMT and S_IFREG of inode(7)
    }


def _pkg(file: Path) -> dict[str, Held]:
    """A flat package of macOS: a xar archive with one compressed cpio archive, both of which libarchive reads."""
    payload = said_by("bsdtar", "-xOf", file, "*Payload")
    return _tar(said_by("bsdtar", "-cf", "-", "--format=pax", "@-", given=payload))


def _sdist(file: Path) -> dict[str, Held]:
    whole = _tar(file.read_bytes(), "gz")
    return {path.partition("/")[2]: Held(digest=held.digest) for path, held in whole.items()}


def _zip(file: Path) -> dict[str, Held]:
    return _zipped(file.read_bytes())


def _one_file(file: Path) -> dict[str, Held]:
    with zipfile.ZipFile(file) as outer:
        return _zipped(outer.read("agent.zip"))


def _zipped(content: bytes) -> dict[str, Held]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            entry.filename: Held(digest=sha256(archive.read(entry)).hexdigest())
            for entry in archive.infolist()
            if not entry.is_dir()
        }


def _tar(content: bytes, compression: str = "") -> dict[str, Held]:
    found = {}
    with tempfile.TemporaryFile() as spooled:
        spooled.write(content)
        spooled.seek(0)
        with tarfile.open(fileobj=spooled, mode=f"r:{compression}") as tree:
            for member in tree:
                opened = tree.extractfile(member) if member.isfile() else None
                if opened:
                    found[member.name.removeprefix("./")] = Held(
                        digest=sha256(opened.read()).hexdigest(),
                        mode=member.mode,
                        owner=f"{member.uname or member.uid}:{member.gname or member.gid}",
                    )
    return found


_READERS: dict[str, Callable[[Path], dict[str, Held]]] = {
    ".deb": _deb,
    ".rpm": _rpm,
    ".pkg": _pkg,
    ".whl": _zip,
    ".zip": _zip,
    ".pyz": _one_file,
    ".tar.gz": _sdist,
}
