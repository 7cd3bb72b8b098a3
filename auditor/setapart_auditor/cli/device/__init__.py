"""`setapart-auditor device`: the register."""

import click

from . import life, people, show, stations, tokens, transfer
from .add import add

__all__ = ["command"]


@click.group()
def command() -> None:
    """The register: devices and their holders, tokens, stations, forks.

    Every change is dated and logged with who made it and why.
    """


for one in (
    add,
    show.list_,
    show.show,
    life.change,
    life.retire,
    life.replace,
    life.revoke,
    life.hold,
    people.settle,
    people.attest,
    tokens.token,
    tokens.tokens,
    tokens.waiting,
    tokens.confirm,
    stations.station,
    transfer.import_,
    transfer.export,
):
    command.add_command(one)
