"""`setapart-auditor officer`: who may do what, for which unit."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting import acting_in
from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.output import print_json, print_table

if TYPE_CHECKING:
    from setapart_auditor.officers.actor import Role

# As in officers/actor.py, which is not imported before a command runs; a test compares the two.
ROLES = ("viewer", "technician", "officer", "approver", "auditor", "admin")


@click.group()
def command() -> None:
    """Officers: who may do what, for which unit.

    Until the first one is added, whoever can write the auditor's folder may do everything. From then on every command
    needs `--as OFFICER`.
    """


@command.command()
@click.argument("name")
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="May be given again.")
@click.option("--unit", help="The only unit that they see and act for. Default: every unit.")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Their public key; the private one stays with them. Default: a key is made in the auditor's folder.",
)
@acting_options()
def add(
    *,
    name: str,
    roles: "tuple[Role, ...]",
    unit: str | None,
    key: Path | None,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Add an officer called NAME. The first one must be an admin of every unit."""
    from setapart_auditor.officers.changes import add as add_officer

    with acting_in(folder, officer) as at:
        keyid = add_officer(
            at.installation, at.connection, at.actor, name, roles=roles, unit=unit, key=key, now=at.now, why=why
        )
    click.echo(f"officer  {' '.join(name.split())}\nkey id   {keyid}")


@command.command()
@click.argument("name")
@acting_options()
def disable(*, name: str, folder: Path | None, officer: str | None, why: str) -> None:
    """Disable the officer NAME and their token, for good. What they signed before stays."""
    from setapart_auditor.officers.changes import disable as disable_officer

    with acting_in(folder, officer) as at:
        disable_officer(at.connection, at.actor, name, at.now, why=why)


@command.command()
@click.argument("name")
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="May be given again.")
@acting_options()
def role(*, name: str, roles: "tuple[Role, ...]", folder: Path | None, officer: str | None, why: str) -> None:
    """Give the officer NAME these roles in place of the old ones. Nobody changes their own."""
    from setapart_auditor.officers.changes import set_roles

    with acting_in(folder, officer) as at:
        set_roles(at.connection, at.actor, name, roles, at.now, why=why)


@command.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it is good for.")
@acting_options()
def token(*, name: str, days: int, folder: Path | None, officer: str | None, why: str) -> None:
    """Print a token with which the officer NAME reads over HTTP. It takes the place of the last one."""
    from setapart_auditor.officers.tokens import issue

    with acting_in(folder, officer) as at:
        made = issue(at.connection, at.actor, name, at.now, days=days, why=why)
    click.echo(made)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def list_(*, as_json: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """List the officers, also those who were disabled."""
    from setapart_auditor.officers.actor import ROLES as ALL
    from setapart_auditor.officers.changes import officers
    from setapart_auditor.officers.trail import record

    with acting_in(folder, officer) as at:
        at.actor.require(*ALL)
        found = officers(at.connection)
        record(at.connection, at.actor.name, "officer-list", at.now, why=why)
    if as_json:
        print_json({"officers": found})
        return
    print_table(
        ("officer", "roles", "unit", "key", "added by", "token until", "state"),
        [
            (
                one.name,
                ", ".join(one.roles),
                one.unit or "every unit",
                f"{one.keyid[:16]}…",
                one.added_by,
                f"{one.token_expires_at:%Y-%m-%d}" if one.token_expires_at else None,
                f"disabled {one.disabled_at:%Y-%m-%d}" if one.disabled_at else "by first use" if one.implicit else "",
            )
            for one in found
        ],
    )
