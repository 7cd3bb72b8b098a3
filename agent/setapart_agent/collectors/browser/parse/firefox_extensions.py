"""Add-ons of Firefox and Thunderbird: `extensions.json` of a profile, or what `prefs.js` tells of them.

Locations are those of toolkit/mozapps/extensions/internal/XPIProvider.sys.mjs: `app-builtin` and `app-system-*` ship
with the program; `app-profile`, `app-global`, `app-system-share` and the like were installed.
"""

import re

from setapart_agent.collectors.browser.parse.json_file import decoded, member, word
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "browser.firefox-extensions"
MATURITY: Maturity = "real-hardware"

_BUILT_IN = ("app-builtin", "app-builtin-addons", "app-system-defaults", "app-system-addons", "app-system-builtin")
# From a line's start: from anywhere, a line that begins so again and again would cost the square of its length.
_UUIDS = re.compile(r'^[ \t]*user_pref\("extensions\.webextensions\.uuids", "(.*)"\);', re.MULTILINE)
_RESERVED = ("@mozilla.org", "@mozilla.com", "@shield.mozilla.org", "@search.mozilla.org", "@thunderbird.net")


def recognise(name: str, content: bytes) -> bool:
    """By the keys `schemaVersion` and `addons`; a `prefs.js` only where it is no mail program's."""
    head = content[:65536]
    if head.lstrip().startswith(b"{"):
        return b'"schemaVersion"' in head and b'"addons"' in head
    return name.endswith("prefs.js") and b'"extensions.webextensions.uuids"' in content and b'"mail.' not in content


def parse(files: FileSet) -> Facts:
    """The add-ons that did not come with the program.

    Raises:
        ParseError: neither of the two files.
    """
    if files.main.lstrip()[:1] != b"{":
        return Facts(apps=_from_prefs(text(files.main), files.profile))
    addons = decoded(files.main, "an extensions.json").get("addons")
    if not isinstance(addons, list):
        raise ParseError("no list of add-ons", expected="an extensions.json")
    found = tuple(app for addon in addons if (app := _addon(addon, files.profile)) is not None)
    return Facts(apps=tuple(dict.fromkeys(found)))


def _addon(addon: object, profile: str) -> App | None:
    identifier = word(member(addon, "id"))
    if identifier is None or member(addon, "location") in _BUILT_IN:
        return None
    off = member(addon, "active") is False or member(addon, "userDisabled") is True
    granted = member(addon, "userPermissions", "permissions")
    return App(
        identifier=identifier,
        name=word(member(addon, "defaultLocale", "name")),
        version=word(member(addon, "version")),
        profile=profile,
        kind="browser-extension",
        source="browser",
        state="disabled" if off else "installed",
        permissions=tuple(sorted({one for one in granted if isinstance(one, str)}))
        if isinstance(granted, list)
        else (),
    )


def _from_prefs(prefs: str, profile: str) -> tuple[App, ...]:
    """The ids that were given an address; names under Mozilla's own domains can't be taken by anybody else."""
    found = _UUIDS.search(prefs)
    if found is None:
        raise ParseError("no extensions in it", expected="extensions.json or prefs.js")
    uuids = decoded(found[1].replace('\\"', '"').encode("utf-8", "replace"), "extensions.webextensions.uuids")
    return tuple(
        App(identifier=identifier, profile=profile, kind="browser-extension", source="browser")
        for identifier in uuids
        if not identifier.endswith(_RESERVED)
    )
