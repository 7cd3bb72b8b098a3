"""The single file: a zip with a `#!` line (PEP 441) that unpacks itself once and runs from there.

Compiled modules can't be imported from a zip. What is unpacked is named by its digest and belongs to whoever runs it.
"""

import io
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from agent_packages.release import INSTALLED, NAME, Release

_SHEBANG = b"#!/usr/bin/env python3\n"
_PAYLOAD = "agent.zip"
_EXECUTABLE = 0o755
_REGULAR = 0o100644
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def build(release: Release, tree: Path, output: Path) -> Path:
    """Packs a folder of modules into a single file. Returns it.

    Args:
        release: names the file.
        tree: what is imported, with a `__main__.py`.
        output: the folder for the file.
    """
    payload = _zip((path.relative_to(tree).as_posix(), path.read_bytes()) for path in _files(tree))
    starter = (INSTALLED / "one_file_main.py").read_text("utf-8")
    assert "@DIGEST@" in starter
    starter = starter.replace("@DIGEST@", sha256(payload).hexdigest())
    file = output / f"{NAME}-{release.version}-linux-{release.machine.rpm}.pyz"
    file.write_bytes(_SHEBANG + _zip([("__main__.py", starter.encode()), (_PAYLOAD, payload)]))
    file.chmod(_EXECUTABLE)
    return file


def _files(tree: Path) -> list[Path]:
    return sorted(path for path in tree.rglob("*") if path.is_file())


def _zip(entries: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, _EARLIEST)
            info.external_attr = _REGULAR << 16
            info.create_system = 3
            info.compress_type = zipfile.ZIP_STORED if name == _PAYLOAD else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()
