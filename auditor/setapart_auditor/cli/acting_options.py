"""Options of every command that works with an initialised auditor: where, who, why; and the transaction that acts."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from setapart_auditor.installation import Installation
    from setapart_auditor.officers.actor import Actor

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def acting_options() -> Decorator:
    """`--dir`, `--as` and `--why`: parameters `folder`, `officer` and `why`."""

    def all_three(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option("--why", default="", metavar="TEXT", help="The reason, for the log.")(command)
        command = click.option(
            "--as", "officer", metavar="OFFICER", help="Who acts. Needed once officers have been added."
        )(command)
        return click.option(
            "--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder. Default: the user's own."
        )(command)

    return all_three


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """An open auditor, a transaction of the only writer, and who acts in it, now."""

    installation: "Installation"
    connection: "Connection"
    actor: "Actor"
    now: dt.datetime


@contextmanager
def acting_in(folder: Path | None, officer: str | None, *, key: Path | None = None) -> Iterator[Acting]:
    """Opens the auditor for one act of an officer; an act that fails changes nothing.

    Raises:
        AuditorError: no auditor there, or nobody of this name may act.
    """
    from setapart_auditor.installation import open_installation
    from setapart_auditor.officers.actor import acting

    installation, now = open_installation(folder), dt.datetime.now(dt.UTC)
    try:
        with installation.store.write() as connection:
            actor = acting(installation, connection, officer, now, key=key)
            yield Acting(installation=installation, connection=connection, actor=actor, now=now)
    finally:
        installation.store.close()
