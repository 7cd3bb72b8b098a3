"""cpio archives in the portable format of POSIX (odc), which macOS unpacks (cpio(5)): numbers are octal text."""

import gzip

from agent_packages.macos.entry import Entry

_MAGIC = "070707"
_END = "TRAILER!!!"


def packed(entries: tuple[Entry, ...], moment: int) -> bytes:
    """A compressed archive of entries, all of them root's and of one moment."""
    parts = [_member(entry, number, moment) for number, entry in enumerate(entries, start=1)]
    parts.append(_member(Entry(name=_END, mode=0), 0, 0))
    return gzip.compress(b"".join(parts), compresslevel=9, mtime=0)


def _member(entry: Entry, number: int, moment: int) -> bytes:
    name = entry.name.encode() + b"\0"
    links = 2 if entry.is_folder else 1
    device, user, group, special = 0, 0, 0, 0
    short = "".join(f"{value:06o}" for value in (device, number, entry.mode, user, group, links, special))
    header = f"{_MAGIC}{short}{moment:011o}{len(name):06o}{len(entry.content):011o}"
    return header.encode("ascii") + name + entry.content
