r"""Desktop entries (freedesktop.org, "Desktop Entry Specification 1.5"): programs, and web apps made by browsers.

An `Exec` that opens a site of its own (`--app=https://…`, GNOME Web, Linux Mint's web apps) is a web app with that
origin. Chromium's installed web apps say only `--app-id=…`, which the caller resolves from the browser's profile. A
program that stands outside the folders of packages is also reported as portable, by its name alone: Telegram writes
an entry with a random suffix for a copy that somebody unpacked at home, Wine one per program, Distrobox one for each
that it was told to export from a container.
"""

import itertools
import re

from msgspec import Struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App, Coverage
from setapart_evidence.statement import Maturity

KIND = "linux.desktop-entry"
MATURITY: Maturity = "real-hardware"

_GROUP = b"[Desktop Entry]"
_URL = re.compile(r"""https?://[^\s"'`\\/?#]+""", re.IGNORECASE)
_APP_ID = re.compile(r"--app-id=[\"']?([a-p]{32})(?![a-z])")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_ESCAPE = re.compile(r"\\([sntr\\])")
_ESCAPED = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_WINDOWS_PROGRAM = re.compile(r"([^\\/\"':]+\.(?:exe|lnk))\b", re.IGNORECASE)
_BROWSER = re.compile(
    r"chrom|brave|msedge|microsoft-edge|vivaldi|opera|firefox|librewolf|waterfox|floorp|epiphany", re.IGNORECASE
)
_MAX_COMMAND = 4096
_CONTAINED = "distrobox-enter"
"""Starts what follows `--` in a container, where no package of this system brought it."""
_WRAPPERS = frozenset({"env", "sh", "bash", "exec", "nice", "firejail", "prime-run", "gamemoderun", "sudo", "pkexec"})
_PACKAGED = (
    "/usr/bin/", "/usr/sbin/",
    "/usr/lib", "/usr/share/", "/usr/games/", "/usr/local/share/", "/bin/", "/sbin/", "/snap/",
    "/var/lib/flatpak/", "/var/lib/snapd/", "/nix/store/", "/gnu/store/", "/run/current-system/",
)  # fmt: skip


class Entry(Struct, frozen=True, kw_only=True):
    """One entry: the apps that it stands for.

    Attributes:
        apps: the entry itself, its program where that stands outside the folders of packages, its web app.
        app_id: Chromium's id of the web app that it opens, whose origin only the browser's profile knows.
        profile_directory: the folder of that browser profile.
        name: what the entry is called.
    """

    apps: tuple[App, ...]
    app_id: str | None = None
    profile_directory: str | None = None
    name: str | None = None


def recognise(name: str, content: bytes) -> bool:
    """By the group `[Desktop Entry]`."""
    return _GROUP in content[:8192] and not name.endswith(".directory")


def parse(files: FileSet) -> Facts:
    """The apps of an entry. A web app of unknown origin keeps its id as identifier, and coverage says so.

    Raises:
        ParseError: no desktop entry.
    """
    found = entry(files)
    if found is None:
        return Facts()
    if found.app_id is None:
        return Facts(apps=found.apps)
    row = Coverage(section="apps", profile=files.profile, collector=KIND, status="partial", reason=UNKNOWN_ORIGIN)
    return Facts(apps=(*found.apps, web_app(found.app_id, found.name, files.profile)), coverage=(row,))


UNKNOWN_ORIGIN = "web app of unknown origin"
"""The reason for coverage where a web app's site can't be told. Its id stays here: who knows sites can turn it back."""


def entry(files: FileSet) -> Entry | None:
    """Reads one entry; `None` for links, folders, and entries that are marked as deleted.

    Raises:
        ParseError: no desktop entry.
    """
    group = _main_group(files.main)
    if _value(group, b"Type") not in (None, "Application") or _value(group, b"Hidden") == "true":
        return None
    name, command = _value(group, b"Name"), _value(group, b"Exec") or ""
    sites, app_id = tuple(dict.fromkeys(_URL.findall(command.lower()))), _APP_ID.search(command)
    words = _words(command)
    program = _program(words, command)
    apps: list[App] = []
    if not (sites or app_id) or not _BROWSER.search(command):
        identifier = file_id(files.path) or name or "unnamed"
        apps.append(App(identifier=identifier, name=name, profile=files.profile, source="desktop-entry"))
    if program is not None and not _BROWSER.search(program):
        apps.append(App(identifier=program, name=name, profile=files.profile, kind="portable", source="desktop-entry"))
    apps += (web_app(site, name, files.profile) for site in sites)
    directory = next((word.partition("=")[2] for word in words if word.startswith("--profile-directory=")), None)
    return Entry(
        apps=tuple(apps),
        app_id=app_id[1] if app_id and not sites else None,
        profile_directory=directory,
        name=name,
    )


def web_app(origin: str, name: str | None, profile: str) -> App:
    """A web app that a desktop entry opens."""
    return App(identifier=origin, name=name, profile=profile, kind="web-app", source="desktop-entry")


def file_id(path: str) -> str:
    """The desktop file id: the path below `applications/`, with dashes for slashes."""
    _, found, below = path.rpartition("/applications/")
    if not found:
        below = path.rpartition("/")[2]
    return below.replace("/", "-")


def _main_group(content: bytes) -> bytes:
    start = 0 if content.startswith(_GROUP) else content.find(b"\n" + _GROUP)
    if start < 0:
        start = content.find(_GROUP)  # behind a byte-order mark or blanks
    if start < 0:
        raise ParseError("no [Desktop Entry]", expected="a desktop entry")
    end = content.find(b"\n[", start + 1)
    return content[start:] if end < 0 else content[start:end]


def _value(group: bytes, key: bytes) -> str | None:
    """A value without locale, the last one as for GLib; spaces may stand around the equals sign."""
    at = len(group)
    while (at := group.rfind(b"\n" + key, 0, at)) >= 0:
        start = at + 1 + len(key)
        end = group.find(b"\n", start)
        rest = (group[start:] if end < 0 else group[start:end]).lstrip(b" \t")
        if rest.startswith(b"="):
            return _ESCAPE.sub(lambda match: _ESCAPED[match[1]], text(rest[1:].strip())) or None
    return None


def _words(command: str) -> list[str]:
    """The arguments of a command line (Desktop Entry Specification, "The Exec key")."""
    return [quoted or plain for quoted, plain in _WORD.findall(command[:_MAX_COMMAND])]


def _program(words: list[str], command: str) -> str | None:
    """The base name of the program, if it stands outside the folders of packages."""
    if any("wine" in word.rpartition("/")[2] for word in words[:4]):
        found = _WINDOWS_PROGRAM.search(command[:_MAX_COMMAND])
        return found[1].removesuffix(".lnk").strip() if found else None
    if _CONTAINED in (word.rpartition("/")[2] for word in words[:4]) and "--" in words:
        inner = (word.strip("'").partition(" ")[0] for word in words[words.index("--") + 1 :])
        names = (word.rpartition("/")[2] for word in inner if _bare(word))
        return next((name for name in names if name not in _WRAPPERS), None)
    for word, following in itertools.zip_longest(words, words[1:]):
        if word == "-c" and following is not None:  # a shell's command line
            return _program(following.split(), following)
        if not _bare(word) or word.rpartition("/")[2] in _WRAPPERS:
            continue  # env's assignments, options, and programs that start others
        if "/" not in word:
            return None  # found by PATH
        return None if word.startswith(_PACKAGED) else word.rpartition("/")[2] or None
    return None


def _bare(word: str) -> bool:
    """Whether a word is neither an option nor an assignment."""
    return bool(word) and not word.startswith("-") and "=" not in word.partition("/")[0]
