"""What Windows has registered: programs, packages, accounts and links, out of the registry of machine and users."""

from collections.abc import Iterable

from msgspec import structs

from setapart_agent.collectors.base import Absent, CollectorInfo, Denied, Observed, Outcome, coverage_of
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.windows.folders import ELSEWHERE, app_data_is_elsewhere
from setapart_agent.collectors.windows.host import Opened, WindowsCollector, WindowsHost, key_of
from setapart_agent.collectors.windows.parse.reading import COLLECTOR
from setapart_agent.collectors.windows.registry_file import RegistryFile, UserPart, machine_facts, user_facts
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, Coverage, Section

_WINDOWS = "setapart_agent.collectors.windows"
_NO_CLASSES = Denied("the user's classes are not there, and packages are")
_NO_PACKAGES = Denied("the user's classes list no package, and packages are there")
_SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")


class Registered:
    """One row per section for the machine and for each user, also for users who are not signed in."""

    info = CollectorInfo(
        name=COLLECTOR,
        version=2,
        sections=_SECTIONS,
        maturity="captures",
        reads=(
            "the registry's lists of programs and packages, of the machine and of each user",
            "profiles of Outlook; accounts of OneDrive, Office, Windows Mail and work or school",
            "mapped drives; Work Folders",
            "domain, Entra ID, device management and the domain of the last user",
        ),
        modules=(
            __name__,
            *(f"{_WINDOWS}.{name}" for name in ("folders", "hive", "hive_log", "live", "registry_file")),
            *(
                f"{_WINDOWS}.parse.{name}"
                for name in (
                    "registry_key", "reading", "installed_programs", "store_packages", "outlook_profile",
                    "work_identity", "vpn_clients", "shell_folders", "file_shares", "machine", "machine_links",
                )
            ),
            "setapart_agent.collectors.desktop.parse.account",
        ),
    )  # fmt: skip

    def collect(self, host: WindowsHost) -> Facts:
        """The machine's part, then each user's."""
        known = {SYSTEM_PROFILE, *(user.profile for user in host.users)}
        found = unite((self._machine(host), *(self._user(host, user) for user in host.users)))
        # The machine remembers users that are gone, with their packages and identities.
        return structs.replace(
            found,
            apps=tuple(app for app in found.apps if app.profile in known),
            accounts=tuple(account for account in found.accounts if account.profile in known),
            links=tuple(link for link in found.links if link.profile in known),
        )

    def _machine(self, host: WindowsHost) -> Facts:
        software, system = host.registry.software(), host.registry.system()
        parts = RegistryFile(software=key_of(software), system=key_of(system))
        facts = machine_facts(parts)
        return _result(
            SYSTEM_PROFILE, structs.replace(facts, profiles=()), ((software, _SECTIONS), (system, _SECTIONS))
        )

    def _user(self, host: WindowsHost, user: User) -> Facts:
        if user.unseen is not None:
            return Facts(coverage=coverage_of(_SECTIONS, user.profile, COLLECTOR, (user.unseen,)))
        hive, classes = host.registry.user(user), host.registry.classes(user)
        part = UserPart(profile=user.profile, root=key_of(hive), classes=key_of(classes))
        more: tuple[tuple[Outcome[Opened], tuple[Section, ...]], ...] = ()
        if app_data_is_elsewhere(host, user):
            more = ((ELSEWHERE, _SECTIONS),)
        facts = user_facts(part)
        listed = any(app.source == "appx" for app in facts.apps)
        if not listed and _has_packages(host, user):
            if isinstance(classes, Absent):
                classes = _NO_CLASSES
            elif isinstance(classes, Observed):
                more = (*more, (_NO_PACKAGES, ("apps",)))
        return _result(user.profile, facts, ((hive, _SECTIONS), (classes, ("apps", "links")), *more))


def _has_packages(host: WindowsHost, user: User) -> bool:
    """Whether there are packages, of which the user's classes would tell."""
    names = host.tree.entries(f"{user.home}/AppData/Local/Packages")
    return isinstance(names, Observed) and bool(names.value)


def _result(profile: str, facts: Facts, opened: Iterable[tuple[Outcome[Opened], tuple[Section, ...]]]) -> Facts:
    """The facts, with a row for every section: of what could not be opened or is in doubt, or that all was seen."""
    rows = list(facts.coverage)
    for outcome, sections in opened:
        if isinstance(outcome, Observed):
            doubt = outcome.value.doubt
            rows += [
                Coverage(section=section, profile=profile, collector=COLLECTOR, status="partial", reason=doubt)
                for section in sections
                if doubt is not None
            ]
        elif not isinstance(outcome, Absent):
            rows += coverage_of(sections, profile, COLLECTOR, (outcome,))
    told = {row.section for row in rows}
    rows += coverage_of((section for section in _SECTIONS if section not in told), profile, COLLECTOR, ())
    return structs.replace(facts, coverage=tuple(dict.fromkeys(rows)))


COLLECTORS: tuple[WindowsCollector, ...] = (Registered(),)
