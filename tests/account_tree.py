"""A small Linux installation in a folder, made file by file."""

from pathlib import Path
from typing import TYPE_CHECKING

from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.facts import Facts

if TYPE_CHECKING:
    from setapart_agent.collectors.base import Unseen


class LinuxTree:
    """Files of one installation with the user ada; everything belongs to whoever runs the tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uid = root.stat().st_uid
        self.unseen: Unseen | None = None
        (root / "home/ada").mkdir(parents=True)

    def write(self, path: str, content: str | bytes = "") -> Path:
        """Makes a file; a path that does not start with `/` is below ada's home."""
        target = self.root / path.lstrip("/") if path.startswith("/") else self.root / "home/ada" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    @property
    def ada(self) -> str:
        """Her profile."""
        return str(self.uid)

    def collect(self, collector: DesktopCollector) -> Facts:
        """What a collector finds here."""
        user = User(uid=self.uid, name="ada", home="/home/ada", unseen=self.unseen)
        return collector.collect(Host(tree=Tree(str(self.root)), users=(user,)))


def rows(facts: Facts) -> set[tuple[str, str, str, str | None]]:
    """Section, profile, status and reason of every row of coverage."""
    return {(row.section, row.profile, row.status, row.reason) for row in facts.coverage}
