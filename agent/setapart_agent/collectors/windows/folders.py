"""Where a user's folders are in the tree, by what the user's hive says of them."""

from setapart_agent.collectors.base import Absent, Denied, Observed
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.windows.host import WindowsHost
from setapart_agent.collectors.windows.parse.shell_folders import ShellFolders, below_home, shell_folders
from setapart_agent.collectors.windows.users import tree_path
from setapart_agent.errors import ParseError

_ROAMING, _LOCAL = "AppData/Roaming", "AppData/Local"
ELSEWHERE = Denied("the folder AppData is kept elsewhere")


def moved_folders(host: WindowsHost, user: User) -> tuple[str, ...]:
    """Where the user's hive says that Desktop, Documents and Downloads are, as far as they are on this drive."""
    said = _said(host, user)
    paths = (_located(host, user, path) for path in (said.desktop, said.documents, said.downloads) if path)
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def app_data_is_elsewhere(host: WindowsHost, user: User) -> bool:
    """Whether programs keep what they know of this user in other folders than the usual ones."""
    said = _said(host, user)
    pairs = ((said.roaming, _ROAMING), (said.local, _LOCAL))
    usual = [(path, f"{user.home}/{folder}".lower()) for path, folder in pairs if path]
    moved = any((_located(host, user, path) or "").lower() != default for path, default in usual)
    return moved or any(_leads_out(host, user, folder) for folder in ("AppData", _ROAMING, _LOCAL))


def _leads_out(host: WindowsHost, user: User, folder: str) -> bool:
    """Whether a folder is a junction to where this drive is not: its name is there, and nothing behind it."""
    above, _, name = f"{user.home}/{folder}".rpartition("/")
    names = host.tree.entries(above)
    listed = isinstance(names, Observed) and any(one.lower() == name.lower() for one in names.value)
    return listed and isinstance(host.tree.entries(f"{user.home}/{folder}"), Absent)


def _said(host: WindowsHost, user: User) -> ShellFolders:
    hive = host.registry.user(user)
    try:
        return shell_folders(hive.value.key.child("Software")) if isinstance(hive, Observed) else ShellFolders()
    except ParseError:
        return ShellFolders()  # said of the hive as a whole


def _located(host: WindowsHost, user: User, path: str) -> str | None:
    rest = below_home(path)
    return f"{user.home}/{rest}".rstrip("/") if rest is not None else tree_path(path, host.drive)
