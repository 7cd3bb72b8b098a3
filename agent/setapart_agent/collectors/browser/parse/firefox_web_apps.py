"""Web apps of Firefox: `taskbartabs/taskbartabs.json` of a profile.

Format: browser/components/taskbartabs, TaskbarTabs.1.schema.json. The desktop entry that Firefox writes beside it names
the same site, and may be gone while the web app is not.
"""

from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.collectors.browser.parse.json_file import decoded, member, word
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "browser.firefox-web-apps"
MATURITY: Maturity = "real-hardware"


def recognise(name: str, content: bytes) -> bool:
    """By the key of its list."""
    del name
    return b'"taskbarTabs"' in content


def parse(files: FileSet) -> Facts:
    """The web apps with a site.

    Raises:
        ParseError: no list of web apps.
    """
    listed = decoded(files.main, "a taskbartabs.json").get("taskbarTabs")
    if not isinstance(listed, list):
        raise ParseError("no list of web apps", expected="a taskbartabs.json")
    apps = (
        App(identifier=origin, name=word(member(tab, "name")), profile=files.profile, kind="web-app", source="browser")
        for tab in listed
        if (origin := origin_of(word(member(tab, "startUrl")) or "")) is not None
    )
    return Facts(apps=tuple(dict.fromkeys(apps)))
