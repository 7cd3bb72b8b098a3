"""The folders that desktops call by their purpose, in the user's language: `~/.config/user-dirs.dirs`."""

from setapart_agent.collectors.base import Observed
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.facts import text

_LIMIT = 64 * 1024
_DEFAULTS = {"XDG_DESKTOP_DIR": "Desktop", "XDG_DOWNLOAD_DIR": "Downloads"}


def user_folder(tree: Tree, user: User, purpose: str) -> str:
    """The path of `XDG_DESKTOP_DIR` or `XDG_DOWNLOAD_DIR` (xdg-user-dirs(1)), the English default where none is set."""
    read = tree.read(f"{user.home}/.config/user-dirs.dirs", owner=user.uid, limit=_LIMIT)
    for line in text(read.value).splitlines() if isinstance(read, Observed) else ():
        key, _, value = line.strip().partition("=")
        value = value.strip().strip('"')
        if key == purpose and value.startswith("$HOME/") and len(value) > len("$HOME/"):
            return user.home + value.removeprefix("$HOME").rstrip("/")
        if key == purpose and value.startswith("/"):
            return value.rstrip("/") or "/"
    return f"{user.home}/{_DEFAULTS[purpose]}"
