"""Web apps on the home screen: `Library/WebClips/<id>.webclip/Info.plist`, written by Safari and by profiles.

Keys `URL` and `Title`; a clip that stands for an app has `ApplicationBundleIdentifier` instead. Source: the folder's
name in real backups, and the keys that programs write there which place icons on the home screen; no capture of one.
"""

from setapart_agent.collectors.apple.parse.plist import is_plist, read_plist, text_of
from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "ios.web-clip"
MATURITY: Maturity = "untested"
_APP = "ApplicationBundleIdentifier"


def recognise(name: str, content: bytes) -> bool:
    """By the folder that the file stands in."""
    return ".webclip/" in name.replace("\\", "/") and is_plist(content)


def parse(files: FileSet) -> Facts:
    """The web app; none where the clip opens something else than a web page.

    Raises:
        ParseError: no property list, or none with an address.
    """
    clip = read_plist(files.main, "Info.plist of a web clip")
    url = text_of(clip, "URL")
    if url is None and text_of(clip, _APP) is not None:
        return Facts()  # another icon for an app, which the list of apps has
    if url is None:
        raise ParseError("a web clip without an address", expected="Info.plist of a web clip")
    origin = origin_of(url)
    if origin is None:
        return Facts()
    name = text_of(clip, "Title")
    return Facts(apps=(App(identifier=origin, name=name, profile=files.profile, kind="web-app", source="backup"),))
