"""Safari's extensions: `Extensions.plist` of one user, or of one of their Safari profiles.

Since Safari 12 and 14 app and web extensions come inside apps, and two lists of this name keep their state, in
`AppExtensions` and `WebExtensions` below Safari's container: `<bundle id> (<team id>)` to a dictionary with `Enabled`
(missing where nobody has decided), `GrantedPermissions` and, once the app is gone, `RemovedDate` (SafariShared,
WBSExtensionsController; osquery's table safari_extensions reads the same). The former kind stands in
`~/Library/Safari/Extensions` with an array `Installed Extensions` (mac_apt, plugins/safari.py).
"""

import re

from setapart_agent.collectors.apple.parse.plist import Dict, bool_of, dict_of, dicts_of, is_plist, read_plist, text_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, AppState
from setapart_evidence.statement import Maturity

KIND = "browser.safari-extensions"
MATURITY: Maturity = "untested"

_NAME = "Extensions.plist"
_ARCHIVE = ".safariextz"
_COMPOSED = re.compile(r"([\w.-]+) \((\w+)\)")
_UNSIGNED = "UNSIGNED"
"""Stands for the team of an extension under development."""


def recognise(name: str, content: bytes) -> bool:
    """By the file's name."""
    return name.rpartition("/")[2] == _NAME and is_plist(content)


def parse(files: FileSet) -> Facts:
    """The extensions, those that were removed as traces.

    Raises:
        ParseError: not a property list of this shape.
    """
    listed = read_plist(files.main, f"Safari's {_NAME}")
    former = dicts_of(listed, "Installed Extensions")
    if former or "Installed Extensions" in listed:
        apps = [app for entry in former if (app := _former(entry, files.profile)) is not None]
        return Facts(apps=tuple(dict.fromkeys(apps)))
    apps = [_app(identifier, entry, files.profile) for identifier, entry in listed.items() if isinstance(entry, dict)]
    if listed and not apps:
        raise ParseError("no extension in it", expected=f"Safari's {_NAME}")
    return Facts(apps=tuple(dict.fromkeys(apps)))


def _app(composed: str, entry: Dict, profile: str) -> App:
    found = _COMPOSED.fullmatch(composed)
    identifier, team = found.groups() if found else (composed, None)
    return App(
        identifier=identifier,
        profile=profile,
        kind="browser-extension",
        source="browser",
        state="removed-trace" if "RemovedDate" in entry else _state(entry),
        publisher=f"team:{team}" if team and team != _UNSIGNED else None,
        permissions=tuple(sorted(dict_of(entry, "GrantedPermissions"))),
    )


def _former(entry: Dict, profile: str) -> App | None:
    """An extension of the former kind; its archive's name is all that some Macs keep of it."""
    archive = text_of(entry, "Archive File Name")
    name = archive.removesuffix(_ARCHIVE) if archive else None
    identifier = text_of(entry, "Bundle Identifier") or name
    if identifier is None:
        return None
    return App(
        identifier=identifier,
        name=name,
        profile=profile,
        kind="browser-extension",
        source="browser",
        state=_state(entry),
    )


def _state(entry: Dict) -> AppState:
    return "disabled" if bool_of(entry, "Enabled") is False else "installed"
