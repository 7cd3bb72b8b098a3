"""The users of an Android device and what kind of profile each is.

`UserInfo{<id>:<name>:<flags>}` is `android.content.pm.UserInfo.toString`; the flags are hexadecimal. The name is free
text and may hold `:` and `}`. A kind is told by the makers' own bits, then by the user type where Android prints one
(from 11), else by the flags, never by the number: 10, 95, 128, 150, 900 and 999 are habits of makers.

Makers' bits, read off published outputs of `pm list users` (not verified by their documents): Xiaomi's second apps
801010 and 800010; those of OPPO and OnePlus 4001010 and 4000030; of Huawei and Honor 4000410 and 4100410, a full user
by its flags; Samsung's Dual Messenger 20001010 and 20000030; Lenovo's clone space 80001810; Samsung's Secure Folder
10021030, 10061030 and 61010 (FLAG_SECURE_FOLDER of its UserInfo is 20000). Some of them carry the bit of a work profile
as well. Xiaomi's second space is 413: its bit PRIMARY does not make it the owner's.
"""

import re

from msgspec import Struct

from setapart_evidence.model import Profile, ProfileKind

GUEST = 0x4
MANAGED_PROFILE = 0x20
FULL = 0x400
SYSTEM = 0x800
PROFILE = 0x1000
MAIN = 0x4000
_CLONES = 0x0080_0000 | 0x0400_0000 | 0x2000_0000 | 0x8000_0000
_SECURE_FOLDER = 0x2_0000

USER_INFO = re.compile(r"UserInfo\{(\d{1,10}):(.*):([0-9a-fA-F]{1,8})\}")
_LONGEST_LINE = 2048
_TYPE_PREFIX = "android.os.usertype."
_TYPES: dict[str, ProfileKind] = {
    "full.SYSTEM": "primary",
    "full.SECONDARY": "secondary",
    "full.GUEST": "guest",
    "full.DEMO": "secondary",
    "full.RESTRICTED": "secondary",
    "system.HEADLESS": "primary",
    "profile.MANAGED": "work",
    "profile.CLONE": "clone",
    "profile.PRIVATE": "private-space",
    "profile.COMMUNAL": "secondary",
    "profile.SUPERVISING": "secondary",
}


class AndroidUser(Struct, frozen=True, kw_only=True):
    """One user. `flags` and `type` are as Android prints them; `None` where this output does not."""

    id: str
    name: str | None = None
    flags: int | None = None
    type: str | None = None
    running: bool | None = None

    @property
    def kind(self) -> ProfileKind:
        """The kind of profile: by the maker's bits, by type, by flags, else `secondary` (`primary` for user 0)."""
        if self.id != "0" and (own := _kind_of_maker(self.flags or 0)) is not None:
            return own
        if self.type is not None:
            name = self.type.removeprefix(_TYPE_PREFIX)
            known = _TYPES.get(name)
            if known is not None:
                return "primary" if name == "full.SECONDARY" and self.is_main else known
            if name.startswith("profile."):
                return "clone"
        return _kind_of_flags(self.flags, system=self.id == "0")

    @property
    def is_main(self) -> bool:
        """Whether this is the owner where user 0 is nobody's (tablets with a headless system user)."""
        return bool((self.flags or 0) & MAIN)

    @property
    def is_headless(self) -> bool:
        """Whether this is the system alone (user 0 of such tablets), whom nobody can switch to."""
        by_type = self.type is not None and self.type.removeprefix(_TYPE_PREFIX) == "system.HEADLESS"
        return by_type or (self.flags or 0) & (SYSTEM | FULL) == SYSTEM

    def profile(self) -> Profile:
        """The profile of this user."""
        return Profile(id=self.id, kind=self.kind, name=self.name, running=self.running)


def user_of(line: str, *, running: bool | None = None) -> AndroidUser | None:
    """The user that a line's `UserInfo{…}` names, or `None`."""
    found = USER_INFO.search(line, 0, _LONGEST_LINE)
    if found is None:
        return None
    name = found[2]
    return AndroidUser(
        id=canonical(found[1]), name=None if name in ("", "null") else name, flags=int(found[3], 16), running=running
    )


def canonical(number: str) -> str:
    """A user id in ASCII without leading zeros, as commands take it: digits of any script are digits to a pattern."""
    return str(int(number))


def united(users: tuple[AndroidUser, ...]) -> tuple[AndroidUser, ...]:
    """Each id once, in numeric order; a value that the first mention lacks comes from a later one."""
    found: dict[str, AndroidUser] = {}
    for user in users:
        before = found.get(user.id)
        found[user.id] = user if before is None else _filled(before, user)
    return tuple(sorted(found.values(), key=lambda user: int(user.id)))


def _filled(first: AndroidUser, second: AndroidUser) -> AndroidUser:
    return AndroidUser(
        id=first.id,
        name=first.name if first.name is not None else second.name,
        # Their union: `cmd user list -v` names Android's own bits alone.
        flags=None if first.flags is None and second.flags is None else (first.flags or 0) | (second.flags or 0),
        type=first.type if first.type is not None else second.type,
        running=first.running if first.running is not None else second.running,
    )


def _kind_of_maker(flags: int) -> ProfileKind | None:
    if flags & _CLONES:
        return "clone"
    return "private-space" if flags & _SECURE_FOLDER else None


def _kind_of_flags(flags: int | None, *, system: bool) -> ProfileKind:
    """The kind by flags; `system` says that this is user 0, who alone is primary by the bit of that name."""
    flags = flags or 0
    if flags & MANAGED_PROFILE:
        return "work"
    if flags & GUEST:
        return "guest"
    if flags & PROFILE:
        return "clone"
    return "primary" if system or flags & MAIN else "secondary"
