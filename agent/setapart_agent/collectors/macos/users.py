"""The users whose profiles count, and whether their homes can be looked into.

Sources: the records of opendirectoryd's local node, which hold accounts of a directory that may log in offline as well,
and the folder /Users itself. Where only the system may read the records, the running system's own list stands in.
"""

from collections.abc import Iterator

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Unseen
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos.parse.user_record import UserRecord, read
from setapart_agent.errors import ParseError

UNKNOWN_UID = 2**32 - 2
"""The uid of `nobody`: stands for an owner that can't be named. The user `nobody` itself is no profile."""
GUEST_UID = 201
RECORDS = "/private/var/db/dslocal/nodes/Default/users"

_FIRST_UID = 501
_ROOT_HOME = "/private/var/root"
_HOMES = "/Users"
_NO_HOMES = frozenset({"Shared"})
_NOWHERE = frozenset({"/private/var/empty", "/dev/null"})
"""Homes of users that have none: nothing can be put there."""
_SERVICE = "_"
"""How macOS starts the names of its own services, one of which has a shell: the assistant that sets up a new Mac."""
_IMAGES = (".sparsebundle", ".sparseimage")
_LIMIT = 4 * 1024 * 1024


def users_of(tree: Tree) -> tuple[User, ...]:
    """The users whose profiles count, each uid and home once.

    Those are root, every uid from 501 on who can log in or lives in /Users, every other user who could be a person's
    (an administrator who was hidden by a low uid) and whose home is there, and every owner of a folder in /Users whom
    no record names. What can't be listed becomes a user of its own (`UNKNOWN_UID`), so that it is seen to be missing.
    """
    records, unread = _records(tree)
    homes = _Homes(tree)
    users = [_user(homes, record) for record in records if homes.counts(record)]
    if not any(user.uid == 0 for user in users):
        users.append(_user(homes, UserRecord(name="root", uid=0, home=_ROOT_HOME)))
    users += [_unknown(why) for why in unread]
    users += homes.unlisted({homes.place(record.home) for record in records})
    once: dict[tuple[int | None, str], User] = {}
    for user in users:
        once.setdefault((user.uid, user.home), user)
    return tuple(once.values())


def _records(tree: Tree) -> tuple[tuple[UserRecord, ...], tuple[Unseen, ...]]:
    """The records, and why some could not be read."""
    names = tree.entries(RECORDS)
    if not isinstance(names, Observed):
        asked = _asked() if tree.live else ()
        if asked:
            return asked, ()
        return (), (names if not isinstance(names, Absent) else Failed("no list of users"),)
    found: list[UserRecord] = []
    unread: dict[Unseen, None] = {}
    for name in names.value:
        if not name.endswith(".plist"):
            continue
        raw = tree.read(f"{RECORDS}/{name}", limit=_LIMIT)
        if isinstance(raw, Observed):
            try:
                found.append(read(raw.value))
            except ParseError as exc:
                unread[Failed(f"the record of a user: {exc.got}")] = None
        elif not isinstance(raw, Absent):
            unread[raw] = None
    return tuple(found), tuple(unread)


def _asked() -> tuple[UserRecord, ...]:
    """The users that the running system names to everybody."""
    import pwd

    return tuple(
        UserRecord(name=entry.pw_name, uid=entry.pw_uid % 2**32, home=entry.pw_dir, shell=entry.pw_shell)
        for entry in pwd.getpwall()
        if entry.pw_dir.startswith("/")
    )


class _Homes:
    """The home folders of one installation."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @staticmethod
    def place(home: str) -> str:
        """A home in one spelling: without a slash at the end, and where the link /var leads."""
        home = "/" + home.strip("/")
        return f"/private{home}" if home.startswith("/var/") else home

    def counts(self, record: UserRecord) -> bool:
        """Whether the profile of a user counts."""
        if record.uid == UNKNOWN_UID:
            return False
        if record.uid == 0:
            return record.name == "root"
        home = self.place(record.home)
        inside = home.startswith(f"{_HOMES}/")
        person = inside or (record.login and home not in _NOWHERE)
        if record.uid >= _FIRST_UID:
            return person
        service = record.name.startswith(_SERVICE) and not inside
        return person and not service and not isinstance(self.tree.entries(home), Absent)

    def unseen(self, home: str, uid: int) -> Unseen | None:
        """Why a home can't be looked into, or `None`."""
        names = self.tree.entries(home)
        if isinstance(names, Absent):
            return Denied("the home is not there")
        if not isinstance(names, Observed):
            return names
        if any(name.endswith(_IMAGES) for name in names.value) and "Library" not in names.value:
            return Denied("the encrypted home is not open")
        return None if names.value or self.tree.owner(home) == uid else Denied("the home is not mounted")

    def unlisted(self, claimed: set[str]) -> Iterator[User]:
        """The owners of folders in /Users that are no record's home."""
        names = self.tree.entries(_HOMES)
        if not isinstance(names, Observed):
            yield _unknown(names if not isinstance(names, Absent) else Failed("the folder of homes is not there"))
            return
        for name in names.value:
            home = f"{_HOMES}/{name}"
            if home in claimed or name in _NO_HOMES or not self.tree.may_be_folder(home):
                continue
            owner = self.tree.owner(home)
            if isinstance(self.tree.status(home), Absent):
                yield User(uid=UNKNOWN_UID, name=name, home=home, unseen=Denied("a link to a home that is not there"))
            elif owner is not None and owner >= _FIRST_UID:
                yield User(uid=owner, name=name, home=home, unseen=self.unseen(home, owner))
            elif not isinstance(self.tree.status(f"{home}/Library"), Absent):
                yield User(uid=UNKNOWN_UID, name=name, home=home, unseen=Denied("a home of an unknown owner"))


def _user(homes: _Homes, record: UserRecord) -> User:
    home = homes.place(record.home)
    return User(uid=record.uid, name=record.name, home=home, unseen=homes.unseen(home, record.uid))


def _unknown(why: Unseen) -> User:
    return User(uid=UNKNOWN_UID, name="?", home=_HOMES, unseen=why)
