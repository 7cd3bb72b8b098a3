"""What the commands of the register share: an open auditor, a writing transaction, and who acts in it."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from setapart_auditor.installation import Installation
    from setapart_auditor.officers.actor import Actor, Role
    from setapart_auditor.register.database import RegisteredDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A transaction, and the officer whose it is."""

    installation: "Installation"
    connection: "Connection"
    actor: "Actor"
    now: dt.datetime
    why: str

    def device(self, name: str) -> "RegisteredDevice":
        """The device of a name, if the officer may see its unit.

        Raises:
            RegisterError: there is none; for an officer of another unit as well.
        """
        from setapart_auditor.errors import RegisterError
        from setapart_auditor.register.database import find_device

        found = find_device(self.connection, name)
        if not self.actor.sees(found.registration.unit):
            raise RegisterError(f"no device `{name[:128]}`", expected="a name of `setapart-auditor device list`")
        return found

    def require_all_units(self, why: str) -> None:
        """Returns if the officer acts for every unit.

        Raises:
            NotAllowedError: for one alone.
        """
        from setapart_auditor.errors import NotAllowedError

        if self.actor.unit is not None:
            raise NotAllowedError(
                f"{self.actor.name} acts for unit {self.actor.unit}", expected=f"somebody of every unit: {why}"
            )

    def record(self, kind: str, about: str, **detail: str) -> None:
        """Records what is done in the log."""
        from setapart_auditor.officers.trail import record

        record(self.connection, self.actor.name, kind, self.now, about=about, why=self.why, detail=detail)


@contextmanager
def desk(folder: Path | None, officer: str | None, why: str, *roles: "Role") -> Iterator[Desk]:
    """Opens the auditor for one act of an officer who has one of these roles; what fails changes nothing."""
    from setapart_auditor.installation import open_installation
    from setapart_auditor.officers.actor import acting

    installation, now = open_installation(folder), dt.datetime.now(dt.UTC)
    try:
        with installation.store.write() as connection:
            actor = acting(installation, connection, officer, now)
            actor.require(*roles)
            yield Desk(installation=installation, connection=connection, actor=actor, now=now, why=why)
    finally:
        installation.store.close()
