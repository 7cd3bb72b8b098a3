"""The packages of every user: `dumpsys package`.

Below `Packages:` one block per package, `  Package [name] (hash):`, with `versionName=`, `signatures=`, permissions
and, since Android 4.2, a line `    User N: … installed=… hidden=… enabled=…` per user. `Hidden system packages:`
repeats the factory copies of updated system apps, with user states that mean nothing. Source: Settings.dumpPackagesLPr
of AOSP.

A version name may hold line feeds, and AOSP prints it as it is, so an app can forge any line after its own. Hence a
package counts as installed if any of its lines for a user says so; one with a block without a line for any user counts
as installed for all, and one without a line for some makes the list doubtful; a list that "ends" too early is still
read to its last block; and only a block whose code is not below /data is a factory copy.
"""

import re

from msgspec import Struct, structs

from setapart_agent.collectors.android.parse.android_user import canonical
from setapart_agent.collectors.android.parse.command_output import damaged, normal, refusal
from setapart_agent.collectors.android.parse.pm_list import PACKAGE_NAME, apps_row
from setapart_agent.collectors.android.parse.web_apk import WebSite, sites
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, AppState, Profile
from setapart_evidence.statement import Maturity

KIND = "android.dumpsys-package"
MATURITY: Maturity = "captures"

PERMISSIONS = {
    "READ_CONTACTS": "contacts",
    "READ_CALENDAR": "calendar",
    "ACCESS_FINE_LOCATION": "location",
    "ACCESS_COARSE_LOCATION": "location",
    "GET_ACCOUNTS": "accounts",
}
"""Android permissions, without `android.permission.`, and the word of evidence for them."""

_HEADING = re.compile(r"^(Packages|Hidden system packages):[ ]*$", re.MULTILINE)
_BLOCK = "\n  Package ["
_SECTION = re.compile(r"\n(?=\S)")
_INSTALLED_CODE = ("\n    codePath=/data/", "\n    codePath=/mnt/")
# One pass over a block: what stands at four blanks, and the permissions below it at six or eight.
_TOKEN = re.compile(
    r"\n {4}(?:versionName=(?P<version>[^\n]*)"
    r"|signatures=PackageSignatures\{\w+ version:-?\d+, signatures:\[(?P<hint>[0-9a-f]{1,8})[\],]"
    r"|User (?P<user>\d{1,10}):(?P<state>[^\n]*)"
    r"|(?P<granted>grantedPermissions:)"
    r"|(?P<other>[a-z][a-z ]*permissions:)"
    r"| {2,4}android\.permission\.(?P<permission>" + "|".join(PERMISSIONS) + r")(?P<suffix>[^\n]*)"
    r"| {2}archiveTime=(?P<archived>[^\n]*)"
    r"|pkgFlags=0x[0-9a-f]+ installStatus=\d+(?: [a-z]+=[a-z]+)? enabled=(?P<enabled>\d))"
)
_WORD = re.compile(r"(installed|hidden|enabled|ceDataInode)=(-?\w+)")
_DISABLED = frozenset({"2", "3", "4"})


class UserState(Struct, frozen=True, kw_only=True):
    """What one user has of a package; `state` is `None` where it is absent for this user without a trace."""

    user: str
    state: AppState | None
    permissions: tuple[str, ...] = ()


class DumpedPackage(Struct, frozen=True, kw_only=True):
    """One package. `hint` is the 32-bit hash of its signature, in hex as printed by Android 9 and later.

    What older ones print in its place is the address of an object, another one after every start.
    """

    name: str
    version: str | None = None
    hint: str | None = None
    users: tuple[UserState, ...] = ()


class PackageDump(Struct, frozen=True, kw_only=True):
    """A whole dump: the packages, the users that it shows, the sites of web apps, and why there may be more."""

    packages: tuple[DumpedPackage, ...]
    users: tuple[str, ...]
    sites: tuple[WebSite, ...] = ()
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the dump of the package service and not a whole bug report."""
    if content.find(b"DUMP OF SERVICE ") >= 0:
        return False
    return b"Packages:" in content and b"\n  Package [" in content.replace(b"\r\n", b"\n")


def parse(files: FileSet) -> Facts:
    """The apps of every user that the dump shows."""
    dump = read(normal(files.main))
    return Facts(
        profiles=tuple(Profile(id=user, kind="primary" if user == "0" else "secondary") for user in dump.users),
        apps=apps(dump),
        coverage=tuple(apps_row(user, dump.damage) for user in dump.users),
    )


def apps(dump: PackageDump) -> tuple[App, ...]:
    """The apps of a dump, by package and user, and the web apps among them by their sites as well."""
    return with_sites(_apps(dump), dump.sites)


def with_sites(found: tuple[App, ...], known: tuple[WebSite, ...]) -> tuple[App, ...]:
    """Apps, and a web app beside each that a browser has made of a site."""
    hosts: dict[str, list[str]] = {}
    for site in known:
        hosts.setdefault(site.package, []).append(site.host)
    return found + tuple(
        App(identifier=host, profile=app.profile, kind="web-app", source=app.source, state=app.state)
        for app in found
        for host in hosts.get(app.identifier, ())
    )


def _apps(dump: PackageDump) -> tuple[App, ...]:
    return tuple(
        App(
            identifier=package.name,
            version=package.version,
            profile=state.user,
            source="package-manager",
            state=state.state,
            publisher_hint=package.hint,
            permissions=state.permissions,
        )
        for package in dump.packages
        for state in package.users
        if state.state is not None
    )


def read(output: str) -> PackageDump:
    """The packages that a dump shows.

    Args:
        output: normal text of the dump.

    Raises:
        ParseError: there is no list of packages; the message says why if the device told.
    """
    heading = _HEADING.search(output)
    if heading is None:
        why = refusal(output)
        raise ParseError(why.reason if why else "no list of packages", expected="the output of dumpsys package")
    reader = _Reader()
    at = output.find(_BLOCK, heading.end())
    while at >= 0:
        after = output.find(_BLOCK, at + 1)
        reader.block(output[at : after if after >= 0 else len(output)])
        at = after
    if not reader.found:
        raise ParseError(reader.damage or "the list of packages is empty", expected="at least the package android")
    return structs.replace(reader.dump(damaged(output[heading.start() :])), sites=sites(output))


class _Reader:
    """Collects blocks, and knows whether the list of factory copies has begun."""

    def __init__(self) -> None:
        self.found: dict[str, _Block] = {}
        self.damage: str | None = None
        self._hidden = False
        self._ended = False

    def block(self, lines: str) -> None:
        """Takes what stands from the line feed before a block's heading to the next block or the end."""
        name = lines[len(_BLOCK) : len(_BLOCK) + 300].partition("]")[0]
        stop = _SECTION.search(lines, 1)
        self._ended = stop is not None
        hidden = self._hidden
        if stop is not None:
            for heading in _HEADING.finditer(lines, stop.start()):
                self._hidden = heading[1] != "Packages"
            lines = lines[: stop.start()]
        if PACKAGE_NAME.fullmatch(name) is None:
            self.damage = "the name of a package is broken"
        elif name not in self.found:
            self.found[name] = _Block(lines)
        elif not hidden or any(path in lines for path in _INSTALLED_CODE):
            self.damage = "a package is listed twice"
            self.found[name].add(lines)

    def dump(self, damage: str | None) -> PackageDump:
        """Everything that was taken; `damage` is what the dump says of itself."""
        states = {name: block.states() for name, block in self.found.items()}
        users = tuple(sorted({state.user for of in states.values() for state in of}, key=int)) or ("0",)
        everywhere = tuple(UserState(user=user, state="installed") for user in users)
        told = all(len(of) == len(users) for of in states.values())
        silent = None if told else "the dump does not say who has a package"
        cut = None if self._ended else "the list of packages is cut off"
        return PackageDump(
            packages=tuple(
                DumpedPackage(name=name, version=block.version, hint=block.hint, users=states[name] or everywhere)
                for name, block in self.found.items()
            ),
            users=users,
            damage=damage or self.damage or cut or silent,
        )


class _Block:
    """What the dump says of one package."""

    def __init__(self, lines: str) -> None:
        self.version: str | None = None
        self.hint: str | None = None
        self._granted: set[str] = set()
        self._old_list = False
        self._enabled: str | None = None
        self._user: str | None = None
        self._states: dict[str, UserState] = {}
        self._of_user: dict[str, set[str]] = {}
        self._silent = False
        self.add(lines)

    def add(self, lines: str) -> None:
        """Takes the lines of one block."""
        self._old_list = False
        self._user = None
        for token in _TOKEN.finditer(lines):
            self._take(token)
        if self._user is None and self._enabled is None:
            self._silent = True

    def _take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if kind == "suffix":
            self._permission(token["permission"], token["suffix"])
        elif kind == "state":
            self._user = canonical(token["user"])
            self._states[self._user] = _stronger(self._states.get(self._user), _state(self._user, token["state"]))
        elif kind == "version":
            self.version = self.version or token["version"].strip() or None
        elif kind == "hint":
            self.hint = self.hint or token["hint"]
        elif kind == "archived" and self._user is not None:
            state = self._states[self._user]
            if state.state in (None, "removed-trace"):
                self._states[self._user] = UserState(user=state.user, state="archived")
        elif kind == "enabled":
            self._enabled = token["enabled"]
        else:
            self._old_list = kind == "granted"

    def _permission(self, name: str, suffix: str) -> None:
        if not (suffix.startswith(": granted=true") or (self._old_list and not suffix.strip())):
            return
        if self._user is None or self._old_list:
            self._granted.add(PERMISSIONS[name])
        else:
            self._of_user.setdefault(self._user, set()).add(PERMISSIONS[name])

    def states(self) -> tuple[UserState, ...]:
        """The package's state for every user that the blocks name; for user 0 in a dump of before Android 4.2."""
        states = {} if self._silent else self._states
        if not states and self._enabled is not None:
            states = {"0": UserState(user="0", state="disabled" if self._enabled in _DISABLED else "installed")}
        return tuple(
            UserState(
                user=user,
                state=state.state,
                permissions=tuple(sorted(self._granted | self._of_user.get(user, set()))),
            )
            for user, state in states.items()
        )


def _state(user: str, line: str) -> UserState:
    words: dict[str, str] = {}
    for key, value in _WORD.findall(line):
        words.setdefault(key, value)
    state: AppState | None = "installed"
    if words.get("installed") == "false":
        state = "removed-trace" if words.get("ceDataInode", "0") not in ("0", "-1") else None
    elif words.get("hidden") == "true" or words.get("enabled") in _DISABLED:
        state = "disabled"
    return UserState(user=user, state=state)


_STRENGTH: dict[AppState | None, int] = {None: 0, "removed-trace": 1, "archived": 2, "disabled": 3, "installed": 4}


def _stronger(first: UserState | None, second: UserState) -> UserState:
    """Of two statements about one user the one that says more is there."""
    if first is None or _STRENGTH[second.state] > _STRENGTH[first.state]:
        return second
    return first
