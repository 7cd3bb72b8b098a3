"""The sites of web apps that a browser has made into packages (WebAPKs): `org.chromium.webapk.…` and others.

A WebAPK answers to the links of its site, and `dumpsys package` shows hosts of links in two places. From Android 12
below `Domain verification status:`, for every package: `<package> <uuid>:` or `<package>:`, and below it hosts as
`<host>: <state>` and under `Enabled:` and `Disabled:`. And in the table of activities when the dump of one package
was asked for: `<hash> <package>/<class> filter <hash>`, and below it `Authority: "<host>": -1`. Sources:
DomainVerificationDebug and IntentFilter.dump of AOSP; package names from published lists of packages.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from setapart_agent.facts import host_of

NAME = re.compile(r"[A-Za-z]\w*(?:\.\w+)*\.webapk(?:\.\w+)+", re.ASCII)
"""The package name of a WebAPK: of Chromium's family `org.chromium.webapk`, of Samsung's browser one of its own."""

NO_SITE = "a web app does not tell its site"

_MARK = ".webapk."
_LONGEST_LINE = 1024
_HEADING = re.compile(r" {2}([\w.]{1,255})(?: [0-9a-f-]{36})?:\s*")
_FILTER = re.compile(r"\s{0,32}[0-9a-f]{1,16} ([\w.]{3,255})/\S{1,512} filter [0-9a-f]{1,16}\s*")
_AUTHORITY = re.compile(r'\s{0,32}Authority: "([^"\s]{1,255})": -?\d{1,6}(?: WILD)?\s*')
_HOST = re.compile(r"\s{1,32}((?:[\w*-]{1,63}\.){1,32}[\w-]{1,63}\.?)(?:: (?:\w+|\d+))?\s*")
_SECTION = "Domain verification status:"
_MOST_SITES = 2000


class WebSite(Struct, frozen=True, kw_only=True):
    """A host to whose links a package answers."""

    package: str
    host: str


def sites(output: str) -> tuple[WebSite, ...]:
    """The hosts of every WebAPK that a dump of the package service shows.

    Args:
        output: normal text of the whole dump, or of that of one package.
    """
    if _MARK not in output:
        return ()
    found: dict[WebSite, None] = {}
    for package, host in (*_verified(output), *_filtered(output)):
        name = host_of(host.removeprefix("*."))
        if name is not None and len(found) < _MOST_SITES:
            found.setdefault(WebSite(package=package, host=name))
    return tuple(found)


def _verified(output: str) -> Iterable[tuple[str, str]]:
    """Packages and hosts of the section about domains, which ends where a line is not indented."""
    start = output.find(_SECTION)
    while start >= 0:
        package: str | None = None
        at = output.find("\n", start) + 1
        while 0 < at < len(output):
            end = output.find("\n", at)
            end = len(output) if end < 0 else end
            line = output[at : min(end, at + _LONGEST_LINE)]
            at = end + 1
            if line and not line[0].isspace():
                break
            heading = _HEADING.fullmatch(line)
            if heading is not None:
                package = heading[1] if NAME.fullmatch(heading[1]) else None
            elif package is not None and (host := _HOST.fullmatch(line)) is not None:
                yield package, host[1]
        start = output.find(_SECTION, at)


def _filtered(output: str) -> Iterable[tuple[str, str]]:
    """Packages and hosts of the table of activities."""
    at = output.find(_MARK)
    while at >= 0:
        begin, end = output.rfind("\n", max(0, at - _LONGEST_LINE), at) + 1, output.find("\n", at)
        end = len(output) if end < 0 else end
        opened = _FILTER.fullmatch(output[begin : min(end, begin + _LONGEST_LINE)])
        at = end
        if opened is not None and NAME.fullmatch(opened[1]):
            for line in output[end + 1 : end + 1 + 16 * _LONGEST_LINE].split("\n"):
                if _FILTER.fullmatch(line[:_LONGEST_LINE]) or not line.startswith(" "):
                    break
                if (authority := _AUTHORITY.fullmatch(line[:_LONGEST_LINE])) is not None:
                    yield opened[1], authority[1]
        at = output.find(_MARK, at)
