"""The packages that androidqf listed: `packages.json`.

An array of `{name, installer, uid, disabled, system, third_party, files: [{path, …, certificate: {Sha256, …},
verified_certificate, certificate_error}]}`. androidqf runs `pm list packages -U -u -i` and marks from `-d`, `-s` and
`-3`: `-u` adds packages that are gone and left data, which are neither of system nor of third parties then. Without
`--user`, old Android answers for user 0 and later ones for all: the uid tells whose app a line is, and is 0 where
androidqf could not read a list of several uids. Later versions ask user by user, and add `user_id` and `installed` (the
spelling of these two is not verified). Certificates are there only for APKs that were copied. Source: adb/packages.go,
adb/package_users.go and modules/packages.go of androidqf.
"""

from typing import Any

import msgspec
from msgspec import Struct

from setapart_agent.collectors.android.parse.pm_list import PACKAGE_NAME, UIDS_OF_A_USER, apps_row
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App, AppState
from setapart_evidence.statement import Maturity

KIND = "android.androidqf-packages"
MATURITY: Maturity = "captures"

_HEX_DIGITS = frozenset("0123456789abcdef")
_SHA256_DIGITS = 64


class _Certificate(Struct, frozen=True):
    sha256: Any = msgspec.field(name="Sha256", default=None)


class _File(Struct, frozen=True):
    path: Any = None
    certificate: _Certificate | None = None
    verified_certificate: Any = False


class _Package(Struct, frozen=True):
    name: Any
    files: tuple[_File, ...] | None = ()
    uid: Any = None
    disabled: Any = False
    system: Any = False
    third_party: Any = False
    user_id: Any = None
    installed: Any = None


class QfPackage(Struct, frozen=True, kw_only=True):
    """One package; `publisher` is `sha256:` and the digest of its verified certificate.

    `user` is `None` where the file does not tell which users have it.
    """

    name: str
    user: str | None
    state: AppState
    path: str | None = None
    publisher: str | None = None


class QfPackages(Struct, frozen=True, kw_only=True):
    """The packages of one folder; `damage` says why there may be more."""

    packages: tuple[QfPackage, ...]
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:
    """Whether this is a list of packages as androidqf writes it."""
    head = content[:65536]
    return (
        (name.endswith("packages.json") or b'"third_party"' in head or b'"local_name"' in head)
        and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        and b'"installer"' in content[:1_000_000]
    )


def parse(files: FileSet) -> Facts:
    """The apps of the users that the uids name."""
    listed = read(files.main)
    apps = tuple(
        App(
            identifier=one.name,
            profile=one.user or "0",
            source="package-manager",
            state=one.state,
            publisher=one.publisher,
        )
        for one in listed.packages
    )
    users = dict.fromkeys(app.profile for app in apps)
    return Facts(apps=apps, coverage=tuple(apps_row(user, listed.damage) for user in users))


def read(raw: bytes) -> QfPackages:
    """The packages that a file lists.

    Raises:
        ParseError: not an array of packages, or an empty one: every Android has packages.
    """
    try:
        entries = msgspec.json.decode(text(raw).encode(), type=tuple[msgspec.Raw, ...])
    except (msgspec.MsgspecError, RecursionError):
        raise ParseError("not a JSON array", expected="packages.json of androidqf") from None
    if not entries:
        raise ParseError("the list of packages is empty", expected="at least the package android")
    decoder = msgspec.json.Decoder(_Package)
    found: list[QfPackage] = []
    broken = 0
    for entry in entries:
        try:
            package = decoder.decode(entry)
        except (msgspec.MsgspecError, RecursionError):
            package = None
        if package is None or not isinstance(package.name, str) or PACKAGE_NAME.fullmatch(package.name) is None:
            broken += 1
        else:
            found.append(_package(package))
    if not found:
        raise ParseError("no entry of the list is a package", expected="packages.json of androidqf")
    marked = any(one.state in ("installed", "disabled") for one in found)
    damage = f"{broken} entries are broken" if broken else None
    if damage is None and any(one.user is None for one in found):
        damage = "the users of some packages are not told"
    if not marked:
        # `-s` and `-3` failed: nothing says which packages are traces, so all count as installed.
        found = [msgspec.structs.replace(one, state="installed") for one in found]
    return QfPackages(packages=tuple(dict.fromkeys(found)), damage=damage)


def _package(package: _Package) -> QfPackage:
    files = package.files or ()
    gone = package.system is not True and package.third_party is not True and not files
    if isinstance(package.installed, bool):
        gone = not package.installed
    state: AppState = "disabled" if package.disabled is True else "removed-trace" if gone else "installed"
    path = next((file.path for file in files if isinstance(file.path, str)), None)
    digests = dict.fromkeys(_digest(file) for file in files)
    publisher = next(iter(digests)) if len(digests) == 1 else None
    return QfPackage(
        name=str(package.name),
        user=_user(package),
        state=state,
        path=path,
        publisher=publisher,
    )


def _user(package: _Package) -> str | None:
    user = package.user_id
    if isinstance(user, int) and not isinstance(user, bool) and 0 <= user < UIDS_OF_A_USER:
        return str(user)
    uid = package.uid
    return str(uid // UIDS_OF_A_USER) if isinstance(uid, int) and uid > 0 else None


def _digest(file: _File) -> str | None:
    """The digest of a certificate that androidqf verified; split APKs share it."""
    value = file.certificate.sha256 if file.certificate is not None else None
    if file.verified_certificate is not True or not isinstance(value, str):
        return None
    digest = value.replace(":", "").lower()
    return f"sha256:{digest}" if len(digest) == _SHA256_DIGITS and set(digest) <= _HEX_DIGITS else None
