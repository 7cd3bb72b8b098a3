"""A local user's record: `/private/var/db/dslocal/nodes/Default/users/<name>.plist`.

Source: opendirectoryd's local node; each attribute is an array whose first member counts (`name`, `uid`, `home`,
`shell`). A user whose account the platform's single sign-on made or took over has an identity `PlatformSSO:<address>`
among `altsecurityidentities`, as administrators' public scripts read it.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.apple.parse.plist import read_plist, texts_of
from setapart_agent.errors import ParseError

_EXPECTED = "the record of a local user"
_UID = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_MAX_UID = 2**32
_SIGN_ON = "PlatformSSO:"
_NO_LOGIN = frozenset({"false", "nologin"})


class UserRecord(Struct, frozen=True, kw_only=True):
    """A user; the uid of `nobody`, -2, is 4294967294 here. `sign_on` is the address at the organisation's sign-on."""

    name: str
    uid: int
    home: str
    shell: str = ""
    sign_on: str | None = None

    @property
    def login(self) -> bool:
        """Whether a person can log in: the shell is none of those that end at once."""
        return self.shell.rpartition("/")[2] not in _NO_LOGIN


def read(content: bytes) -> UserRecord:
    """The user of a record.

    Raises:
        ParseError: no property list, or one without a name, a uid and a home.
    """
    record = read_plist(content, _EXPECTED)
    values = [next(iter(texts_of(record, key)), "") for key in ("name", "uid", "home", "shell")]
    name, uid, home, shell = values
    if not name or not _UID.fullmatch(uid) or not home.startswith("/"):
        raise ParseError("a record without name, uid or home", expected=_EXPECTED)
    identities = texts_of(record, "altsecurityidentities")
    sign_on = next((one.partition(":")[2].strip() for one in identities if one.startswith(_SIGN_ON)), None)
    return UserRecord(name=name, uid=int(uid) % _MAX_UID, home=home, shell=shell, sign_on=sign_on)
