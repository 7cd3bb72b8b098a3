"""The users of an Android device and what kind of profile each is.

`UserInfo{<id>:<name>:<flags>}` is `android.content.pm.UserInfo.toString`; the flags are hexadecimal. The name is free
text and may hold `:` and `}`. A kind is told by the user type where Android prints one (from 11), else by the flags,
never by the number: 10, 95, 150, 900 and 999 are habits of makers.
"""

import re

from msgspec import Struct

from setapart_evidence.model import Profile, ProfileKind

PRIMARY = 0x1
GUEST = 0x4
MANAGED_PROFILE = 0x20
SYSTEM = 0x800
PROFILE = 0x1000

USER_INFO = re.compile(r"UserInfo\{(\d{1,10}):(.*):([0-9a-fA-F]{1,8})\}")
_LONGEST_LINE = 2048
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
        """The kind of profile: by type, else by flags, else `secondary` (`primary` for user 0)."""
        if self.type is not None:
            name = self.type.removeprefix("android.os.usertype.")
            known = _TYPES.get(name)
            if known is not None:
                return known
            if name.startswith("profile."):
                return "clone"
        return _kind_of_flags(self.flags) or ("primary" if self.id == "0" else "secondary")

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
    """A user id without leading zeros."""
    return number.lstrip("0") or "0"


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
        flags=first.flags if first.flags is not None else second.flags,
        type=first.type if first.type is not None else second.type,
        running=first.running if first.running is not None else second.running,
    )


def _kind_of_flags(flags: int | None) -> ProfileKind | None:
    if flags is None:
        return None
    if flags & MANAGED_PROFILE:
        return "work"
    if flags & GUEST:
        return "guest"
    if flags & PROFILE:
        return "clone"
    return "primary" if flags & (PRIMARY | SYSTEM) else "secondary"
