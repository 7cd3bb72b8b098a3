"""An auditor's folder, opened for a command; and the transaction in which somebody acts there."""

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
class Acting:
    """An open auditor, a transaction of the only writer, who acts in it, when and why."""

    installation: "Installation"
    connection: "Connection"
    actor: "Actor"
    now: dt.datetime
    why: str

    def device(self, name: str) -> "RegisteredDevice":
        """The device of a name, if who acts may see its unit.

        Raises:
            RegisterError: see `find_visible`.
        """
        from setapart_auditor.officers.actor import find_visible

        return find_visible(self.connection, self.actor, name)

    def require_all_units(self, why: str) -> None:
        """Returns if who acts does so for every unit.

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
def opened(folder: Path | None, *, any_schema: bool = False) -> Iterator["Installation"]:
    """The auditor of a folder, by default the user's own, closed at the end.

    Raises:
        AuditorError: no auditor there, or a part of it is not usable; see `open_installation`.
    """
    from setapart_auditor.installation import open_installation

    installation = open_installation(folder, any_schema=any_schema)
    try:
        yield installation
    finally:
        installation.store.close()


@contextmanager
def act(
    installation: "Installation", officer: str | None, *roles: "Role", why: str = "", key: Path | None = None
) -> Iterator[Acting]:
    """One act of an officer who has one of these roles, if any is named; an act that fails changes nothing.

    Raises:
        NotAllowedError: nobody of this name may act, or not so.
    """
    from setapart_auditor.officers.actor import acting

    now = dt.datetime.now(dt.UTC)
    with installation.store.write() as connection:
        actor = acting(installation, connection, officer, now, key=key)
        if roles:
            actor.require(*roles)
        yield Acting(installation=installation, connection=connection, actor=actor, now=now, why=why)


@contextmanager
def acting_in(
    folder: Path | None, officer: str | None, *roles: "Role", why: str = "", key: Path | None = None
) -> Iterator[Acting]:
    """Opens the auditor of a folder for one act; see `opened` and `act`."""
    with opened(folder) as installation, act(installation, officer, *roles, why=why, key=key) as at:
        yield at
