"""xar archives: a header, a compressed table of contents in XML, and the files one after the other.

Apple documents the format in xar(1) and in the source of its tool (`xar.h`); big-endian. A flat package is one. The
digests are SHA-1, which every reader knows; they find damage alone. Signing is left to whoever hands a package out.
"""

import datetime as dt
import struct
import zlib
from collections.abc import Iterator
from hashlib import sha1
from xml.etree import ElementTree as ET

from agent_packages.macos.entry import Entry

_HEADER = struct.Struct(">4sHHQQI")
_SHA1 = 1
_DIGEST_BYTES = 20


def packed(entries: tuple[Entry, ...], moment: int) -> bytes:
    """An archive of entries, each folder before what it holds; all of them root's and of one moment."""
    table = ET.Element("xar")
    contents = ET.SubElement(table, "toc")
    checksum = ET.SubElement(contents, "checksum", style="sha1")
    _texts(checksum, offset="0", size=str(_DIGEST_BYTES))
    when = dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    _texts(contents, **{"creation-time": when})
    folders = {".": contents}
    offset = _DIGEST_BYTES
    for number, entry in enumerate(_inner(entries), start=1):
        parent, _, name = entry.name.rpartition("/")
        element = ET.SubElement(folders[parent], "file", id=str(number))
        if entry.is_folder:
            folders[entry.name] = element
        else:
            _describe(ET.SubElement(element, "data"), entry.content, offset)
            offset += len(entry.content)
        _texts(element, name=name, type="directory" if entry.is_folder else "file", mode=f"{entry.mode & 0o7777:04o}")
        _texts(element, uid="0", user="root", gid="0", group="wheel", mtime=f"{when}Z")
    plain = ET.tostring(table, encoding="UTF-8", xml_declaration=True)
    stored = zlib.compress(plain, 9)
    header = _HEADER.pack(b"xar!", _HEADER.size, 1, len(stored), len(plain), _SHA1)
    digest = bytes.fromhex(_sha1(stored))
    return header + stored + digest + b"".join(entry.content for entry in _inner(entries))


def _inner(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.name != ".")


def _describe(data: ET.Element, content: bytes, offset: int) -> None:
    """Nothing is compressed once more: what is large is compressed already."""
    _texts(data, length=str(len(content)))
    ET.SubElement(data, "encoding", style="application/octet-stream")
    _texts(data, offset=str(offset), size=str(len(content)))
    for kind in ("extracted-checksum", "archived-checksum"):
        ET.SubElement(data, kind, style="sha1").text = _sha1(content)


def _texts(parent: ET.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(parent, tag).text = text


def _sha1(content: bytes) -> str:
    return sha1(content, usedforsecurity=False).hexdigest()
