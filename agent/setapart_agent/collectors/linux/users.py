"""The users whose profiles count, and whether their homes can be looked into.

Sources: passwd(5), login.defs(5) and the folder /home itself, since users of a directory service are in no local
file; sssd.conf(5) and smb.conf(5) for where else their homes are; systemd's HOME_DIRECTORY for homes that are images.
"""

import os
import re
import signal
import time
from collections.abc import Iterable, Iterator

from msgspec import Struct

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Unseen
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.parse.mounts import Mount, mounts_of
from setapart_agent.facts import text

UNKNOWN_UID = 65534
"""The kernel's overflow uid: stands for an owner that can't be named. The passwd entry `nobody` is no profile."""

_UID_MIN = 1000
_MAX_UID = 2**32 - 2
_NO_LOGIN = frozenset({"nologin", "false", "sync", "shutdown", "halt", "true", "git-shell"})
_HOMES = "/home"
_DIRECTORIES = ("/etc/sssd/sssd.conf", "/etc/samba/smb.conf")
_TEMPLATE = re.compile(
    r"^[ \t]*+(?:override_homedir|fallback_homedir|template[ \t]*+homedir)[ \t]*+=[ \t]*+(\S++)",
    re.MULTILINE | re.IGNORECASE,
)
_SUBSTRING = re.compile(r"^[ \t]*+homedir_substring[ \t]*+=[ \t]*+(/\S*+)", re.MULTILINE)
_IDENTITIES = "/var/lib/systemd/home"
_HOMED = (".home", ".homedir")
_PASSWD_FIELDS = 7
_PATIENCE = 5.0
_CLOSED = Denied("the encrypted home is not open")
_ENCRYPTED_NAME = re.compile(r"[A-Za-z0-9+,_-]{16,}")


class _Entry(Struct, frozen=True, kw_only=True):
    name: str
    uid: int
    home: str
    login: bool


def users_of(tree: Tree) -> tuple[User, ...]:
    """The users whose profiles count: each uid and home once, since one uid may have several homes.

    Those are root, every uid ≥ UID_MIN with a login shell or with a home of its own that holds files, every owner of a
    folder in /home, whether passwd names them or not, and on the running system whoever has a session. What can't be
    listed at all becomes a user of its own (`UNKNOWN_UID`), so that it is seen to be missing.
    """
    homes = _Homes(tree)
    least = _uid_min(tree)
    raw = tree.read("/etc/passwd")
    entries = _entries(raw.value) if isinstance(raw, Observed) else ()
    users = [
        User(uid=entry.uid, name=entry.name, home=entry.home, unseen=homes.unseen(entry.home, entry.uid))
        for entry in entries
        if homes.counts(entry, least)
    ]
    if not isinstance(raw, Observed):
        why = raw if isinstance(raw, Denied | Failed) else Failed("no list of users")
        users += [_unknown(why), User(uid=0, name="root", home="/root", unseen=homes.unseen("/root", 0))]
    users += homes.unlisted({entry.home for entry in entries})
    users += _with_session(homes, least, {user.uid for user in users if user.uid is not None})
    once: dict[tuple[int | None, str], User] = {}
    for user in users:
        once.setdefault((user.uid, user.home), user)
    return tuple(once.values())


class _Homes:
    """The home folders of one installation, without ever waiting for a mount that is dead."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        table = tree.read("/proc/self/mountinfo") if tree.live else Absent()
        mounts = mounts_of(table.value) if isinstance(table, Observed) else ()
        self._remote = tuple(mount for mount in mounts if mount.remote)
        self._mounted = {mount.target for mount in mounts}
        self._all = mounts
        self._dead: set[str] = set()

    def counts(self, entry: _Entry, least: int) -> bool:
        """Whether the profile of a passwd entry counts."""
        if entry.uid in (0, UNKNOWN_UID):
            return entry.uid == 0
        if entry.uid >= least and entry.login:
            return True
        if self._silent(entry.home) is not None:
            return entry.uid >= least
        inside = entry.home.startswith(f"{_HOMES}/")
        if not inside and entry.uid < least and not entry.login:
            return False
        return (inside or self.tree.owner(entry.home) == entry.uid) and self._may_hold_files(entry.home)

    def unseen(self, home: str, uid: int) -> Unseen | None:
        """Why a home can't be looked into, or `None`."""
        silent = self._silent(home)
        if silent is not None:
            return silent
        names = self.tree.entries(home)
        if isinstance(names, Absent):
            return Denied("the home is not there")
        if not isinstance(names, Observed):
            return names
        if not names.value:
            return None if self.tree.owner(home) == uid or home in self._mounted else Denied("the home is not mounted")
        return _CLOSED if _locked(names.value) else None

    def unlisted(self, claimed: set[str]) -> Iterator[User]:
        """The owners of folders among homes that are no passwd entry's home."""
        folders, unseen = _home_folders(self.tree)
        yield from map(_unknown, unseen)
        for folder in folders:
            yield from self._unlisted(folder, claimed)

    def _unlisted(self, folder: str, claimed: set[str]) -> Iterator[User]:
        names: tuple[str, ...] = ()
        seen = self._silent(folder) or self.tree.entries(folder)
        if isinstance(seen, Observed):
            names = seen.value
        elif not isinstance(seen, Absent):
            yield _unknown(seen)
        for name in names:
            home = f"{folder}/{name}"
            base, dot, kind = name.rpartition(".")
            if base and dot + kind in _HOMED:
                if base not in names or not self._may_hold_files(f"{folder}/{base}"):
                    yield User(uid=self._homed_uid(base, home), name=base, home=f"{folder}/{base}", unseen=_CLOSED)
            elif home not in claimed and not name.startswith(".") and name != "lost+found":
                yield from self._folder(name, home, claimed)

    def _folder(self, name: str, home: str, claimed: set[str]) -> Iterator[User]:
        silent = self._silent(home)
        owner = None if silent else self.tree.owner(home)
        if owner == 0:
            # winbind's and sssd's /home/<domain>/<user>
            below = self.tree.entries(home)
            for child in below.value if isinstance(below, Observed) else ():
                path = f"{home}/{child}"
                if path not in claimed and self.tree.owner(path) not in (0, None):
                    yield from self._folder(child, path, claimed)
        elif silent or owner in (None, UNKNOWN_UID):
            if silent or self.tree.may_be_folder(home):
                yield User(uid=UNKNOWN_UID, name=name, home=home, unseen=silent or Denied("a home of an unknown owner"))
        elif owner is not None and self.tree.may_be_folder(home):
            yield User(uid=owner, name=name, home=home, unseen=self.unseen(home, owner))

    def _homed_uid(self, name: str, image: str) -> int:
        """The uid that systemd-homed gave a user, else the owner of the image."""
        import json

        raw = self.tree.read(f"{_IDENTITIES}/{name}.identity", limit=1 << 20)
        try:
            binding = json.loads(raw.value)["binding"] if isinstance(raw, Observed) else {}
            found = [machine["uid"] for machine in binding.values()]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            found = []
        for uid in found:
            if isinstance(uid, int) and 0 < uid <= _MAX_UID:
                return uid
        return self.tree.owner(image) or UNKNOWN_UID

    def _may_hold_files(self, home: str) -> bool:
        names = self.tree.entries(home)
        return bool(names.value) if isinstance(names, Observed) else isinstance(names, Denied)

    def _silent(self, home: str) -> Denied | None:
        """A refusal where the home is on a network mount that does not answer."""
        if not self._remote:
            return None
        mount = _mount_of(home, self._all)
        if mount is None or not mount.remote:
            return None
        if mount.target not in self._dead and not _answers(home):
            self._dead.add(mount.target)
        return Denied("the mount does not answer") if mount.target in self._dead else None


def _home_folders(tree: Tree) -> tuple[tuple[str, ...], tuple[Unseen, ...]]:
    """The folders that hold homes: /home, and where SSSD and winbind put those of a directory's users.

    Also why settings that may name others could not be read.
    """
    paths, unlisted = tree.find("/etc/sssd/conf.d/*.conf")
    settings = [tree.read(path) for path in (*_DIRECTORIES, *paths)]
    content = "\n".join(text(one.value) for one in settings if isinstance(one, Observed))
    inside = _SUBSTRING.search(content)
    found = {_HOMES: None}
    for template in _TEMPLATE.findall(content):
        fixed = template.replace("%H", inside[1] if inside else _HOMES).partition("%")[0].rpartition("/")[0]
        folder = os.path.normpath("/" + fixed.lstrip("/"))
        if folder != "/":
            found[folder] = None
    unread = (one for one in settings if not isinstance(one, Observed | Absent))
    return tuple(found), (*unlisted, *unread)


def _with_session(homes: _Homes, least: int, known: set[int]) -> Iterator[User]:
    """Those with a session on the running system; the name service knows the homes of users of a directory."""
    if not homes.tree.live:
        return
    names = homes.tree.entries("/run/user")
    for name in names.value if isinstance(names, Observed) else ():
        uid = _number(name)
        if uid is None or uid < least or uid in known or uid == UNKNOWN_UID:
            continue
        import pwd

        try:
            entry = pwd.getpwuid(uid)
        except (KeyError, OSError):
            yield User(uid=uid, name=name, home="/", unseen=Denied("no home is known"))
        else:
            home = os.path.normpath(entry.pw_dir)
            yield User(uid=uid, name=entry.pw_name, home=home, unseen=homes.unseen(home, uid))


def _unknown(why: Unseen) -> User:
    return User(uid=UNKNOWN_UID, name="?", home=_HOMES, unseen=why)


def _entries(raw: bytes) -> tuple[_Entry, ...]:
    return tuple(entry for line in text(raw).splitlines() if (entry := _entry(line)) is not None)


def _entry(line: str) -> _Entry | None:
    fields = line.split(":")
    if line.startswith(("#", "+", "-")) or len(fields) < _PASSWD_FIELDS:
        return None
    uid = _number(fields[2])
    home = fields[5].strip()
    if uid is None or not fields[0]:
        return None
    shell = fields[6].strip().rpartition("/")[2]
    home = os.path.normpath(home) if home.startswith("/") else "/nonexistent"
    return _Entry(name=fields[0], uid=uid, home="/" + home.lstrip("/"), login=shell not in _NO_LOGIN)


def _number(field: str) -> int | None:
    field = field.strip()
    if not (field.isascii() and field.isdecimal()) or len(field) > 10:  # noqa: PLR2004 - digits of 2^32
        return None
    return int(field) if int(field) <= _MAX_UID else None


def _uid_min(tree: Tree) -> int:
    raw = tree.read("/etc/login.defs")
    for line in text(raw.value).splitlines() if isinstance(raw, Observed) else ():
        fields = line.split()
        if len(fields) > 1 and fields[0] == "UID_MIN":
            return _number(fields[1]) or _UID_MIN
    return _UID_MIN


def _locked(names: tuple[str, ...]) -> bool:
    """Whether a home is encrypted and shut: eCryptfs leaves a note, fscrypt shows scrambled names and no dot file."""
    return "Access-Your-Private-Data.desktop" in names or all(_ENCRYPTED_NAME.fullmatch(name) for name in names)


def _mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that a path is on: the deepest, and of those at one place the last."""
    best: Mount | None = None
    for mount in mounts:
        at = mount.target.rstrip("/")
        if (path == at or path.startswith(f"{at}/")) and (best is None or len(at) >= len(best.target.rstrip("/"))):
            best = mount
    return best


def _answers(path: str) -> bool:
    """Lists a folder in a child, which alone hangs if the server is gone; a refusal is an answer too."""
    child = os.fork()
    if not child:
        try:
            os.listdir(path)  # noqa: PTH208 - nothing here may be lazy
        except OSError:
            pass
        finally:
            os._exit(0)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, os.WNOHANG)
    return False
