"""Which users an Android device has: `dumpsys user`, `pm list users` and `cmd user list -v`.

`pm list users` prints `<tab>UserInfo{0:Owner:4c13} running` below `Users:`; `dumpsys user` the same with a `Type:` and
a `State:` line below each (from Android 11 and 9); `cmd user list -v` (from 11) `0: id=0, name=Owner,
type=full.SYSTEM, flags=… (running)` and announces how many lines follow. `dumpsys user` says `Current user: 0` (from
about 10), and `cmd user list -v` marks the user `(current)`. Sources: UserManagerService.dump and
UserManagerServiceShellCommand of AOSP.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.android.parse.android_user import AndroidUser, canonical, united, user_of
from setapart_agent.collectors.android.parse.command_output import damaged, normal, refusal
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-user"
MATURITY: Maturity = "captures"

_VERBOSE = re.compile(r"\s*\d+: id=(\d{1,10}), name=(.*), type=([\w.]*), flags=([\w|]*)(.*)")
_ANNOUNCED = re.compile(r"(\d{1,6}) users:\s*$")
_CURRENT = re.compile(r"Current user: (\d{1,10})\s*")
_BROKEN = re.compile(r"UserInfo\{(\d{1,10})\b")
_FLAG_NAMES = {"GUEST": 0x4, "MANAGED_PROFILE": 0x20, "PROFILE": 0x1000, "MAIN": 0x4000}


class UserList(Struct, frozen=True, kw_only=True):
    """The users of one output; `current` is who is in the foreground, where told; `damage` why there may be more."""

    users: tuple[AndroidUser, ...]
    current: str | None = None
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is a list of users and nothing more."""
    head = normal(content[:8192])
    if re.search(r"^User UserInfo\{|^DUMP OF SERVICE |^Packages:$", head, re.MULTILINE):
        return False
    return bool(re.search(r"^[ \t]++UserInfo\{\d+:|^[ \t]*+\d+: id=\d+, name=", head, re.MULTILINE))


def parse(files: FileSet) -> Facts:
    """The profiles of one device."""
    listed = read(normal(files.main))
    return Facts(profiles=tuple(user.profile() for user in listed.users))


def read(output: str) -> UserList:
    """The users that an output lists.

    Args:
        output: normal text of any of the three commands, alone or in a captured session.

    Raises:
        ParseError: no user is listed; the message says why if the device told.
    """
    reader = _Reader()
    for line in output.split("\n"):
        reader.feed(line)
    if not reader.found:
        why = refusal(output)
        raise ParseError(why.reason if why else "no user is listed", expected="a list of Android users")
    listed = sum(1 for user in reader.found if user.type is not None)
    if reader.announced is not None and reader.announced != listed:
        reader.damage = f"{reader.announced} users announced, {listed} listed"
    return UserList(users=united(tuple(reader.found)), current=reader.current, damage=reader.damage or damaged(output))


class _Reader:
    """Goes through the output line by line."""

    def __init__(self) -> None:
        self.found: list[AndroidUser] = []
        self.announced: int | None = None
        self.current: str | None = None
        self.damage: str | None = None
        self._listing = True

    def feed(self, line: str) -> None:
        """Takes the next line."""
        head = line.lstrip()
        indented = len(head) < len(line)
        if self._listing and head.startswith("UserInfo{"):
            self._user(head)
        elif (verbose := _VERBOSE.fullmatch(line)) is not None:
            self.found.append(_verbose(verbose))
            if "(current)" in verbose[5]:
                self.current = self.found[-1].id
        elif self._listing and self.found and head.startswith(("Type: ", "State: ")):
            self.found[-1] = _detailed(self.found[-1], head)
        elif (count := _ANNOUNCED.match(line)) is not None:
            self.announced = int(count[1])
        elif (current := _CURRENT.fullmatch(line)) is not None:
            self.current = self.current or canonical(current[1])
            self._listing = False
        elif head.startswith("Users:"):
            self._listing = True
        elif head and not indented:
            self._listing = False

    def _user(self, line: str) -> None:
        user = user_of(line, running=_running(line))
        if user is None:
            self.damage = "a line of the user list is broken"
            broken = _BROKEN.match(line)
            user = AndroidUser(id=canonical(broken[1])) if broken else None
        if user is not None:
            self.found.append(user)


def _verbose(found: re.Match[str]) -> AndroidUser:
    flags = sum({_FLAG_NAMES.get(name, 0) for name in found[4].split("|")})
    return AndroidUser(
        id=canonical(found[1]),
        name=found[2] or None,
        type=found[3] or None,
        flags=flags,
        running="(running)" in found[5],
    )


def _detailed(user: AndroidUser, line: str) -> AndroidUser:
    key, _, value = line.partition(": ")
    value = value.strip()
    kind = value if key == "Type" and user.type is None else user.type
    running = user.running
    if key == "State" and running is None:
        running = value.startswith("RUNNING")
    return AndroidUser(id=user.id, name=user.name, flags=user.flags, type=kind, running=running)


def _running(line: str) -> bool | None:
    tail = line.rpartition("}")[2]
    if "serialNo=" in tail:
        return None
    return tail.strip() == "running"
