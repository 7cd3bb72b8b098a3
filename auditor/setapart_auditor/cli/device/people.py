"""`setapart-auditor device settle` and `attest`: what takes an officer's word, or two."""

import re
from pathlib import Path

import click

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.device.add import day
from setapart_auditor.cli.device.desk import Desk, desk


@click.command("settle")
@click.argument("name")
@click.argument("digests", nargs=-1, required=True, metavar="DIGEST...")
@acting_options()
def settle(*, name: str, digests: tuple[str, ...], folder: Path | None, officer: str | None, why: str) -> None:
    """Settle a fork of the device NAME: the statements of it, as `explain` names them. It takes two officers.

    The first says why; the second, another officer, says the same command again. Neither may be the device's holder.
    """
    from setapart_auditor.register.database import bump

    wanted = [_digest(one) for one in digests]
    with desk(folder, officer, why, "officer") as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        _not_the_holder(at, found.registration.holder)
        states = [_settle(at, found.no, found.name, one) for one in wanted]
        bump(at.connection)
        at.record("settle", found.name, digests=" ".join(one.hex() for one in wanted))
    click.echo(f"{found.name}: {'settled' if all(states) else 'waits for a second officer'}")


@click.command("attest")
@click.argument("name")
@click.option("--client", required=True, help="The client, as `explain` names it.")
@click.option("--until", required=True, metavar="DATE", help="At most a year from now.")
@acting_options()
def attest(*, name: str, client: str, until: str, folder: Path | None, officer: str | None, why: str) -> None:
    """State that you looked into a client of the device NAME, and that it holds no internal account."""
    from sqlalchemy import insert

    from setapart_auditor.errors import RegisterError
    from setapart_auditor.installation import load_policies
    from setapart_auditor.register.database import bump
    from setapart_auditor.register.people import MAX_ATTESTATION_DAYS
    from setapart_auditor.store.schema import attestation

    with desk(folder, officer, why, "officer") as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        _not_the_holder(at, found.registration.holder)
        clients = set(load_policies(at.installation).of(found.registration.unit).own_store.values())
        if client not in clients:
            raise RegisterError(
                f"`{client[:60]}` is no client whose accounts can't be read", expected=", ".join(sorted(clients))
            )
        end, today = day(until, "--until"), at.now.date()
        if not 0 < (end - today).days <= MAX_ATTESTATION_DAYS:
            raise RegisterError(f"--until {until}", expected=f"1 to {MAX_ATTESTATION_DAYS} days from today")
        at.connection.execute(
            insert(attestation).values(device_no=found.no, client=client, by=at.actor.name, date=today, until=end)
        )
        bump(at.connection)
        at.record("attest", found.name, client=client, until=str(end))
    click.echo(f"{found.name}: {client} attested until {end}")


def _settle(at: Desk, device_no: int, name: str, digest: bytes) -> bool:
    """Writes the first or the second word on one statement down. Returns whether both are there."""
    from sqlalchemy import insert, select, update

    from setapart_auditor.errors import NotAllowedError, RegisterError
    from setapart_auditor.officers.actor import folded
    from setapart_auditor.store.schema import evidence, settlement

    row = at.connection.execute(
        select(settlement).where(settlement.c.device_no == device_no, settlement.c.digest == digest)
    ).one_or_none()
    if row is None:
        there = select(evidence.c.no).where(evidence.c.device_no == device_no, evidence.c.digest == digest)
        if at.connection.execute(there).one_or_none() is None:
            raise RegisterError(
                f"no report {digest.hex()[:16]}… of `{name}`", expected="digests as `explain` names them"
            )
        at.connection.execute(
            insert(settlement).values(
                device_no=device_no, digest=digest, why=at.why, first_by=at.actor.name,
                first_folded=folded(at.actor.name), first_at=at.now,
            )
        )  # fmt: skip
        return False
    if row.second_by is not None:
        return True
    if row.first_folded == folded(at.actor.name):
        raise NotAllowedError(f"{at.actor.name} has settled it already", expected="another officer")
    at.connection.execute(
        update(settlement)
        .where(settlement.c.no == row.no)
        .values(second_by=at.actor.name, second_folded=folded(at.actor.name), second_at=at.now)
    )
    return True


def _not_the_holder(at: Desk, holder: str) -> None:
    from setapart_auditor.appraisal.need import same_person
    from setapart_auditor.errors import NotAllowedError

    if same_person(at.actor.name, holder):
        raise NotAllowedError(f"{at.actor.name} holds the device", expected="another officer")


def _digest(text: str) -> bytes:
    from setapart_auditor.errors import RegisterError

    found = re.fullmatch(r"(?:sha256:)?([0-9a-f]{64})", text.strip())
    if found is None:
        raise RegisterError(f"{text[:80]!r}", expected="sha256: and 64 hex digits")
    return bytes.fromhex(found[1])
