"""Alpine's database `/lib/apk/db/installed` (`/usr/lib/apk/…` since apk-tools 3): blocks of `P:` and `V:` lines.

Every block ends with an empty line; https://wiki.alpinelinux.org/wiki/Apk_spec.
"""

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "linux.apk-db"
MATURITY: Maturity = "untested"

_HEAD = 4096


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the lines `P:` and `V:` of the first block."""
    head = b"\n" + content[:_HEAD]
    return b"\nP:" in head and b"\nV:" in head


def parse(files: FileSet) -> Facts:
    """One app per block.

    Raises:
        ParseError: no package in it.
    """
    content = files.main.replace(b"\r\n", b"\n") if b"\r\n" in files.main else files.main
    apps: list[App] = []
    damage: list[str] = []
    if b"\x00" in content:
        damage.append("NUL bytes, as after a crash")
    # apk writes a checksum line first and an empty line last; what people type by hand has neither.
    ends = b"\n\n" if content.startswith(b"C:") or b"\nC:" in content else b"\n"
    if content and not content.endswith(ends):
        damage.append("the file ends inside a block")
    for block in content.split(b"\n\n"):
        if not block.strip():
            continue
        name, version = _line(block, b"P:"), _line(block, b"V:")
        if name is None or version is None:
            damage.append("a block without a package name or version")
        if name is not None:
            apps.append(App(identifier=name, version=version, profile=files.profile, source="apk"))
    return app_facts(tuple(apps), tuple(damage), kind=KIND, files=files)


def _line(block: bytes, key: bytes) -> str | None:
    at = 0 if block.startswith(key) else block.find(b"\n" + key) + 1
    if at == 0 and not block.startswith(key):
        return None
    end = block.find(b"\n", at)
    value = block[at + len(key) :] if end < 0 else block[at + len(key) : end]
    return value.strip().decode("utf-8", "replace") or None
