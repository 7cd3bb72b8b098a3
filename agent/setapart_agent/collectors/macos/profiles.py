"""Configuration profiles: what an organisation sets up, on the running system and as far as a disk shows it.

The running system lists them (`profiles`, as root for all users). A disk keeps them encrypted where only that system
reads them; marks beside the store tell whether there are any, and managed preferences what some of them set.
"""

import os

from setapart_agent.collectors.apple.parse.configuration_profile import facts_of, facts_of_device_file
from setapart_agent.collectors.apple.parse.plist import read_plist
from setapart_agent.collectors.base import Absent, CollectorInfo, Denied, Failed, Observed, Unseen, coverage_of
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.macos.parse import profiles
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, Section

_SECTIONS: tuple[Section, ...] = ("accounts", "links")
_SETTINGS = "/private/var/db/ConfigurationProfiles/Settings"
_STORE = "/private/var/db/ConfigurationProfiles/Store/ConfigProfiles.binary"
_INSTALLED = f"{_SETTINGS}/.profilesAreInstalled"
_CLOUD = (f"{_SETTINGS}/.cloudConfigRecordFound", f"{_SETTINGS}/.cloudConfigHasActivationRecord")
_PROFILES = "/usr/bin/profiles"
_LIMIT = 16 * 1024 * 1024
_PATIENCE = 60
ENCRYPTED = "profiles: the running system alone can read them"


class Profiles:
    """Accounts, links and blocks that profiles set up."""

    info = CollectorInfo(
        name="macos.profiles",
        version=1,
        sections=_SECTIONS,
        maturity="untested",
        reads=("profiles show -output stdout-xml", "the record of automated enrolment"),
        modules=(
            __name__,
            "setapart_agent.collectors.macos.parse.profiles",
            "setapart_agent.collectors.macos.parse.openstep",
            *(
                f"setapart_agent.collectors.apple.parse.{name}"
                for name in ("configuration_profile", "payloads", "enterprise_networks", "cms", "server")
            ),
            *(f"setapart_agent.collectors.browser.parse.{name}" for name in ("chromium_preferences", "json_file")),
        ),
    )

    def collect(self, host: Host) -> Facts:
        """The machine's profiles, each user's, and what enrolled the machine."""
        parts, failures = _live(host) if host.live else ([], _stored(host))
        enrolment, refused = _enrolment(host)
        system = [why for profile, why in failures if profile == SYSTEM_PROFILE] + refused
        rows = [coverage_of(_SECTIONS, SYSTEM_PROFILE, self.info.name, system)]
        for user in host.users:
            why = [user.unseen] if user.unseen is not None and not host.live else []
            why += [reason for profile, reason in failures if profile == user.profile]
            rows.append(coverage_of(_SECTIONS, user.profile, self.info.name, why))
        return unite((*parts, *enrolment, Facts(coverage=tuple(row for group in rows for row in group))))


def _live(host: Host) -> tuple[list[Facts], list[tuple[str, Unseen]]]:
    """What the running system lists: as root everybody's profiles, else the machine's and the own."""
    own = os.geteuid()
    failures: list[tuple[str, Unseen]] = [
        (user.profile, Denied("profiles: only root sees other users'"))
        for user in host.users
        if own not in (0, user.uid)
    ]
    try:
        listed = profiles.by_owner(_printed(own))
    except (ParseError, OSError) as exc:
        why = Failed(f"profiles: {exc.got if isinstance(exc, ParseError) else type(exc).__name__}")
        return [], [(SYSTEM_PROFILE, why), *((user.profile, why) for user in host.users)]
    names = {user.name: user.profile for user in host.users}
    return [facts_of(value, names.get(owner, SYSTEM_PROFILE)) for owner, value in listed.items()], failures


def _printed(own: int) -> bytes:
    import subprocess

    everybody = ("-all",) if own == 0 else ()
    try:
        ran = subprocess.run(  # noqa: S603 - our own words
            (_PROFILES, "show", *everybody, "-output", "stdout-xml"),
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.SubprocessError:
        raise ParseError("no answer", expected="a list of profiles") from None
    return ran.stdout


def _stored(host: Host) -> list[tuple[str, Unseen]]:
    """Whether there are profiles that a disk does not show."""
    mark, store = host.tree.status(_INSTALLED), host.tree.status(_STORE)
    if isinstance(mark, Absent) and (not isinstance(store, Observed) or not store.value.st_size):
        return [] if isinstance(store, Observed | Absent) else [(SYSTEM_PROFILE, store)]
    why = Denied(ENCRYPTED)
    return [(SYSTEM_PROFILE, why), *((user.profile, why) for user in host.users if user.unseen is None)]


def _enrolment(host: Host) -> tuple[list[Facts], list[Unseen]]:
    """The organisation's server of automated enrolment, where the machine has such a record."""
    found: list[Facts] = []
    refused: list[Unseen] = []
    for path in _CLOUD:
        raw = host.tree.read(path, limit=_LIMIT)
        if isinstance(raw, Observed) and raw.value:
            try:
                found.append(facts_of_device_file(read_plist(raw.value), SYSTEM_PROFILE))
            except ParseError:
                continue  # a mark without content that matters: the enrolment itself is a profile
        elif isinstance(raw, Denied | Failed) and not host.live:
            refused.append(raw)
    return found, refused


COLLECTORS: tuple[DesktopCollector, ...] = (Profiles(),)
