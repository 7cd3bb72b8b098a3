"""What the commands share that speak with the auditor."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_agent.cli.options import key_path, read_key
from setapart_agent.errors import AgentError
from setapart_agent.state import KEY_NAME, locked_state
from setapart_evidence.errors import SetapartError

if TYPE_CHECKING:
    from setapart_agent.deliver import Courier
    from setapart_agent.http import Client
    from setapart_agent.membership import Membership

WAITING = 3
"""Exit code: everything is safe, and something waits."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def _draw() -> float:
    return int.from_bytes(os.urandom(6), "big") / 2**48


def connect(membership: "Membership", ca: Path | None = None) -> "Client":
    """A client of the agent's auditor.

    Raises:
        AgentError: everything is carried by hand here, or the CA's file or the proxy can't be used.
    """
    from setapart_agent.http import Client

    if not membership.url:
        raise AgentError(
            "this auditor has no address: reports are carried by hand",
            expected="an auditor on the network",
            cure="use `setapart-agent deliver --output DIR`, and --receipts with what comes back",
        )
    named = ca or (Path(membership.ca) if membership.ca is not None else None)
    return Client(membership.url, ca_file=named)


@contextmanager
def courier_of(folder: Path, ca: Path | None = None, *, rotate: bool = True) -> Iterator["Courier"]:
    """The courier of an enrolled agent, with the folder's lock.

    Args:
        folder: the state folder.
        ca: the CA that vouches for the auditor, in place of the one that is known.
        rotate: whether a change of keys that was begun is finished first; not under the chain's lock.

    Raises:
        NotEnrolledError: it is not enrolled.
        BusyError: another agent is delivering.
    """
    from setapart_agent.deliver import Courier
    from setapart_agent.membership import enrolled

    if rotate:
        finish_rotation(folder, ca)
    with locked_state(folder):
        membership = enrolled(folder)
        courier = Courier(
            folder,
            membership,
            connect=lambda: connect(membership, ca),
            signer=lambda: read_key(key_path(None, folder)),
            clock=utc_now,
            draw=_draw,
        )
        with closing(courier):
            yield courier


def finish_rotation(folder: Path, ca: Path | None = None) -> None:
    """Sends a change of keys that was begun once more: the auditor may have taken it, and then knows the new key alone.

    Says what went wrong and goes on: the old key may still be the one that counts. Where this process is kept from the
    key, whoever began the change ends it.
    """
    from setapart_agent.enrolment import send_rotation
    from setapart_agent.membership import enrolled

    membership = enrolled(folder)
    if membership.rotation is None or not membership.url or not os.access(folder / KEY_NAME, os.R_OK):
        return
    try:
        send_rotation(folder, lambda membership: connect(membership, ca))
    except SetapartError as exc:
        click.echo(f"setapart-agent: the change of keys is not finished: {exc}", err=True)
