"""`setapart-agent doctor`."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from setapart_agent.cli.options import (
    disclosure_options,
    key_options,
    password_asker,
    read_policy_bundle,
    signing_key,
    source_options,
)
from setapart_agent.cli.table import print_table
from setapart_agent.disclosure import filter_of
from setapart_agent.inventory import build_inventory
from setapart_agent.sources import collect_all, parse_source
from setapart_agent.state import state_folder
from setapart_evidence.model import Coverage
from setapart_evidence.statement import Level

if TYPE_CHECKING:
    from setapart_agent.collectors.base import CollectorInfo

_SOMETHING_UNSEEN = 3
# The first line whose words stand in a row's reason says what to do.
_CURES = (
    ("own-store:", "remove this client, or let an officer attest it in the register"),
    ("full disk access", "give the agent Full Disk Access, by the profile in packaging/agent/macos or System Settings"),
    ("running system alone", "run the agent on the device as well; the auditor unites both"),
    ("being written when the system stopped", "start Windows once, shut it down with Shift held, mount the disk again"),
    ("only an administrator may read the hive", "run the agent as administrator"),
    ("not on the system's drive", "nothing reads other drives; move the profile to the system's drive"),
    ("profile's folder is not there", "delete the profile in System Properties, or mount what holds its folder"),
    ("user's classes are not there", "let the user sign in once, and report again"),
    ("whose gateways are not read", "remove this client: nobody can see where it leads"),
    ("AppData is kept elsewhere", "mount that place as well, or move the folder back"),
    ("permission denied", "run as root (Windows: as administrator), or give the agent CAP_DAC_READ_SEARCH"),
    ("link to another", "replace the link by the file itself"),
    ("mount", "mount the home and report again"),
    ("encrypted", "report again while its user is logged in"),
    ("other users' programs", "run as root, or give the agent CAP_SYS_PTRACE"),
    ("process", "run as root, or give the agent CAP_SYS_PTRACE"),
    ("tickets are kept in", "nothing here can read them; keep tickets in FILE: credential caches"),
    ("users-unknown", "start the users of the device, or capture a bug report on it"),
    ("may not see this user", "capture a bug report on the device: it shows this user as well"),
    ("refused by the device", "unlock it and read it again, or capture a bug report on it"),
    ("no longer allows this computer", "unlock it, accept the question about USB debugging, and read it again"),
    ("ended with exit code", "capture a bug report on the device"),
    ("TIMEOUT", "read the device again, unlocked and idle"),
    ("timed out on the device", "read the device again, unlocked and idle"),
    ("the time for one device", "read the device again, unlocked and idle"),
    ("no end after", "read the device again, unlocked and idle"),
    ("an error ended this dump", "read the device again, unlocked and idle"),
    ("does not show this user", "start this user, unlock the work profile, and read the device again"),
    ("not in the foreground", "switch to that user and report by another way as well (adb, bug report)"),
    ("Wi-Fi networks", "read the phone by adb or by a full bug report; before Android 4.2 nothing shows its networks"),
    ("VPNs:", "read the phone by adb or by a full bug report; before Android 5 nothing shows its VPNs"),
    ("who manages a phone", "nothing shows it on so old a phone; Android 6 and later tell it"),
    ("does not tell its site", "read the phone by adb, which asks for each web app, or remove the web app"),
    ("does not see the personal side", "read the phone by adb or a bug report as well; the auditor unites both"),
    ("applicationReports is missing", "set applicationReportsEnabled in the manager's policy, and report again"),
    ("the manager denies access", "give whoever asks the permission that docs/mdm.md names"),
    ("the manager answers", "look at the manager, and report again"),
    ("the manager's", "look at the manager, and report again"),
    ("and not in its folder", "give the whole folder of the backup: a file of it was left out"),
    ("backup was not finished", "make a new backup to its end, and give its folder"),
    ("the backup does not hold", "make a new backup with Finder, Apple Devices or idevicebackup2, and give its folder"),
    ("to a computer", "report a backup of the device as well (ios-backup:DIR); the auditor unites both"),
    ("went away", "plug the device in again and keep it unlocked"),
    ("limit", "remove what is not needed; a list is too long for one report"),
)
_DEFAULT_CURES = {
    "denied": "run as root, or let the user be logged in while the agent reports",
    "unsupported": "read the device another way (see docs/devices.md)",
    "failed": "look at the part with `setapart-agent parse FILE`, and report what it prints",
    "partial": "read the device another way as well; the auditor unites both",
}


class Unseen(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can't be seen, for how many profiles, and what would fix it."""

    section: str
    collector: str
    status: str
    reason: str
    profiles: tuple[str, ...]
    cure: str


@click.command("doctor")
@source_options()
@key_options()
@disclosure_options()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    source_spelling: str,
    password_file: Path | None,
    key_file: Path | None,
    folder: Path | None,
    disclosure: Level | None,
    bundle_file: Path | None,
    as_json: bool,
) -> None:
    """Say what can't be seen here, and how to fix it.

    Exit code 0 if everything can be seen, 3 if something can't.
    """
    source = parse_source(source_spelling)
    chosen = filter_of(read_policy_bundle(bundle_file), disclosure)
    coverage: list[Coverage] = []
    collectors: dict[CollectorInfo, None] = {}
    for collected in collect_all(source, password_asker(password_file)):
        coverage += build_inventory(collected.facts, chosen).coverage
        collectors.update(dict.fromkeys(collected.collectors))
    unseen = tuple(_unseen(coverage))
    path, is_station = signing_key(folder or state_folder(), key_file, source)
    if as_json:
        answer = {
            "key": path.exists(),
            "unseen": unseen,
            "collectors": [
                {"name": info.name, "version": info.version, "maturity": info.maturity, "reads": info.reads}
                for info in collectors
            ],
        }
        click.echo(msgspec.json.encode(answer).decode())
    else:
        click.echo(f"key: {path}" if path.exists() else _no_key(path, is_station=is_station))
        click.echo()
        print_table(
            ("collector", "version", "tried on"),
            ((info.name, str(info.version), info.maturity) for info in collectors),
        )
        click.echo()
        if unseen:
            print_table(
                ("not seen", "by", "profiles", "status", "why", "what to do"),
                ((u.section, u.collector, _short(u.profiles), u.status, u.reason, u.cure) for u in unseen),
            )
        else:
            click.secho("Everything that the collectors look for can be seen here.", fg="green")
    raise SystemExit(_SOMETHING_UNSEEN if unseen else 0)


def _no_key(path: Path, *, is_station: bool) -> str:
    register = ", and let an officer register it as a station's" if is_station else ""
    return f"no key at {path}: make one with `setapart-agent keygen --output {path}`{register}"


def cure_of(row: Coverage) -> str:
    """What would let the collector see what it missed."""
    reason = row.reason or ""
    return next((cure for words, cure in _CURES if words in reason), _DEFAULT_CURES.get(row.status, ""))


def _unseen(coverage: Iterable[Coverage]) -> Iterable[Unseen]:
    def alike(row: Coverage) -> tuple[str, str, str, str]:
        return row.section, row.collector, row.status, row.reason or ""

    missing = sorted((row for row in coverage if row.status != "observed"), key=alike)
    for (section, collector, status, reason), group in groupby(missing, key=alike):
        rows = tuple(group)
        yield Unseen(
            section=section,
            collector=collector,
            status=status,
            reason=reason,
            profiles=tuple(dict.fromkeys(row.profile for row in rows)),
            cure=cure_of(rows[0]),
        )


def _short(profiles: tuple[str, ...], most: int = 4) -> str:
    more = f" and {len(profiles) - most} more" if len(profiles) > most else ""
    return ", ".join(profiles[:most]) + more
