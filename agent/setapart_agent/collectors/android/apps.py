"""The apps of every user: the package manager's lists, the package service's dump, and androidqf's file, united.

Each of them alone may be refused or cut; a user's apps are observed if one that speaks for this user is whole.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec import Struct, structs

from setapart_agent.collectors.android.answers import Answer, ask
from setapart_agent.collectors.android.apk_signature import certificate_digest
from setapart_agent.collectors.android.parse import dumpsys_package, pm_list, web_apk
from setapart_agent.collectors.android.parse.androidqf_packages import QfPackage, QfPackages
from setapart_agent.collectors.android.parse.androidqf_packages import read as read_androidqf
from setapart_agent.collectors.android.parse.androidqf_users import QfUsers
from setapart_agent.collectors.android.parse.androidqf_users import read as read_androidqf_users
from setapart_agent.collectors.android.parse.dumpsys_package import DumpedPackage, PackageDump, UserState
from setapart_agent.collectors.android.parse.pm_list import PackageList
from setapart_agent.collectors.android.source import (
    ANDROIDQF_PACKAGES,
    ANDROIDQF_USERS,
    DUMPSYS_PACKAGE,
    AndroidSource,
    RangedSource,
    dumpsys_web_apk,
    pm_list_packages,
)
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Unseen, Unsupported, uncovered
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts
from setapart_evidence.model import App, AppState, Coverage

T = TypeVar("T")

COLLECTOR = pm_list.COLLECTOR
MULTI_USER_API = 17
"""Android 4.2, the first with more than one user."""
_MOST_WEB_APPS = 200
_NOTHING: frozenset[str] = frozenset()
HIDDEN_OR_GONE = "packages that are hidden or gone can't be told apart without dumpsys package"
NOT_ALL = "androidqf could not read all packages of this user"
_THIRD_PARTY_CODE = ("/data/app/", "/data/app-private/", "/mnt/expand/", "/mnt/asec/")


class Packages(Struct, frozen=True, kw_only=True):
    """What was asked once for the whole device; `androidqf` is `Unsupported` with any other source."""

    dump: Answer[PackageDump]
    androidqf: Answer[QfPackages]
    androidqf_users: Answer[QfUsers]

    @property
    def users(self) -> tuple[str, ...]:
        """The users that the dump or androidqf's file shows, whether anything else lists them or not."""
        shown = self.dump.value.users if isinstance(self.dump, Observed) else ()
        if isinstance(self.androidqf, Observed):
            shown += tuple(one.user for one in self.androidqf.value.packages if one.user is not None)
        return tuple(dict.fromkeys(shown))

    @property
    def known(self) -> frozenset[str]:
        """The packages that the dump shows, whoever has them."""
        return frozenset(one.name for one in self.dump.value.packages) if isinstance(self.dump, Observed) else _NOTHING

    @property
    def whole(self) -> bool:
        """Whether the dump is undamaged, so that its users are all users: it has a line for each in every block."""
        return isinstance(self.dump, Observed) and self.dump.value.damage is None


def packages_of(source: AndroidSource) -> Packages:
    """Asks for the dump of the package service, and for androidqf's file where there is one."""
    return Packages(
        dump=ask(source, DUMPSYS_PACKAGE, dumpsys_package.read),
        androidqf=_written(source, ANDROIDQF_PACKAGES, read_androidqf),
        androidqf_users=_written(source, ANDROIDQF_USERS, read_androidqf_users),
    )


def _written(source: AndroidSource, name: str, read: Callable[[bytes], T]) -> Answer[T]:
    """What a file of androidqf says."""
    given = source.output(name) if source.kind == "androidqf" else Absent()
    if isinstance(given, Absent):
        return Unsupported(f"no {name} of androidqf")
    if not isinstance(given, Observed):
        return given
    try:
        return Observed(read(given.value))
    except ParseError as exc:
        return Failed(f"{name}: {exc.got}")


def collect_apps(source: AndroidSource, users: tuple[str, ...], packages: Packages, api_level: int | None) -> Facts:
    """The apps of the given users, with one coverage row for each.

    Args:
        source: the device.
        users: every Android user that is known.
        packages: `packages_of` the same source.
        api_level: decides whether `pm` knows users.
    """
    single = api_level is not None and api_level < MULTI_USER_API and users == ("0",)
    lists = {user: _Lists(source, None if single else user) for user in users}
    listed = frozenset(name for one in lists.values() for name in one.names)
    publishers = _publishers(source, lists.values(), packages)
    apps: list[App] = []
    rows: list[Coverage] = []
    for user in users:
        merge = _Merge(user, lists[user], packages, listed)
        apps += merge.apps(publishers)
        rows.append(merge.coverage())
    sites = _sites(source, apps, packages)
    told = frozenset(site.package for site in sites)
    silent = {app.profile for app in apps if _is_web_apk(app) and app.identifier not in told}
    return Facts(
        apps=dumpsys_package.with_sites(tuple(apps), sites),
        coverage=tuple(_web_apps_unknown(row) if row.profile in silent else row for row in rows),
    )


def _is_web_apk(app: App) -> bool:
    return app.state != "removed-trace" and web_apk.NAME.fullmatch(app.identifier) is not None


def _web_apps_unknown(row: Coverage) -> Coverage:
    return structs.replace(row, status="partial", reason=web_apk.NO_SITE) if row.status == "observed" else row


def _sites(source: AndroidSource, apps: list[App], packages: Packages) -> tuple[web_apk.WebSite, ...]:
    """The sites of web apps: as the dump shows them, else as the dumps of their packages do, one by one."""
    known = packages.dump.value.sites if isinstance(packages.dump, Observed) else ()
    told = {site.package for site in known}
    asked = dict.fromkeys(app.identifier for app in apps if _is_web_apk(app) and app.identifier not in told)
    for name in list(asked)[:_MOST_WEB_APPS]:
        printed = ask(source, dumpsys_web_apk(name), web_apk.sites)
        if isinstance(printed, Observed):
            known += tuple(site for site in printed.value if site.package == name)
    return known


class _Lists:
    """The three lists of one user; those of a subset are asked for only where the first was answered."""

    def __init__(self, source: AndroidSource, user: str | None) -> None:
        self.present: Answer[PackageList] = ask(source, pm_list_packages(user), pm_list.read)
        self.disabled: frozenset[str] = frozenset()
        self.removed: frozenset[str] = frozenset()
        self.traced = False
        if isinstance(self.present, Observed):
            self.disabled = _names(ask(source, pm_list_packages(user, "disabled"), pm_list.read))
            more = ask(source, pm_list_packages(user, "with-removed"), pm_list.read)
            self.removed, self.traced = _names(more) - self.names, isinstance(more, Observed)

    @property
    def names(self) -> frozenset[str]:
        """The packages that are present for this user."""
        return _names(self.present)


def _names(answer: Answer[PackageList]) -> frozenset[str]:
    return frozenset(one.name for one in answer.value.packages) if isinstance(answer, Observed) else frozenset()


class _Merge:
    """Everything that is known of one user's apps."""

    def __init__(self, user: str, lists: _Lists, packages: Packages, listed: frozenset[str]) -> None:
        self._user = user
        self._lists = lists
        self._packages = packages
        self._listed = listed

    def apps(self, publishers: dict[str, str]) -> tuple[App, ...]:
        """One app per package, with the state that says most of it being there."""
        states: dict[str, AppState] = {}
        dumped: dict[str, tuple[DumpedPackage, UserState]] = {}
        dump = self._packages.dump
        known = self._packages.known
        if isinstance(dump, Observed):
            dumped = {
                package.name: (package, state)
                for package in dump.value.packages
                for state in package.users
                if state.user == self._user
            }
        for name, (_, state) in dumped.items():
            if state.state is not None:
                states[name] = state.state
        for name in sorted(self._lists.names):
            if states.get(name) not in ("installed", "disabled"):
                states[name] = "disabled" if name in self._lists.disabled else "installed"
        for name in sorted(self._traces()):
            states.setdefault(name, "removed-trace")
        for one in self._androidqf():
            if one.user is not None or one.name not in known:
                states.setdefault(one.name, one.state)
        return tuple(self._app(name, state, dumped.get(name), publishers) for name, state in states.items())

    def _androidqf(self) -> tuple[QfPackage, ...]:
        answer = self._packages.androidqf
        if not isinstance(answer, Observed):
            return ()
        return tuple(one for one in answer.value.packages if (one.user or "0") == self._user)

    def _app(
        self, name: str, state: AppState, dumped: tuple[DumpedPackage, UserState] | None, publishers: dict[str, str]
    ) -> App:
        return App(
            identifier=name,
            version=dumped[0].version if dumped else None,
            profile=self._user,
            source="package-manager",
            state=state,
            publisher=publishers.get(name),
            publisher_hint=dumped[0].hint if dumped else None,
            permissions=dumped[1].permissions if dumped else (),
        )

    def _traces(self) -> frozenset[str]:
        """What the lists alone show, and only among packages that may be gone: a manager can hide one that is there."""
        return self._lists.removed - self._packages.known - self._listed

    def _unread(self) -> str | None:
        """Why androidqf may not have all packages of this user."""
        users = self._packages.androidqf_users
        return NOT_ALL if isinstance(users, Observed) and self._user in users.value.unread else None

    def coverage(self) -> Coverage:
        """Observed if a whole list or a whole dump shows this user; else partial; else why not."""
        dump, androidqf = self._packages.dump, self._packages.androidqf
        doubts: list[str | None] = []
        if isinstance(self._lists.present, Observed):
            told = isinstance(dump, Observed) or self._lists.traced
            doubts.append(self._lists.present.value.damage or (None if told and not self._traces() else HIDDEN_OR_GONE))
        if isinstance(dump, Observed) and self._user in dump.value.users:
            doubts.append(dump.value.damage)
        if isinstance(androidqf, Observed) and any(one.user == self._user for one in self._androidqf()):
            doubts.append(androidqf.value.damage or self._unread())
        if doubts:
            return pm_list.apps_row(self._user, None if None in doubts else doubts[0])
        refusals = [one for one in (self._lists.present, dump, androidqf) if not isinstance(one, Observed)]
        if isinstance(dump, Observed):
            refusals.append(Denied("dumpsys package does not show this user"))
        return uncovered("apps", self._user, COLLECTOR, _weightiest(refusals))


def _weightiest(refusals: list[Unseen]) -> Unseen:
    """The refusal that says most of why: a denial, then a failure, then what this way in can't show."""
    return min(refusals, key=lambda one: (Denied, Failed, Unsupported).index(type(one)))


def _publishers(source: AndroidSource, lists: Iterable[_Lists], packages: Packages) -> dict[str, str]:
    """The signing certificates by package: from androidqf's file, or from the APKs where the source reads them."""
    found: dict[str, str] = {}
    if isinstance(packages.androidqf, Observed):
        found = {one.name: one.publisher for one in packages.androidqf.value.packages if one.publisher is not None}
    if not isinstance(source, RangedSource):
        return found
    paths = {
        package.name: package.path
        for one in lists
        if isinstance(one.present, Observed)
        for package in one.present.value.packages
        if package.path is not None and package.path.startswith(_THIRD_PARTY_CODE)
    }
    for name, path in paths.items():
        size = source.size(path)
        if isinstance(size, Observed):
            digest = certificate_digest(_reader(source, path), size.value)
            if digest is not None:
                found[name] = digest
    return found


def _reader(source: RangedSource, path: str) -> Callable[[int, int], bytes]:
    def read(offset: int, length: int) -> bytes:
        part = source.read_range(path, offset, length)
        return part.value if isinstance(part, Observed) else b""

    return read
