"""Identifier keys: one spelling, `kind:value`, for whatever an app can be known by.

The catalog, the policy bundle, the agent's filter and the auditor's rule all compare these keys, so that "is this the
restricted app" has one answer everywhere. A key is compared for equality; kinds that mean "everything below" (web
origins, display-name prefixes) are met by giving an app all the keys it answers to.

| kind | value | compared with |
|---|---|---|
| android | package name | native apps of Android, also inside Waydroid |
| ios, macos | bundle id, lower case | native apps of iOS and macOS; a Mac runs iPad apps, so its apps answer to both |
| appx | package family name, lower case | AppX and MSIX packages |
| uninstall, uninstall-prefix | display name or its first words, lower case | Windows uninstall keys |
| linux | package name | dpkg, rpm, pacman, apk |
| flatpak, snap | application id, snap name | Flatpak, snap |
| desktop | desktop file id without `.desktop`, lower case | desktop entries |
| process | executable name, lower case, without version and suffix | portable binaries, AppImages; no bundles |
| extension | extension id, lower case | browser extensions |
| origin | host name | web apps, also on hosts below |
| signer, team | SHA-256 of the signing certificate; Apple team id | any app's publisher |
| hint | Android's 32-bit signature hash | suspicion only |
| label | look-alike form of the name | suspicion only |
"""

import re

from .identity import a_label
from .model import App, Platform

KINDS = frozenset(
    {
        "android", "ios", "macos", "appx", "uninstall", "uninstall-prefix", "linux", "flatpak", "snap", "desktop",
        "process", "extension", "origin", "signer", "team", "hint", "label",
    }
)  # fmt: skip
WEAK_KINDS = frozenset({"hint", "label"})
"""Kinds that raise a suspicion and never decide."""

_PACKAGE_SOURCES = frozenset({"dpkg", "rpm", "pacman", "apk"})
# "-1.2.3", "_v5", " 7.0-beta", digits at the very end, or an architecture and all that follows it. A digit inside a
# name ("mp3tag", "max2go") belongs to the name.
_VERSION_TAIL = re.compile(
    r"[-_ .]v?\d[\w.+-]*\Z"
    r"|v?\d[\d.]*\Z"
    r"|[-_. ](?:x86_64|x86|x64|i[3-6]86|amd64|aarch64|arm64|armhf|win32|win64|linux|portable|setup)(?![a-z\d]).*\Z",
    re.DOTALL,
)
_EXECUTABLE_SUFFIX = re.compile(r"\.(appimage|exe|bin|run|sh|x86_64|desktop)\Z")
_MAX_FILE_NAME = 255
_MAX_HOST = 253  # RFC 1035, section 2.3.4, without the root's dot
_PREFIX_WORDS = 4
_FOLDER_DIGEST = re.compile(r"\._[0-9a-f]{32}\Z")


def keys_of(platform: Platform, app: App) -> tuple[str, ...]:
    """Every key that an app answers to, strong ones first.

    Args:
        platform: of the device that the app was found on.
        app: as in an inventory.
    """
    keys = list(_identity(platform, app))
    if app.publisher is not None:
        scheme, _, value = app.publisher.partition(":")
        keys.append(f"team:{value}" if scheme == "team" else f"signer:{value.lower()}")
    if app.publisher_hint is not None:
        keys.append(f"hint:{app.publisher_hint.lower()}")
    if app.name is not None and app.kind != "browser-extension" and (label := look_alike(app.name)):
        keys.append(f"label:{label}")
    return tuple(keys)


def _identity(platform: Platform, app: App) -> tuple[str, ...]:  # noqa: PLR0911 - one line per kind reads best
    name = app.identifier
    if app.kind == "web-app":
        return origin_keys(name)
    if app.kind == "browser-extension":
        return (f"extension:{name.lower()}",)
    if (app.kind == "portable" and app.source != "bundle") or app.source == "process":
        return (f"process:{process_name(name)}",)
    if platform == "linux" and app.source in _PACKAGE_SOURCES:
        return (f"linux:{name}",)
    if app.source in ("flatpak", "snap", "appx"):
        return (f"{app.source}:{name.lower() if app.source == 'appx' else name}",)
    if app.source == "desktop-entry":
        return desktop_keys(name)
    if platform == "windows":
        return windows_keys(name)
    if platform == "android":
        return (f"android:{name}",)
    if platform == "macos":
        return (f"macos:{name.lower()}", f"ios:{name.lower()}")
    return (f"{platform}:{name.lower()}",)


def desktop_keys(identifier: str) -> tuple[str, ...]:
    """A desktop file id without the digest of its folder that portable copies of Telegram and its forks write into it.

    Waydroid's entries also answer as the Android package that they start.
    """
    name = _FOLDER_DIGEST.sub("", identifier.removesuffix(".desktop"))
    keys: tuple[str, ...] = (f"desktop:{name.lower()}",)
    if name.startswith("waydroid."):
        keys += (f"android:{name.removeprefix('waydroid.')}",)
    return keys


def windows_keys(display_name: str) -> tuple[str, ...]:
    """A display name and its first one to four words, as prefixes."""
    words = display_name.lower().split()
    prefixes = (" ".join(words[:count]) for count in range(1, min(len(words), _PREFIX_WORDS) + 1))
    return (f"uninstall:{' '.join(words)}", *(f"uninstall-prefix:{prefix}" for prefix in prefixes))


def origin_keys(url: str) -> tuple[str, ...]:
    """The host of a URL or host name in A-labels, and every parent domain with at least two labels."""
    host = url.partition("://")[2] or url
    host = re.split(r"[/?#\\]", host, maxsplit=1)[0].rpartition("@")[2]  # browsers read a backslash as a slash
    host = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    labels = a_label(host[-_MAX_HOST:].lstrip(".")).split(".")
    return tuple(f"origin:{'.'.join(labels[at:])}" for at in range(max(1, len(labels) - 1)))


def process_name(name: str) -> str:
    """An executable's bare name: no folder, suffix, version or architecture, lower case."""
    base = name.replace("\\", "/").rpartition("/")[2][:_MAX_FILE_NAME].lower()
    previous = None
    while previous != base:
        previous = base
        base = _EXECUTABLE_SUFFIX.sub("", base) or base
        base = _VERSION_TAIL.sub("", base) or base
    return base


# Letters that look like Latin ones: the part of Unicode's confusables.txt that names use (Cyrillic, Greek, Armenian,
# digits and signs).
_CONFUSABLE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0432\u043a\u043c\u043d\u0442\u0433"
    "\u04bb\u04cf\u051d\u0251\u0585\u057d\u0578\u0570\u0581\u03b7\u03b3\u03c3\u03c9@"
    "\u0501\u051b\u0131\u03b1\u03b5\u03b9\u03ba\u03bf\u03c1\u03c4\u03c5\u03c7\u03bd\u0261\u01c0\u217c01345$|l!",
    "aeopcyxijsbkmhtrhiwaounhgnyowadqiaeikoptuxvgiioieassiii",
)


def look_alike(name: str) -> str:
    """The form under which names that look the same are the same: NFKC, case-folded, confusables mapped, no marks."""
    if not name.isascii():
        import unicodedata  # a megabyte that few devices need

        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(char for char in decomposed if not unicodedata.combining(char))
    return "".join(char for char in name.casefold().translate(_CONFUSABLE) if char.isalnum())
