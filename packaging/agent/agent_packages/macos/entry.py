"""What a package installs: files and folders with their modes, in one order; all are root's."""

import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder. `name` begins with `.`, which is the folder that it is installed into; `mode` has the type."""

    name: str
    mode: int
    content: bytes = b""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)


def entries(root: Path) -> tuple[Entry, ...]:
    """Everything below a folder and itself, each folder before what it holds.

    Raises:
        ValueError: a link or a device, of which a package has none.
    """
    found = []
    for path in (root, *sorted(root.rglob("*"))):
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ValueError(f"{path} is neither a file nor a folder")
        place = path.relative_to(root)
        found.append(
            Entry(
                name="." if path == root else f"./{place.as_posix()}",
                mode=mode,
                content=b"" if stat.S_ISDIR(mode) else path.read_bytes(),
            )
        )
    return tuple(found)
