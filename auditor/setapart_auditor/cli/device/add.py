"""`setapart-auditor device add`."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from setapart_auditor.cli.acting import Acting, acting_in
from setapart_auditor.cli.acting_options import Decorator, acting_options
from setapart_evidence.text import printable

if TYPE_CHECKING:
    from setapart_auditor.policy.model import DeviceClass
    from setapart_auditor.register.database import RegisteredDevice
    from setapart_evidence.keys import PublicKey
    from setapart_evidence.model import Platform

CLASSES = ("ordinary", "personal", "social-dedicated")
PLATFORMS = ("linux", "macos", "windows", "android", "ios")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a new device is known by before it enrols, as given: a serial, an id, a key, or nothing."""

    serial: str | None
    platform: "Platform | None"
    id: str | None
    key: Path | None
    hardware: bool

    @property
    def is_empty(self) -> bool:
        """Whether it is to enrol with a token."""
        return self.serial is None and self.id is None and self.key is None

    def check(self) -> None:
        """Returns if the options fit together.

        Raises:
            RegisterError: they don't.
        """
        from setapart_auditor.errors import RegisterError

        if (self.serial is None) != (self.platform is None):
            raise RegisterError("serial or platform alone", expected="--serial and --platform together")
        if sum(one is not None for one in (self.serial, self.id, self.key)) > 1:
            raise RegisterError("a device that is named twice", expected="one of --serial, --id and --key")
        if self.hardware and self.key is None:
            raise RegisterError("--hardware for a device without a key", expected="--key")

    def device_id(self, at: Acting) -> str | None:
        """The device's id, if anything but a key says it."""
        from setapart_evidence.identity import hardware_id

        if self.serial is None or self.platform is None:
            return self.id
        return hardware_id(at.installation.authority.secrets.id_key, self.platform, self.serial)

    def bind(self, at: Acting, device: "RegisteredDevice") -> None:
        """Gives the device its key, if one was given."""
        from setapart_auditor.register.database import bind_key

        if self.key is not None:
            key = read_public_key(self.key)
            bind_key(at.connection, device.no, key, hardware=self.hardware, origin="registered", now=at.now)


def identity_options() -> Decorator:
    """`--serial`, `--platform`, `--id`, `--key` and `--hardware`: one parameter `identity`."""

    def all_five(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_identity(
            *, serial: str | None, platform: "Platform | None", id_: str | None, key: Path | None, hardware: bool,
            **others: Any,  # noqa: ANN401 - whatever else the command takes
        ) -> None:  # fmt: skip
            identity = Identity(serial=serial, platform=platform, id=id_, key=key, hardware=hardware)
            command(identity=identity, **others)

        for option in reversed((
            click.option("--serial", help="Of a device that a station reads or a manager exports; with --platform."),
            click.option("--platform", type=click.Choice(PLATFORMS), help="The serial's platform."),
            click.option("--id", "id_", help="What its evidence calls it, instead of a serial or a key."),
            click.option(
                "--key", type=click.Path(path_type=Path), help="Its public key, where it does not enrol by itself."
            ),
            click.option(
                "--hardware", is_flag=True, help="The key never leaves the device's hardware: you saw it being made."
            ),
        )):  # fmt: skip
            with_identity = option(with_identity)
        return with_identity

    return all_five


@click.command("add")
@click.argument("name")
@click.option("--class", "device_class", required=True, type=click.Choice(CLASSES), help="What the device is for.")
@click.option("--holder", default="", help="Who has it.")
@click.option("--unit", default="", help="The unit that it belongs to.")
@click.option(
    "--role", default="staff", show_default=True, help="The holder's role, as packs know them (`minister`, `staff` …)."
)
@click.option("--ownership", type=click.Choice(["organisation", "private"]), default="organisation", show_default=True)
@click.option("--since", metavar="DATE", help="Since when it is what it is now. Default: today.")
@identity_options()
@acting_options()
def add(
    *,
    name: str,
    device_class: "DeviceClass",
    holder: str,
    unit: str,
    role: str,
    ownership: Literal["organisation", "private"],
    since: str | None,
    identity: Identity,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Add the device NAME to the register."""
    from setapart_auditor.register.database import NewDevice, add_device

    identity.check()
    tidy_unit = " ".join(unit.split())
    with acting_in(folder, officer, "technician", "officer", why=why) as at:
        at.actor.require("technician", "officer", unit=tidy_unit)
        new = NewDevice(
            name=name,
            device_class=device_class,
            ownership=ownership,
            holder=" ".join(holder.split()),
            role=role.strip(),
            unit=tidy_unit,
            since=day(since, "--since") if since is not None else at.now.date(),
            id=identity.device_id(at),
            serial=identity.serial,
            platform=identity.platform,
        )
        added = add_device(at.connection, new, at.actor.name, at.now)
        identity.bind(at, added)
        at.record("device-add", added.name, **{"class": device_class})
    click.echo(
        f"added {printable(added.name)}, {device_class}, held by a person of role {printable(role) or 'unknown'}"
    )


def read_public_key(path: Path) -> "PublicKey":
    """The public key of a file, or the public half of a private one.

    Raises:
        RegisterError: it can't be read, or is no key.
    """
    from setapart_auditor.errors import RegisterError
    from setapart_evidence.errors import EvidenceError
    from setapart_evidence.keys import PublicKey

    try:
        return PublicKey.from_pem(_read(path))
    except EvidenceError as exc:
        raise RegisterError(exc.got, expected=exc.expected, cure=exc.cure, where=str(path)) from None


def day(text: str, option: str) -> dt.date:
    """A day as typed.

    Raises:
        RegisterError: it is none, or of a year that nobody means.
    """
    from setapart_auditor.errors import RegisterError
    from setapart_auditor.policy.refusals import YEARS

    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise RegisterError(f"{option} {text[:40]!r}", expected="a day like 2026-11-22")
    return found


def _read(path: Path) -> bytes:
    from setapart_auditor.errors import RegisterError

    try:
        with path.open("rb") as file:
            return file.read(64 * 1024)
    except OSError as exc:
        raise RegisterError(exc.strerror or "input failed", expected="a public key in PEM", where=str(path)) from None
