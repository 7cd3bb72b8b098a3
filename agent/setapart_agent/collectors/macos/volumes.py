"""The two volumes of a Mac's disk as one tree.

Since macOS 10.15 the system stands on a volume of its own, and everything that changes on another one, which belongs at
/System/Volumes/Data below it. Firmlinks make one tree of both on the running system alone; elsewhere the folders that
are linked (/Users, /Applications, /Library, /private …) are empty on the system's volume. Source: apfs(5), Apple's
"About the read-only system volume in macOS Catalina".
"""

import os

from setapart_agent.collectors.base import Absent, Outcome
from setapart_agent.collectors.desktop.tree import FILE_LIMIT, Tree

DATA = "/System/Volumes/Data"
_SYSTEM = "/System/"
_USERS = "/private/var/db/dslocal"


def joined(tree: Tree) -> Tree:
    """The tree with both volumes, where the data's is mounted below the system's; else the tree as it is."""
    if tree.live or isinstance(tree.status(f"{DATA}{_USERS}"), Absent):
        return tree
    return tree if not isinstance(tree.status(_USERS), Absent) else _JoinedTree(tree)


class _JoinedTree(Tree):
    """Reads what is below /System from the one volume, all else from the other."""

    def __init__(self, system: Tree) -> None:
        super().__init__(system.root, ignore_case=True)
        self._system = system
        self._data = type(system)(system.root + DATA, ignore_case=True)

    def read(self, path: str, owner: int | None = None, limit: int = FILE_LIMIT) -> Outcome[bytes]:
        """See `Tree.read`."""
        return self._volume(path).read(path, owner, limit)

    def part(self, path: str, offset: int, size: int, owner: int | None = None) -> Outcome[bytes]:
        """See `Tree.part`."""
        return self._volume(path).part(path, offset, size, owner)

    def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        """See `Tree.entries`."""
        return self._volume(path).entries(path, owner)

    def status(self, path: str, owner: int | None = None) -> Outcome[os.stat_result]:
        """See `Tree.status`."""
        return self._volume(path).status(path, owner)

    def _volume(self, path: str) -> Tree:
        return self._system if path.startswith(_SYSTEM) else self._data
