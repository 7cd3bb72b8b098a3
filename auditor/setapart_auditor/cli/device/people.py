"""`setapart-auditor device settle` and `attest`: what takes an officer's word, or two."""

import re
from pathlib import Path

import click

from setapart_auditor.cli.acting import Acting, acting_in
from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.device.add import day


@click.command("settle")
@click.argument("name")
@click.argument("digests", nargs=-1, required=True, metavar="DIGEST...")
@acting_options()
def settle(*, name: str, digests: tuple[str, ...], folder: Path | None, officer: str | None, why: str) -> None:
    """Settle a fork of the device NAME: the statements of it, as `explain` names them. It takes two officers.

    The first says why; the second, another officer, says the same command again. Neither may be the device's holder.
    The first one's word counts while they might still say it.
    """
    from setapart_auditor.register.forks import settle as say

    wanted = [_digest(one) for one in digests]
    with acting_in(folder, officer, "officer", why=why) as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        _second_eyes(at, found.registration.holder)
        registration = found.registration
        waiting = say(
            at.connection,
            found,
            wanted,
            at.actor.name,
            at.now,
            why=why,
            may=lambda first: _might_settle(at, first, registration.unit, registration.holder),
        )
        at.record("settle", found.name, digests=" ".join(one.hex() for one in wanted), waiting=str(waiting))
    click.echo(f"{found.name}: {'waits for a second officer' if waiting else 'settled'}")


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
    from setapart_auditor.register.incoming import near
    from setapart_auditor.register.people import MAX_ATTESTATION_DAYS
    from setapart_auditor.store.schema import attestation

    with acting_in(folder, officer, "officer", why=why) as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        _second_eyes(at, found.registration.holder)
        clients = set(load_policies(at.installation).of(found.registration.unit).own_store.values())
        if client not in clients:
            raise RegisterError(
                f"`{client[:60]}` is no client whose accounts can't be read",
                expected="a client as `setapart-auditor explain` names it",
                cure=near(client, sorted(clients)),
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


def _might_settle(at: Acting, name: str, unit: str, holder: str) -> bool:
    """Whether an officer of this name might settle a fork of such a device now."""
    from setapart_auditor.appraisal.need import same_person
    from setapart_auditor.officers.actor import actor_of, find_officer

    row = find_officer(at.connection, name)
    if row is None or row.disabled_at is not None or same_person(name, holder):
        return False
    actor = actor_of(row)
    return actor.may("officer") and actor.sees(unit)


def _second_eyes(at: Acting, holder: str) -> None:
    """Returns if who acts is an officer by name, and not the device's holder.

    Raises:
        NotAllowedError: it is not.
    """
    from setapart_auditor.appraisal.need import same_person
    from setapart_auditor.errors import NotAllowedError

    if at.actor.name.startswith("os:"):
        raise NotAllowedError("nobody is named", expected="--as OFFICER: this is an officer's own word")
    if same_person(at.actor.name, holder):
        raise NotAllowedError(f"{at.actor.name} holds the device", expected="another officer")


def _digest(text: str) -> bytes:
    from setapart_auditor.errors import RegisterError

    found = re.fullmatch(r"(?:sha256:)?([0-9a-f]{64})", text.strip())
    if found is None:
        raise RegisterError(f"{text[:80]!r}", expected="sha256: and 64 hex digits")
    return bytes.fromhex(found[1])
