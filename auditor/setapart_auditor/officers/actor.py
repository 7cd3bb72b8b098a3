"""Who acts: an officer of the register, or, until the first one is added, whoever uses the command line.

See docs/adr/0020-officers-open-and-closed.md.
"""

import datetime as dt
import getpass
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from sqlalchemy import Connection, Row, func, insert, select

from setapart_auditor.appraisal.need import folded
from setapart_auditor.errors import AuditorError, NotAllowedError, RegisterError
from setapart_auditor.installation import Installation
from setapart_auditor.register.database import RegisteredDevice, bump, find_device
from setapart_auditor.store.schema import officer
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import PublicKey, Signer
from setapart_evidence.keystore import make_key, open_key

from .keyfile import write_key

Role = Literal["viewer", "technician", "officer", "approver", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
FOLDER = "officers"
IMPLICIT: tuple[Role, ...] = ("approver", "officer")
"""What a name that comes in by --as may do, while nobody has been added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts.

    Attributes:
        name: as in the register of officers, or `os:` and a login name.
        roles: what they may do.
        unit: the only unit that they see, None for every one.
        signer: their key, where this machine has it.
    """

    name: str
    roles: frozenset[Role]
    unit: str | None = None
    signer: Signer | None = field(default=None, repr=False)

    def may(self, role: Role) -> bool:
        """Whether they have a role; an administrator has every one but the approver's."""
        return role in self.roles or ("admin" in self.roles and role != "approver")

    def sees(self, unit: str) -> bool:
        """Whether a unit is theirs."""
        return self.unit is None or self.unit.casefold() == unit.casefold()

    def require(self, *roles: Role, unit: str | None = None) -> None:
        """Returns if they have one of these roles, for this unit.

        Raises:
            NotAllowedError: they have not.
        """
        if not any(self.may(role) for role in roles):
            raise NotAllowedError(
                f"{self.name} is {_spelled(self.roles)}",
                expected=f"the role {' or '.join(roles)}",
                cure="ask somebody who has it, or an administrator for `setapart-auditor officer role`",
            )
        if unit is not None and not self.sees(unit):
            raise NotAllowedError(
                f"{self.name} acts for unit {self.unit}", expected=f"somebody of unit {unit or 'none'}"
            )


def acting(
    installation: Installation, connection: Connection, name: str | None, now: dt.datetime, *, key: Path | None = None
) -> Actor:
    """Who acts on the command line.

    Args:
        installation: whose officers.
        connection: of the only writer: a name may become an officer by its first use.
        name: as given by --as, or None.
        now: the moment.
        key: the officer's private key, where it is not in the auditor's folder.

    Raises:
        NotAllowedError: nobody of this name, or disabled; no name where one is needed.
    """
    closed = is_closed(connection)
    if name is None:
        if closed:
            raise NotAllowedError(
                "nobody is named", expected="--as OFFICER", cure="see `setapart-auditor officer list`"
            )
        return Actor(name=f"os:{getpass.getuser()}", roles=frozenset(ROLES))
    row = find_officer(connection, name)
    if row is None:
        if closed:
            raise NotAllowedError(
                f"no officer `{name}`", expected="a name of `setapart-auditor officer list`",
                cure="an administrator adds officers with `setapart-auditor officer add`",
            )  # fmt: skip
        add_officer(
            installation, connection, name, roles=IMPLICIT, unit=None, added_by=f"os:{getpass.getuser()}", now=now,
            implicit=True,
        )  # fmt: skip
        row = find_officer(connection, name)
        assert row is not None
        sys.stderr.write(f"{row.name} is an officer from now on ({_spelled(frozenset(IMPLICIT))})\n")
    if row.disabled_at is not None:
        raise NotAllowedError(f"`{row.name}` was disabled", expected="an officer who may act")
    return actor_of(row, _signer(installation, row, key))


def actor_of(row: "Row[tuple[object, ...]]", signer: Signer | None = None) -> Actor:
    """The actor of a row of `officer`."""
    return Actor(
        name=row.name,
        roles=frozenset(role for role in ROLES if role in row.roles.split(",")),
        unit=row.unit,
        signer=signer,
    )


def find_visible(connection: Connection, actor: Actor, name: str) -> RegisteredDevice:
    """The device of a name, else of an id, if its unit is one that the actor sees.

    Raises:
        RegisterError: there is none; in the same words for another unit's, whose name is nothing to suggest either.
    """
    missing = RegisterError(f"no device `{name[:128]}`", expected="a name of `setapart-auditor device list`")
    try:
        found = find_device(connection, name)
    except RegisterError:
        if actor.unit is None:
            raise
        raise missing from None
    if not actor.sees(found.registration.unit):
        raise missing
    return found


def is_closed(connection: Connection) -> bool:
    """Whether somebody was added by `officer add`: from then on only officers act."""
    query = select(func.count()).select_from(officer).where(officer.c.implicit.is_(False))
    return bool(connection.execute(query).scalar_one())


def find_officer(connection: Connection, name: str) -> "Row[tuple[object, ...]] | None":
    """The row of an officer; case does not count."""
    return connection.execute(select(officer).where(officer.c.folded == folded(name))).one_or_none()


def add_officer(
    installation: Installation,
    connection: Connection,
    name: str,
    *,
    roles: tuple[Role, ...],
    unit: str | None,
    added_by: str,
    now: dt.datetime,
    key: Path | None = None,
    implicit: bool = False,
) -> str:
    """Adds an officer. Returns the id of the key, which is made in the folder unless a public one is given.

    Raises:
        AuditorError: a name that can't be one, or is taken; a key that is another's or no key.
    """
    tidy = " ".join(name.split())
    same = folded(tidy)
    if not same or len(tidy) > 128 or not tidy.isprintable() or same.startswith(("os:", ".")) or "/" in same + tidy:  # noqa: PLR2004
        raise AuditorError(f"an officer called {name[:60]!r}", expected="a short name of printable characters")
    if find_officer(connection, tidy) is not None:
        raise AuditorError(f"`{tidy}` is an officer already", expected="a new name")
    public = _own_key(installation.folder / FOLDER, tidy) if key is None else _public(key)
    if connection.execute(select(officer.c.name).where(officer.c.keyid == public.keyid)).one_or_none() is not None:
        raise AuditorError("the key of another officer", expected="a key of their own")
    connection.execute(
        insert(officer).values(
            name=tidy,
            folded=same,
            roles=",".join(sorted(set(roles))),
            unit=unit,
            keyid=public.keyid,
            spki=public.spki,
            implicit=implicit,
            added_at=now,
            added_by=added_by,
        )
    )
    bump(connection)
    return public.keyid


def _public(path: Path) -> PublicKey:
    try:
        return PublicKey.from_pem(_read(path))
    except EvidenceError as exc:
        raise AuditorError(exc.got, expected=exc.expected, cure=exc.cure, where=str(path)) from None


def _own_key(folder: Path, name: str) -> PublicKey:
    """Makes the key of a new officer; one that an act which failed has left behind is taken."""
    path = folder / f"{name}.pem"
    if path.exists():
        return _opened(path).public
    signer, content = make_key("file")
    write_key(folder, name, content)
    return signer.public


def _signer(installation: Installation, row: "Row[tuple[object, ...]]", key: Path | None) -> Signer | None:
    path = key or installation.folder / FOLDER / f"{row.name}.pem"
    if key is None and not path.exists():
        return None
    signer = _opened(path)
    if signer.public.keyid != row.keyid:
        raise NotAllowedError(
            f"a key that is not {row.name}'s", expected=f"the key {row.keyid[:16]}…", cure="check --key"
        )
    return signer


def _opened(path: Path) -> Signer:
    try:
        return open_key(_read(path))
    except EvidenceError as exc:
        raise AuditorError(exc.got, expected=exc.expected, cure=exc.cure, where=str(path)) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64 * 1024)
    except OSError as exc:
        raise AuditorError(exc.strerror or "input failed", expected="a key file", where=str(path)) from None


def _spelled(roles: frozenset[Role]) -> str:
    return ", ".join(sorted(roles)) or "without a role"
