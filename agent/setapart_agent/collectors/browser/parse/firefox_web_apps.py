"""Web apps of Firefox: `taskbartabs/taskbartabs.json` of a profile, and `config.json` of PWAsForFirefox.

Format: browser/components/taskbartabs, TaskbarTabs.1.schema.json. The desktop entry that Firefox writes beside it names
the same site, and may be gone while the web app is not.

PWAsForFirefox (github.com/filips123/PWAsForFirefox, native/src) keeps `sites` by their ids, each with its manifest and
what the user changed; its desktop entries name the id alone.
"""

from collections.abc import Iterator

from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.collectors.browser.parse.json_file import decoded, member, members, word
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage
from setapart_evidence.statement import Maturity

KIND = "browser.firefox-web-apps"
MATURITY: Maturity = "real-hardware"
UNKNOWN_ORIGIN = "a web app whose site is not known"

_ADDRESSES = (("config", "start_url"), ("config", "document_url"), ("manifest", "start_url"), ("manifest", "scope"))


def recognise(name: str, content: bytes) -> bool:
    """By the key of its list, or by keys of PWAsForFirefox."""
    del name
    return b'"taskbarTabs"' in content or (b'"sites"' in content and b'"document_url"' in content)


def parse(files: FileSet) -> Facts:
    """The web apps with a site.

    Raises:
        ParseError: no list of web apps.
    """
    found = decoded(files.main, "a taskbartabs.json")
    if isinstance(found.get("sites"), dict):
        return _installed(found["sites"], files.profile)
    listed = found.get("taskbarTabs")
    if not isinstance(listed, list):
        raise ParseError("no list of web apps", expected="a taskbartabs.json")
    apps = (
        App(identifier=origin, name=word(member(tab, "name")), profile=files.profile, kind="web-app", source="browser")
        for tab in listed
        if (origin := origin_of(word(member(tab, "startUrl")) or "")) is not None
    )
    return Facts(apps=tuple(dict.fromkeys(apps)))


def _installed(sites: object, profile: str) -> Facts:
    """The sites that PWAsForFirefox opens; one without an address is told."""
    apps: dict[App, None] = {}
    unknown = False
    for _, site in members(sites):
        name = word(member(site, "config", "name")) or word(member(site, "manifest", "name"))
        origins = dict.fromkeys(_origins(site))
        unknown = unknown or not origins
        for origin in origins:
            apps[App(identifier=origin, name=name, profile=profile, kind="web-app", source="browser")] = None
    row = Coverage(section="apps", profile=profile, collector=KIND, status="partial", reason=UNKNOWN_ORIGIN)
    return Facts(apps=tuple(apps), coverage=(row,) if unknown else ())


def _origins(site: object) -> Iterator[str]:
    for path in _ADDRESSES:
        if (origin := origin_of(word(member(site, *path)) or "")) is not None:
            yield origin
