"""The packages that the package manager lists: `pm list packages`, with or without `-f -i -U --show-versioncode`.

A line is `package:[<apk path>=]<package>` and then any of `versionCode:<n>`, `  installer=<package|null>` and
`uid:<n>[,<n>]`. The path itself may hold `=`. Without `--user` the uids of all users stand in one list; a uid is the
user times 100 000 plus the app id. Source: PackageManagerShellCommand.runListPackages of AOSP.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.android.parse.command_output import normal, refusal
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage, CoverageStatus
from setapart_evidence.statement import Maturity

KIND = "android.pm-list"
MATURITY: Maturity = "captures"

COLLECTOR = "android.packages"
PACKAGE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
UIDS_OF_A_USER = 100_000
_SUFFIX = re.compile(r"(installer)=(\S*)|(uid):([\d,]{1,4096})|(versionCode):(\d{1,19})|(\w{1,32})[:=][^\s/]*")
_MOST_SUFFIXES = 16
_LONGEST_UID = 10
# `shell@phone:/ $ pm …`, `user@host:~$ adb …`, `C:\\tools>adb …`, and the same before nothing.
_PROMPT = re.compile(
    r"(?:[^\s$#>]{0,80} ?[$#]|(?:PS )?[A-Za-z]:\\[^>]{0,80}>)(?: ?(?:pm|cmd|exit|adb|\.[\\/]adb)\b.*)?"
)
# What a shell, a linker or adb may put before the list.
_NOISE = ("WARNING: ", "* daemon ", "adb server ")


class ListedPackage(Struct, frozen=True, kw_only=True):
    """One line; `users` are those that the uids belong to, empty where no uid is printed."""

    name: str
    path: str | None = None
    installer: str | None = None
    version_code: int | None = None
    users: tuple[str, ...] = ()


class PackageList(Struct, frozen=True, kw_only=True):
    """The packages of one list; `damage` says why there may be more."""

    packages: tuple[ListedPackage, ...]
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether a package line is among the first lines."""
    return re.search(r"^package:[\w/]", normal(content[:4096]), re.MULTILINE) is not None


def parse(files: FileSet) -> Facts:
    """The apps of the users that the uids name, or of the file's profile where there are no uids."""
    listed = read(normal(files.main))
    fallback = "0" if files.profile == "unknown" else files.profile
    apps = tuple(
        App(identifier=package.name, profile=user, source="package-manager")
        for package in listed.packages
        for user in (package.users or (fallback,))
    )
    users = dict.fromkeys(app.profile for app in apps)
    return Facts(apps=apps, coverage=tuple(apps_row(user, listed.damage) for user in users))


def apps_row(user: str, damage: str | None) -> Coverage:
    """The coverage of one user's apps: partial where something says that there may be more."""
    status: CoverageStatus = "observed" if damage is None else "partial"
    return Coverage(section="apps", profile=user, collector=COLLECTOR, status=status, reason=damage)


def read(output: str) -> PackageList:
    """The packages that an output lists.

    Raises:
        ParseError: none is listed; the message says why if the device told.
    """
    found: list[ListedPackage] = []
    strange: list[str] = []
    for line in output.split("\n"):
        if line.startswith("package:"):
            package = _package(line)
            if package is None:
                strange.append(line)
            else:
                found.append(package)
        elif line.strip() and not line.startswith(_NOISE):
            strange.append(line)
    if not found:
        why = refusal(output)
        raise ParseError(why.reason if why else "no package is listed", expected="lines of package:<name>")
    damage = None
    if strange and not all(_is_prompt(line) for line in strange):
        why = refusal("\n".join(strange))
        damage = why.reason if why else "a line of the list is broken"
    elif not output.endswith("\n") or (found[0].users and not found[-1].users):
        damage = "the list is cut off"
    return PackageList(packages=tuple(found), damage=damage)


def _package(line: str) -> ListedPackage | None:
    rest = line.removeprefix("package:").rstrip()
    values: dict[str, str] = {}
    for _ in range(_MOST_SUFFIXES):
        head, _, last = rest.rpartition(" ")
        suffix = _SUFFIX.fullmatch(last)
        if not head or suffix is None:
            break
        for key in (1, 3, 5):
            if suffix[key]:
                values[suffix[key]] = suffix[key + 1]
        rest = head.rstrip()
    path, equals, name = rest.rpartition("=")
    if not PACKAGE_NAME.fullmatch(name) or (equals and not path):
        return None
    installer = values.get("installer")
    uids = (uid for uid in values.get("uid", "").split(",") if 0 < len(uid) <= _LONGEST_UID)
    return ListedPackage(
        name=name,
        path=path or None,
        installer=None if installer in (None, "", "null") else installer,
        version_code=int(values["versionCode"]) if "versionCode" in values else None,
        users=tuple(dict.fromkeys(str(int(uid) // UIDS_OF_A_USER) for uid in uids)),
    )


def _is_prompt(line: str) -> bool:
    """Whether a line is a shell prompt, alone or with a command, as captured sessions hold."""
    return _PROMPT.fullmatch(line.rstrip()) is not None
