"""Android backups, made by us: the heading of `adb backup`, and a tar as AOSP writes it around app folders."""

import io
import tarfile
import zlib
from collections.abc import Mapping

CERTIFICATE = bytes(range(256))


def manifest(package: str, certificates: tuple[bytes, ...] = (CERTIFICATE,), installer: str = "") -> bytes:
    """The lines of AppMetadataBackupWriter.getManifestBytes."""
    lines = ["1", package, "4200", "31", installer, "0", str(len(certificates)), *(one.hex() for one in certificates)]
    return "".join(f"{line}\n" for line in lines).encode()


def tar(entries: Mapping[str, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar of files by path, ended by empty blocks."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=form) as archive:
        for path, data in entries.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def backup(inner: bytes, *, version: int = 5, packed: bool = True, encryption: str = "none") -> bytes:
    """The heading before a tar."""
    head = f"ANDROID BACKUP\n{version}\n{int(packed)}\n{encryption}\n".encode()
    return head + (zlib.compress(inner) if packed else inner)


def phone(*packages: str) -> bytes:
    """A tar with a manifest and a file for each package."""
    entries: dict[str, bytes] = {}
    for package in packages:
        entries[f"apps/{package}/_manifest"] = manifest(package)
        entries[f"apps/{package}/f/secret.txt"] = b"private" * 500
    return tar(entries)
