"""`Info.plist` of an app bundle, XML or binary.

Sources: Apple's "Core Foundation Keys" and "About Information Property List Files". Web apps that Safari and Chromium's
family make into bundles are read as `browser.parse.mac_web_app` reads them.
"""

from msgspec import Struct, structs

from setapart_agent.collectors.apple.parse.plist import is_plist, read_plist, text_of
from setapart_agent.collectors.browser.parse.mac_web_app import UNKNOWN_ORIGIN, web_app
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, AppKind, Coverage
from setapart_evidence.statement import Maturity

KIND = "macos.info-plist"
MATURITY: Maturity = "captures"

_EXPECTED = "the Info.plist of an app"
_KEYS = (b"CFBundleIdentifier", b"CFBundleExecutable", b"CFBundlePackageType")
_BUNDLE = ".app"


class Bundle(Struct, frozen=True, kw_only=True):
    """What a bundle says of itself. `executable` is a bare file name; `web` the web app that it stands for, if any."""

    identifier: str
    name: str | None = None
    version: str | None = None
    executable: str | None = None
    web: App | None = None

    @property
    def doubt(self) -> str | None:
        """Why it is not known what this is: a web app that does not tell its site."""
        return UNKNOWN_ORIGIN if self.web is not None and "://" not in self.web.identifier else None

    def app(self, profile: str, kind: AppKind = "native", publisher: str | None = None) -> App:
        """The app, as one profile has it."""
        if self.web is not None:
            return structs.replace(self.web, profile=profile)
        return App(
            identifier=self.identifier,
            name=self.name,
            version=self.version,
            profile=profile,
            kind=kind,
            source="bundle",
            publisher=publisher,
        )


def recognise(name: str, content: bytes) -> bool:
    """By a bundle's keys; a property list of another name must have more than one of them."""
    if not is_plist(content):
        return False
    found = sum(key in content for key in _KEYS)
    return found >= (1 if name.replace("\\", "/").rpartition("/")[2] == "Info.plist" else 2)


def parse(files: FileSet) -> Facts:
    """The one app.

    Raises:
        ParseError: no property list, or one that names nothing.
    """
    bundle = read(files.main, files.path)
    rows: tuple[Coverage, ...] = ()
    if bundle.doubt is not None:
        rows = (Coverage(section="apps", profile=files.profile, collector=KIND, status="partial", reason=bundle.doubt),)
    return Facts(apps=(bundle.app(files.profile),), coverage=rows)


def read(content: bytes, path: str = "") -> Bundle:
    """What a bundle says of itself; the folder's name stands in where it does not say its own.

    Args:
        content: the property list.
        path: where it stood.

    Raises:
        ParseError: no property list, or one that names nothing.
    """
    info = read_plist(content, _EXPECTED)
    folder = next((part for part in reversed(path.split("/")) if part.endswith(_BUNDLE)), "").removesuffix(_BUNDLE)
    name = text_of(info, "CFBundleDisplayName", "CFBundleName") or folder or None
    executable = text_of(info, "CFBundleExecutable")
    identifier = text_of(info, "CFBundleIdentifier") or executable or name
    if identifier is None:
        raise ParseError("no bundle identifier and no name", expected=_EXPECTED)
    return Bundle(
        identifier=identifier.strip(),
        name=name,
        version=text_of(info, "CFBundleShortVersionString", "CFBundleVersion"),
        executable=executable if executable and "/" not in executable and executable not in (".", "..") else None,
        web=web_app(info, ""),
    )
