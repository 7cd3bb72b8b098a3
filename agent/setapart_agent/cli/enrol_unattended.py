"""`setapart-agent enrol-unattended`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_agent.cli.enrol import command as enrol
from setapart_agent.cli.exchange import WAITING
from setapart_agent.cli.options import read_small
from setapart_agent.errors import AgentError
from setapart_agent.state import state_folder

if TYPE_CHECKING:
    from setapart_agent.membership import Membership
    from setapart_agent.unattended import DropIn
    from setapart_agent.windows_policy import WindowsPolicy


@click.command("enrol-unattended")
@click.argument("file", type=click.Path(path_type=Path), required=False, metavar="FILE")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The agent's state folder.")
@click.option("--policy", "by_policy", is_flag=True, help="Without FILE: with the token of this Windows' policy, once.")
@click.option("--remove", is_flag=True, help="Remove FILE when this agent is enrolled.")
@click.pass_context
def command(ctx: click.Context, *, file: Path | None, folder: Path | None, by_policy: bool, remove: bool) -> None:
    """Enrol with what a drop-in FILE says: token, and where needed name, ca and keystore. For services.

    An agent that is enrolled stays as it is. A request that waits is sent again as it was, if the token is the same.
    Exit code 3 while an officer has to let this agent in, the auditor does not answer, another agent is busy in the
    folder, or nothing can be written here: run it again later.
    """
    from setapart_agent.errors import ChainError, KeyFileError, NetworkError, RefusedError
    from setapart_agent.membership import read_membership
    from setapart_agent.state import BusyError
    from setapart_agent.state_owner import become_owner
    from setapart_agent.unattended import remember_spent
    from setapart_agent.windows_policy import WindowsPolicy, read_policy
    from setapart_evidence.errors import EvidenceError

    home = folder or state_folder()
    policy = read_policy() if by_policy else WindowsPolicy()
    used = None if file is None or (by_policy and not file.exists()) else file
    found = _found(used, policy, by_policy=by_policy)
    become_owner(home)
    present = read_membership(home)
    if present is not None and present.is_enrolled:
        _stay(present, home, used if remove else None, policy)
        return
    if found is None:
        click.echo("no drop-in file, and no token in the policy")
        return
    asked = present is not None and _is_asked(present, found.token)
    _admit(home, found.token, policy, from_policy=used is None, asked=asked)
    ca = None if found.ca is None else Path(found.ca)
    try:
        if asked:
            ctx.invoke(enrol, folder=home, ca=ca)
        else:
            ctx.invoke(enrol, token=found.token, folder=home, name=found.name, ca=ca, keystore=found.keystore)
    except (NetworkError, RefusedError, EvidenceError, KeyFileError, ChainError, BusyError) as exc:
        # Without a request that waits it was the auditor's last word, or a key that is none; but for a full disk.
        if read_membership(home) is None and not isinstance(exc, (KeyFileError, ChainError, BusyError)):
            if used is None and isinstance(exc, RefusedError):
                remember_spent(home, found.token)
            raise
        click.echo(f"setapart-agent: {exc}", err=True)
        raise SystemExit(WAITING) from None
    except AgentError:
        present = read_membership(home)
        if present is None or not present.is_enrolled:
            raise
        _stay(present, home, used if remove else None, policy)  # somebody has enrolled it meanwhile
        return
    _end(home, used if remove else None, policy)


def _found(file: Path | None, policy: "WindowsPolicy", *, by_policy: bool) -> "DropIn | None":
    """What there is to enrol with."""
    from setapart_agent.unattended import DropIn, read_drop_in

    if file is not None:
        return read_drop_in(read_small(file))
    if not by_policy:
        raise AgentError("nothing to enrol with", expected="FILE, or --policy")
    return None if policy.token is None else DropIn(token=policy.token)


def _admit(home: Path, token: str, policy: "WindowsPolicy", *, from_policy: bool, asked: bool) -> None:
    """Lets a token through that may be used here.

    Raises:
        AgentError: it is another auditor's than the policy names, or was used before and stood in the policy all along.
        EvidenceError: it is no token, or the policy's address is none.
    """
    from setapart_agent.unattended import is_spent
    from setapart_evidence.enrolment import check_url, parse_token

    url = parse_token(token).url
    if policy.url is not None and url != check_url(policy.url):
        raise AgentError(
            f"a token of {url or 'an auditor without an address'}",
            expected=f"{policy.url}, which the policy names",
            cure="issue the token with that address, or change the policy",
        )
    if from_policy and not asked and is_spent(home, token):
        raise AgentError(
            "the policy's token was used before: an agent never enrols anew by itself",
            expected="a token that was not in the policy when this agent was enrolled or refused",
            cure="put a new one there, or enrol by hand with `setapart-agent enrol`",
        )


def _stay(present: "Membership", home: Path, file: Path | None, policy: "WindowsPolicy") -> None:
    """What is left to do where this agent is enrolled."""
    click.echo(f"enrolled already, as {present.name}: the drop-in file is not used")
    _end(home, file, policy)


def _end(home: Path, file: Path | None, policy: "WindowsPolicy") -> None:
    """After an enrolment no token may be of use: a file goes, what stands in the policy is remembered."""
    from setapart_agent.unattended import remember_spent

    if policy.token is not None:
        remember_spent(home, policy.token)
    if file is not None:
        try:
            file.unlink()
        except OSError as exc:
            raise AgentError(
                f"{file} can't be removed: {exc.strerror}", expected="no token left behind", cure="remove it"
            ) from None


def _is_asked(present: "Membership", token: str) -> bool:
    """Whether the request that waits is of this token: sent again as it was, it gets the same answer."""
    from setapart_evidence.enrolment import parse_token, read_enrolment

    if present.request is None:
        return False
    asked, _ = read_enrolment(present.request.encode())
    return asked.predicate.token == parse_token(token).secret.hex()
