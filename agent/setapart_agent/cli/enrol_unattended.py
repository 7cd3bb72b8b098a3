"""`setapart-agent enrol-unattended`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_agent.cli.enrol import command as enrol
from setapart_agent.cli.exchange import WAITING
from setapart_agent.cli.options import read_small
from setapart_agent.state import state_folder

if TYPE_CHECKING:
    from setapart_agent.membership import Membership


@click.command("enrol-unattended")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The agent's state folder.")
@click.pass_context
def command(ctx: click.Context, *, file: Path, folder: Path | None) -> None:
    """Enrol with what a drop-in FILE says: token, and where needed name, ca and keystore. For services.

    An agent that is enrolled stays as it is. A request that waits is sent again as it was, if the token is the same.
    Exit code 3 while an officer has to let this agent in or the auditor does not answer: run it again later.
    """
    from setapart_agent.errors import NetworkError, RefusedError
    from setapart_agent.membership import read_membership
    from setapart_agent.state_owner import become_owner
    from setapart_agent.unattended import read_drop_in

    home = folder or state_folder()
    found = read_drop_in(read_small(file))
    become_owner(home)
    present = read_membership(home)
    if present is not None and present.is_enrolled:
        click.echo(f"enrolled already, as {present.name}: the drop-in file is not used")
        return
    ca = None if found.ca is None else Path(found.ca)
    try:
        if present is not None and _is_asked(present, found.token):
            ctx.invoke(enrol, folder=home)
        else:
            ctx.invoke(enrol, token=found.token, folder=home, name=found.name, ca=ca, keystore=found.keystore)
    except (NetworkError, RefusedError) as exc:
        if read_membership(home) is None:
            raise  # the auditor's last word: the request is forgotten
        click.echo(f"setapart-agent: {exc}", err=True)
        raise SystemExit(WAITING) from None


def _is_asked(present: "Membership", token: str) -> bool:
    """Whether the request that waits is of this token: sent again as it was, it gets the same answer."""
    from setapart_evidence.enrolment import parse_token, read_enrolment

    if present.request is None:
        return False
    asked, _ = read_enrolment(present.request.encode())
    return asked.predicate.token == parse_token(token).secret.hex()
