"""`setapart-auditor device token`, `tokens` and `confirm`: how devices come in."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting import Acting, acting_in
from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.device.add import CLASSES
from setapart_auditor.cli.output import print_json, print_table
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from setapart_auditor.enrolment.asked import Enrolled
    from setapart_auditor.policy.model import DeviceClass
    from setapart_auditor.register.database import RegisteredDevice


@click.command("token")
@click.argument("name", required=False)
@click.option("--url", default="", help="Where agents reach the auditor: https://HOST[:PORT]. Left out: by files only.")
@click.option("--serial", help="Instead of NAME: bound to this serial.")
@click.option("--class", "device_class", type=click.Choice(CLASSES), help="Instead of NAME: of the records it makes.")
@click.option("--unit", help="With --class: their unit.")
@click.option(
    "--quota", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="How many keys it enrols."
)
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="Until it expires.")
@click.option("--confirm", "confirms", is_flag=True, help="Keys wait until an officer has compared the words.")
@click.option("--hardware", is_flag=True, help="You vouch that the key is in hardware.")
@click.option("--replaces", is_flag=True, help="NAME has a key, and is to get a new one.")
@acting_options()
def token(
    *,
    name: str | None,
    url: str,
    serial: str | None,
    device_class: "DeviceClass | None",
    unit: str | None,
    quota: int,
    days: int,
    confirms: bool,
    hardware: bool,
    replaces: bool,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Issue a token for the device NAME, or for devices that are not in the register yet; print it alone.

    Whoever has the token can enrol a key with it: hand it over as you would a password.
    """
    from setapart_auditor.enrolment.tokens import issue_token

    with acting_in(folder, officer, "technician", "officer", why=why) as at:
        found = at.device(name) if name is not None else None
        if replaces or hardware:
            at.actor.require("officer")
        for one in _units(at, found, serial, unit):
            at.actor.require("technician", "officer", unit=one)
        made = issue_token(
            at.connection,
            at.installation,
            url=url,
            device=found,
            serial=serial,
            device_class=device_class,
            unit=unit,
            quota=quota,
            days=days,
            confirm=confirms,
            hardware=hardware,
            replaces=replaces,
            actor_name=at.actor.name,
            now=at.now,
            why=why,
        )
    click.echo(made.spelled())


@click.group("tokens")
def tokens() -> None:
    """The tokens that were issued. What is kept of a token can't be used as one."""


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def list_(*, as_json: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """List the tokens that were issued: for what, how often used, until when."""
    from setapart_auditor.enrolment.tokens import list_tokens

    with acting_in(folder, officer, "technician", "officer", "auditor", why=why) as at:
        found = list_tokens(at.connection, actor_name=at.actor.name, now=at.now, why=why, unit=at.actor.unit)
        now = at.now
    if as_json:
        told = [{**dataclasses.asdict(one), "refusal": one.refusal(now)} for one in found]
        print_json({"tokens": told})
        return
    print_table(
        ("number", "for", "used", "expires", "state"),
        [
            (
                str(one.no),
                one.device or one.serial or f"new {one.device_class} devices" + (f" of {one.unit}" if one.unit else ""),
                f"{one.used} of {one.quota}",
                moment_text(one.expires_at),
                one.refusal(now) or "open",
            )
            for one in found
        ],
    )


@tokens.command("revoke")
@click.argument("number", type=click.IntRange(1))
@acting_options()
def revoke(*, number: int, folder: Path | None, officer: str | None, why: str) -> None:
    """Revoke the token NUMBER. Keys that it has enrolled stay."""
    from setapart_auditor.enrolment.tokens import find_token, revoke_token
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.register.database import find_device

    with acting_in(folder, officer, "technician", "officer", why=why) as at:
        one = find_token(at.connection, number)
        found = find_device(at.connection, one.device) if one.device is not None else None
        if not all(map(at.actor.sees, _units(at, found, one.serial, one.unit))):
            raise AuditorError(f"no token {number}", expected="a number of `setapart-auditor device tokens list`")
        revoke_token(at.connection, number, actor_name=at.actor.name, now=at.now, why=why)
    click.echo(f"revoked token {number}")


def _units(at: Acting, found: "RegisteredDevice | None", serial: str | None, unit: str | None) -> "frozenset[str]":
    """Of what a token is for: its record, the records with its serial, the records that it makes."""
    from setapart_auditor.register.database import units_of_serial

    if found is not None:
        return frozenset({found.registration.unit})
    there = units_of_serial(at.connection, serial) if serial is not None else frozenset()
    return there or frozenset({unit or ""})


@click.command("confirm")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--refuse", is_flag=True, help="The words are not the same: refuse the key.")
@acting_options()
def confirm(*, words: tuple[str, ...], refuse: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Accept the key whose fingerprint's WORDS the holder read to you from the device."""
    from setapart_auditor.enrolment.confirm import confirm as decide

    with acting_in(folder, officer, "technician", "officer", why=why) as at:
        done = decide(at.connection, at.installation, " ".join(words), at.actor, at.now, accept=not refuse, why=why)
    click.echo(f"{'refused' if refuse else 'accepted'} key {done.keyid[:16]}…")


@click.command("waiting")
@acting_options()
def waiting(*, folder: Path | None, officer: str | None, why: str) -> None:
    """List the keys that wait for `device confirm`: compare the words with those that the device shows."""
    from setapart_auditor.enrolment.confirm import waiting_for

    with acting_in(folder, officer, "technician", "officer", why=why) as at:
        found = waiting_for(at.connection, at.actor)
        at.record("enrolment-list", "")
    print_table(
        ("number", "called", "words", "since"),
        [(str(one.no), *_called(one), moment_text(one.at)) for one in found],
    )


def _called(one: "Enrolled") -> tuple[str, str]:
    """What a device that asks calls itself, and its key's words."""
    from setapart_auditor.errors import StoreError

    try:
        return one.asked.name, one.words
    except StoreError:
        return "", f"damaged: `setapart-auditor device confirm {one.no} --refuse`"
