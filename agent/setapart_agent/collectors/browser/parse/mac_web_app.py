"""Web apps that macOS keeps as bundles of their own: Safari's and Chromium's, by their `Contents/Info.plist`.

Safari (macOS 14, "Add to Dock") gives the bundle id `com.apple.Safari.WebApp.<UUID>` and keeps the site's manifest
under `Manifest`, with an absolute `start_url`, and its address under `WKManifestURL`: a bundle of 18 KB without a
program (eclecticlight.co, "How do Sonoma's Web Apps work?"). Apple does not document the keys; those who read them
agree. Chromium's shims carry `CrAppModeShortcutURL` and `CrAppModeShortcutID` (chrome/common/mac/app_mode_common.mm).
Both start in `~/Applications` and work in any other folder for apps.
"""

from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, read_plist, text_of
from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage
from setapart_evidence.statement import Maturity

KIND = "browser.mac-web-app"
MATURITY: Maturity = "untested"
UNKNOWN_ORIGIN = "a web app whose site is not known"

_SAFARI = "com.apple.Safari.WebApp"
_MARKS = (_SAFARI, "CrAppModeShortcut")


def recognise(name: str, content: bytes) -> bool:
    """An Info.plist with a key, or a bundle id, that only web apps have."""
    if not name.endswith(".plist") or not is_plist(content):
        return False
    return any(mark.encode(spelling) in content for mark in _MARKS for spelling in ("ascii", "utf-16-le"))


def parse(files: FileSet) -> Facts:
    """The web app; one whose site is not known goes by its bundle id, and coverage says so.

    Raises:
        ParseError: not the Info.plist of a web app.
    """
    info = read_plist(files.main, "an Info.plist")
    app = web_app(info, files.profile)
    if app is None:
        raise ParseError("no web app", expected="the Info.plist of a web app")
    if "://" in app.identifier:
        return Facts(apps=(app,))
    row = Coverage(section="apps", profile=files.profile, collector=KIND, status="partial", reason=UNKNOWN_ORIGIN)
    return Facts(apps=(app,), coverage=(row,))


def web_app(info: Dict, profile: str) -> App | None:
    """The web app that an Info.plist stands for; `None` for that of a program.

    Args:
        info: the plist's content.
        profile: whose app it is.
    """
    bundle = text_of(info, "CFBundleIdentifier") or ""
    chromium = text_of(info, "CrAppModeShortcutURL", "CrAppModeShortcutID")
    if chromium is None and bundle != _SAFARI and not bundle.startswith(f"{_SAFARI}."):
        return None
    return App(
        identifier=_site(info) or bundle or chromium or "",
        name=text_of(info, "CrAppModeShortcutName", "CFBundleDisplayName", "CFBundleName"),
        profile=profile,
        kind="web-app",
        source="bundle",
    )


def _site(info: Dict) -> str | None:
    manifest = dict_of(info, "Manifest")
    addresses = (
        text_of(info, "CrAppModeShortcutURL"),
        text_of(manifest, "start_url"),
        text_of(manifest, "scope"),
        text_of(info, "WKManifestURL"),
        text_of(dict_of(info, "WKPushBundleMetadata"), "manifestId"),
    )
    return next((origin for one in addresses if one and (origin := origin_of(one)) is not None), None)
