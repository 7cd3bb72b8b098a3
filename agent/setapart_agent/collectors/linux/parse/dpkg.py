"""dpkg's database: `/var/lib/dpkg/status`, and the control files of distroless images in `status.d/`.

A package counts by the third word of its `Status` (dpkg(1), "Package states"): `installed` and the two trigger states
are set up; `unpacked`, `half-configured` and `half-installed` have their files on the disk, so they are there but
disabled; `config-files` left only its settings behind.
"""

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, AppState
from setapart_evidence.statement import Maturity

KIND = "linux.dpkg-status"
MATURITY: Maturity = "real-hardware"

STATES: dict[str, AppState | None] = {
    "installed": "installed",
    "triggers-pending": "installed",
    "triggers-awaited": "installed",
    "half-configured": "disabled",
    "half-installed": "disabled",
    "unpacked": "disabled",
    "config-files": "removed-trace",
    "not-installed": None,
}
"""dpkg's word for a package's state to ours; `None` where nothing of the package is on the disk."""

_HEAD = 4096
_STATUS_WORDS = 3


def recognise(name: str, content: bytes) -> bool:
    """By the first stanza: `Package:` with `Status:`, or the place of a distroless image."""
    head = b"\n" + content[:_HEAD].replace(b"\r", b"")
    return b"\nPackage: " in head and (b"\nStatus: " in head or "status.d/" in name)


def parse(files: FileSet) -> Facts:
    """Every package with a state; a stanza that is broken, or a file that was cut, gives a `failed` row.

    A second architecture of a package is one of its own, named as dpkg does: `libc6:i386`. In every state the first
    has the bare name, which is what rules know.

    Raises:
        ParseError: no package in it.
    """
    content = files.main.replace(b"\r\n", b"\n") if b"\r\n" in files.main else files.main
    content = _archived(content)
    if not content.strip():
        return Facts()  # dpkg on a system that has no package yet
    apps: list[App] = []
    damage = list(_cut(content))
    # Control files of distroless images have none: they are installed.
    bare = not content.startswith(b"Status:") and b"\nStatus:" not in content
    named = 0
    taken: set[tuple[str, AppState]] = set()
    for stanza in content.split(b"\n\n"):
        if not stanza.strip():
            continue
        name = _field(stanza, b"Package")
        named += name is not None
        status = (_field(stanza, b"Status") or ("install ok installed" if bare else "")).split()
        if not name or len(status) != _STATUS_WORDS or status[2] not in STATES:
            damage.append("a stanza without a package name or state")
            continue
        state = STATES[status[2]]
        if state is not None:
            version = _field(stanza, b"Version")
            if version is None and state == "installed":
                damage.append("a package without a version")
            architecture = _field(stanza, b"Architecture") if (name, state) in taken else None
            taken.add((name, state))
            identifier = f"{name}:{architecture}" if architecture else name
            apps.append(App(identifier=identifier, version=version, profile=files.profile, source="dpkg", state=state))
    if content.count(b"\nPackage:") + content.startswith(b"Package:") > named:
        damage.append("stanzas that no empty line parts")
    return app_facts(tuple(apps), tuple(damage), kind=KIND, files=files)


def _field(stanza: bytes, name: bytes) -> str | None:
    """A one-line field. dpkg itself always writes the usual capitals; others' spellings are looked up line by line."""
    if stanza.startswith(name + b":"):
        at = len(name) + 1
    else:
        at = stanza.find(b"\n" + name + b":")
        if at < 0:
            return _field_in_any_case(stanza, name)
        at += len(name) + 2
    end = stanza.find(b"\n", at)
    return (stanza[at:] if end < 0 else stanza[at:end]).strip().decode("utf-8", "replace") or None


def _field_in_any_case(stanza: bytes, name: bytes) -> str | None:
    wanted = name.lower()
    for line in stanza.split(b"\n"):
        key, colon, value = line.partition(b":")
        if colon and key.lower() == wanted:
            return value.strip().decode("utf-8", "replace") or None
    return None


def _cut(content: bytes) -> tuple[str, ...]:
    """Signs of a file cut short. dpkg ends every stanza with an empty line; who writes no descriptions may not."""
    if b"\x00" in content:
        return ("NUL bytes, as after a crash",)
    whole = content.endswith(b"\n\n") or (content.endswith(b"\n") and b"\nDescription:" not in content)
    return () if whole else ("the file ends inside a stanza",)


def _archived(content: bytes) -> bytes:
    """The dpkg files inside a txtar archive (`-- path --` lines), which is how some captures are handed on."""
    if b"\n-- " not in b"\n" + content[:_HEAD]:
        return content
    kept: list[bytes] = []
    wanted = False
    for line in content.splitlines(keepends=True):
        if line.startswith(b"-- ") and line.rstrip().endswith(b" --"):
            wanted = b"dpkg/status" in line
        elif wanted:
            kept.append(line)
    return b"".join(kept)
