r"""The users whose profiles count: those of the list of profiles, and folders of users that no list knows.

Source: Microsoft, "User profiles", and "Security identifiers": accounts of people have SIDs S-1-5-21-… or S-1-12-1-….
A profile whose folder is not on this disk, or is not there, is a user who can't be looked into.
"""

from collections.abc import Iterator

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Unseen
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.windows.host import Opened
from setapart_agent.collectors.windows.parse.machine import folder_name, listed_profiles, service_folders
from setapart_agent.errors import ParseError

USERS = "/Users"
_OLD_USERS = "/Documents and Settings"
_NO_USERS = frozenset(
    {"public", "default", "default user", "all users", "allusersprofile", "localservice", "networkservice"}
)
_HIVES = ("NTUSER.DAT", "NTUSER.MAN")
_DRIVES = ("%systemdrive%", "%homedrive%")
_UNLISTED = "unlisted"


def users_of(tree: Tree, software: Opened | Unseen, drive: str = "c:") -> tuple[User, ...]:
    """Each user once.

    Args:
        tree: the system's drive.
        software: the machine's SOFTWARE, or why it can't be read; the folders alone then tell of users.
        drive: the letter of the system's drive.
    """
    users: list[User] = []
    services: list[str] = []
    try:
        if isinstance(software, Opened):
            users = [_user(tree, profile.sid, profile.path, drive) for profile in listed_profiles(software.key)]
            services = [tree_path(path, drive) or "" for path in service_folders(software.key)]
    except ParseError as exc:
        software = Failed(f"the list of profiles: {exc.got}")
    if not isinstance(software, Opened):
        users.append(User(name=_UNLISTED, home="/nonexistent", sid=f"{_UNLISTED}-0", unseen=software))
    known = {home.lower() for home in (*(user.home for user in users), *services)}
    for number, home in enumerate(_unlisted(tree, known), 1):
        name = home.rpartition("/")[2]
        users.append(User(name=name, home=home, sid=f"{_UNLISTED}-{number}", unseen=_unseen(tree, home)))
    return tuple(users)


def tree_path(path: str, drive: str = "c:") -> str | None:
    r"""Where a path such as `C:\Users\ada` is in the tree of the system's drive; `None` on another one.

    Args:
        path: in Windows' spelling.
        drive: the letter of the system's drive.
    """
    plain = path.strip().strip('"').replace("\\", "/")
    for known in (*_DRIVES, drive):
        if plain.lower().startswith(f"{known}/"):
            return plain[len(known) :].rstrip("/")
    return plain.rstrip("/") if plain.startswith("/") and not plain.startswith("//") else None


def _user(tree: Tree, sid: str, path: str, drive: str) -> User:
    name = folder_name(path) or sid
    home = tree_path(path, drive)
    if home is None:
        return User(name=name, home="/nonexistent", sid=sid, unseen=Denied("the profile is not on the system's drive"))
    return User(name=name, home=home, sid=sid, unseen=_unseen(tree, home))


def _unseen(tree: Tree, home: str) -> Unseen | None:
    names = tree.entries(home)
    if isinstance(names, Absent):
        return Denied("the profile's folder is not there")
    return None if isinstance(names, Observed) else names


def leftovers(tree: Tree, users: tuple[User, ...]) -> tuple[str, ...]:
    """Folders of users that are gone: programs may lie in them. What only others may look into is not theirs."""
    homes = {user.home.lower() for user in users}
    return tuple(
        home for home in _homes(tree) if home.lower() not in homes and isinstance(tree.entries(home), Observed)
    )


def _unlisted(tree: Tree, known: set[str]) -> Iterator[str]:
    """Folders of users that the list leaves out: those with a hive, and those that can't be looked into."""
    for home in _homes(tree):
        seen = [tree.status(f"{home}/{hive}") for hive in _HIVES]
        if home.lower() not in known and any(isinstance(one, Observed | Denied) for one in seen):
            yield home


def _homes(tree: Tree) -> Iterator[str]:
    """The folders where users' are, but for those of everybody."""
    for base in (USERS, _OLD_USERS):  # the older name leads to the newer one since Vista
        names = tree.entries(base)
        if isinstance(names, Observed):
            yield from (f"{base}/{name}" for name in names.value if name.lower() not in _NO_USERS)
            return
