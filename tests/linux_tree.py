"""Trees of files that stand for a Linux installation, and the host over one of them."""

import os
from collections.abc import Mapping
from pathlib import Path

from setapart_agent.collectors.desktop.host import Host, User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.facts import Facts

DPKG = "Package: {}\nStatus: {}\nArchitecture: amd64\nVersion: {}\nDescription: some program\n of some kind\n\n"


def plant(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Writes files below a root, with their folders."""
    for name, content in files.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def host_of(root: Path, *users: User) -> Host:
    """The host over a tree; without users, one whose home is `/home/ann`, owned by whoever runs the tests."""
    ann = User(uid=os.geteuid(), name="ann", home="/home/ann")
    return Host(tree=Tree(str(root)), users=users or (ann,))


def status_of(name: str, version: str = "1", status: str = "install ok installed") -> str:
    """One stanza of dpkg's status."""
    return DPKG.format(name, status, version)


def rows(facts: Facts) -> set[tuple[str, str, str, str | None]]:
    """Coverage as section, profile, status, reason."""
    return {(row.section, row.profile, row.status, row.reason) for row in facts.coverage}


def found(facts: Facts) -> set[tuple[str, str, str]]:
    """Apps as profile, kind, identifier."""
    return {(app.profile, app.kind, app.identifier) for app in facts.apps}
