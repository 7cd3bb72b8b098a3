"""App bundles: of the system, of every user, and those that were left where they were downloaded; receipts as traces.

A bundle is a folder `X.app` with an Info.plist: in `Contents` for macOS, in `Wrapper/Y.app` for apps of iPhone and
iPad, beside the program itself in very old ones; without the ending `.app` a program can still be started in it.
"""

import os
from collections.abc import Iterable, Iterator

from setapart_agent.collectors.base import Absent, CollectorInfo, Failed, Observed
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.macos.device import HISTORY, SYSTEM_VERSION
from setapart_agent.collectors.macos.parse import info_plist, receipts
from setapart_agent.collectors.macos.parse.info_plist import Bundle
from setapart_agent.collectors.macos.signature import team_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import App, AppKind

_SEALED = ("/System/Applications", "/System/Cryptexes/App/System/Applications")
"""Folders of the system's own volume, which nobody but Apple can write to."""
_APPLICATIONS = "/Applications"
_INPUT_METHODS = "Library/Input Methods"
SYSTEM_FOLDERS = (_APPLICATIONS, f"/{_INPUT_METHODS}", "/Users/Shared")
_CASKS = ("/opt/homebrew/Caskroom", "/usr/local/Caskroom")
"""Where Homebrew keeps a link to every app that it put somewhere: `<cask>/<version>/X.app`."""
_EVERYBODYS = ("/", "/Users", *SYSTEM_FOLDERS)
"""Folders that are looked into where they are, or hold no app themselves."""
_HOME = ("Applications", _INPUT_METHODS)
_LEFT = ("Downloads", "Desktop", "Documents")
"""Folders of a home where apps lie that were never put into place."""
HOME_FOLDERS = (*_HOME, *_LEFT)
_DEEP, _SHALLOW = 2, 1
"""How far below folders for apps, and below other folders, there may be more folders with apps."""
_RECEIPTS = "/private/var/db/receipts"
_LIMIT = 16 * 1024 * 1024
_MOST_BUNDLES = 5000
_MOST_FOLDERS = 1000
_NO_FOLDER = Failed("not a folder")
_BUNDLE = ".app"
_CONTENTS = "Contents"


class Bundles:
    """Apps by their bundles, with the team that signed them."""

    info = CollectorInfo(
        name="macos.apps",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=(
            "Info.plist and code signature of apps of the system, and of those that Homebrew links to",
            "the same of each home's Applications, Downloads, Desktop, Documents, and of the home itself",
            "receipts of installers",
        ),
        modules=(
            __name__,
            "setapart_agent.collectors.macos.signature",
            "setapart_agent.collectors.macos.parse.info_plist",
            "setapart_agent.collectors.macos.parse.receipts",
            *(
                f"setapart_agent.collectors.browser.parse.{name}"
                for name in ("mac_web_app", "chromium_preferences", "json_file")
            ),
        ),
    )

    def collect(self, host: Host) -> Facts:
        """One row for the system and one for every user."""
        system = Gathering(tree=host.tree, label="app")
        if isinstance(host.tree.status(SYSTEM_VERSION), Absent):
            system.partly.append("the volume of the system itself is not here")
        elif isinstance(host.tree.status(_APPLICATIONS), Absent):
            system.fail(Failed("the folder of apps is not there"))
        search = Search(system)
        search.look(_SEALED, signed_by_apple=True)
        search.look(SYSTEM_FOLDERS[:1], depth=_DEEP)
        search.look(SYSTEM_FOLDERS[1:])
        search.look(_CASKS, depth=_DEEP)
        users = for_each_user(host, self.info, _of_user)
        installed = {app.identifier.lower() for facts in users for app in facts.apps} | search.identifiers
        _traces(system, installed)
        return unite((system.facts(self.info), *users))


def _of_user(gathering: Gathering, user: User) -> None:
    gathering.label = "app"
    search = Search(gathering)
    search.look((f"{user.home}/{folder}" for folder in _HOME), depth=_DEEP)
    search.look((f"{user.home}/{folder}" for folder in _LEFT), kind="portable")
    search.look((user.home,), kind="portable", depth=0)


class Search:
    """A search for bundles with a budget: what exceeds it is told in coverage."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.identifiers: set[str] = set()
        self._bundles = 0
        self._folders = 0

    def look(
        self,
        folders: Iterable[str],
        kind: AppKind = "native",
        *,
        depth: int = _SHALLOW,
        signed_by_apple: bool = False,
    ) -> None:
        """Looks into folders, and into folders in them down to a depth."""
        for path in (bundle for folder in folders for bundle in self._within(folder, depth)):
            self._bundles += 1
            if self._bundles > _MOST_BUNDLES:
                self.gathering.fail(Failed(f"more than {_MOST_BUNDLES} bundles"))
                return
            self.take(path, kind, signed_by_apple=signed_by_apple)

    def take(self, path: str, kind: AppKind, *, signed_by_apple: bool = False) -> bool:
        """Keeps the app of one bundle; false where there is none, or none that can be read."""
        found = self._bundle(path)
        if found is None:
            return False
        at, bundle = found
        publisher = None if signed_by_apple or bundle.web is not None else self._team(at, bundle)
        if bundle.doubt is not None:
            self.gathering.partly.append(bundle.doubt)
        self.identifiers.add(bundle.identifier.lower())
        self.gathering.add((bundle.app(self.gathering.profile, kind, publisher),))
        return True

    def _within(self, folder: str, depth: int, *, inner: bool = False) -> Iterator[str]:
        names = self.gathering.tree.entries(folder, owner=self.gathering.owner)
        if not isinstance(names, Observed):
            if not isinstance(names, Absent) and not (inner and self._leads_to_the_system(folder)):
                self.gathering.fail(names)
            return
        self._folders += 1
        if self._folders > _MOST_FOLDERS:
            self.gathering.fail(Failed(f"more than {_MOST_FOLDERS} folders"))
            return
        if inner and _CONTENTS in names.value and self._has_program(folder):
            yield folder
            return
        for name in names.value:
            if name.lower().endswith(_BUNDLE):
                yield f"{folder}/{name}"
            elif depth:
                yield from self._within(f"{folder}/{name}", depth - 1, inner=True)

    def _leads_to_the_system(self, folder: str) -> bool:
        """Whether this is a link to a folder of everybody's, such as people put on the Desktop."""
        seen = self.gathering.tree.status(folder)
        places = (self.gathering.tree.status(one) for one in _EVERYBODYS)
        return isinstance(seen, Observed) and any(
            isinstance(one, Observed) and os.path.samestat(one.value, seen.value) for one in places
        )

    def _bundle(self, path: str) -> tuple[str, Bundle] | None:
        """The folder of the program, and what the bundle says of itself."""
        for inside, programs in self._places(path):
            at = f"{path}/{inside}".rstrip("/")
            content = self.gathering.tree.read(f"{at}/Info.plist", owner=self.gathering.owner, limit=_LIMIT)
            if isinstance(content, Absent):
                continue
            if not isinstance(content, Observed):
                self.gathering.fail(content)
                return None
            try:
                return f"{path}/{programs}".rstrip("/"), info_plist.read(content.value, f"{at}/Info.plist")
            except ParseError as exc:
                self.gathering.fail(Failed(f"Info.plist: {exc.got}"))
                return None
        if self._has_program(path):
            self.gathering.fail(Failed("a bundle without an Info.plist"))
        return None

    def _places(self, path: str) -> Iterator[tuple[str, str]]:
        """Where in a bundle its Info.plist may be, and where its program then is."""
        yield "Contents", "Contents/MacOS"
        names = self.gathering.tree.entries(f"{path}/Wrapper", owner=self.gathering.owner)
        for name in names.value if isinstance(names, Observed) else ():
            if name.lower().endswith(_BUNDLE):
                yield f"Wrapper/{name}", f"Wrapper/{name}"
        yield "", ""

    def _has_program(self, path: str) -> bool:
        names = self.gathering.tree.entries(f"{path}/Contents/MacOS", owner=self.gathering.owner)
        return (
            bool(names.value) if isinstance(names, Observed) else not isinstance(names, Absent) and names != _NO_FOLDER
        )

    def _team(self, folder: str, bundle: Bundle) -> str | None:
        if bundle.executable is None:
            return None
        path = f"{folder}/{bundle.executable}"
        tree, owner = self.gathering.tree, self.gathering.owner

        def read(offset: int, size: int) -> bytes:
            part = tree.part(path, offset, size, owner)
            return part.value if isinstance(part, Observed) else b""

        return team_of(read)


def _traces(gathering: Gathering, installed: set[str]) -> None:
    """What installers say that they put here and no bundle is there for."""
    gathering.label = "receipts"
    paths = [f"{_RECEIPTS}/{name}" for name in gathering.entries(_RECEIPTS) if name.endswith(".plist")]
    traces: dict[str, App] = {}
    for path in (*paths, HISTORY):
        content = gathering.read(path, _LIMIT)
        if content is not None:
            try:
                found = receipts.parse(FileSet(files={"main": content}, profile=gathering.profile))
            except ParseError as exc:
                gathering.fail(Failed(exc.got))
            else:
                traces |= {app.identifier.lower(): app for app in found.apps}
    gathering.add(tuple(app for identifier, app in traces.items() if identifier not in installed))


COLLECTORS: tuple[DesktopCollector, ...] = (Bundles(),)
