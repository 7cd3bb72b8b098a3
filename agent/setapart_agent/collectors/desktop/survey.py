"""Looking for the files of known programs in one profile, cheaply: each folder is listed once, each file read once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from setapart_agent.collectors.base import (
    Absent,
    CollectorInfo,
    Failed,
    Observed,
    Parser,
    Unseen,
    coverage_of,
)
from setapart_agent.collectors.desktop.host import Host, User
from setapart_agent.collectors.desktop.tree import Tree, matches
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import SYSTEM_PROFILE, Section
from setapart_evidence.statement import Maturity

if TYPE_CHECKING:
    from pathlib import Path

COLLECTORS = "setapart_agent.collectors"
_LIMIT = 16 * 1024 * 1024
_MOST_COPIED = 4 * 1024 * 1024 * 1024
_MAX_FILES = 5000
_SHARED = frozenset(
    {
        "", ".config", ".local", ".local/share", ".var", ".var/app",
        "Library", "Library/Application Support", "Library/Containers", "Library/Preferences",
        "AppData", "AppData/Local", "AppData/Roaming",
    }
)  # fmt: skip
"""Folders of a home that belong to no program."""
_COMMON = tuple(f"{COLLECTORS}.desktop.parse.{name}" for name in ("account", "prefs", "sections"))
_NO_FILE = Failed("not a file")
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Place(Struct, frozen=True, kw_only=True):
    """Where one program keeps what ties it to a server.

    Attributes:
        client: the program's name, as reasons of coverage show it.
        parser: the module below `setapart_agent.collectors` that reads the files, such as `linux.parse.goa`.
        paths: patterns below the home, or below `/` for machine-wide files; `*` and `?` within a component.
        sections: the sections that are not fully seen when a file can't be read.
        mixed: whether other files may match too, so that only those are parsed which the parser recognises.
    """

    client: str
    parser: str
    paths: tuple[str, ...]
    sections: tuple[Section, ...] = ("accounts",)
    mixed: bool = False


class Survey:
    """What one collector finds in one profile. Reasons name the program, never the path: a path may name a user."""

    def __init__(self, tree: Tree, profile: str, base: str = "", owner: int | None = None) -> None:
        self.tree = tree
        self.profile = profile
        self.facts: list[Facts] = []
        self._base = base.rstrip("/")
        self._owner = owner
        self._folders: dict[str, tuple[str, ...] | Unseen] = {}
        self._failures: list[tuple[Section, Unseen]] = []
        self._files = 0

    def fail(self, client: str, sections: Iterable[Section], why: Unseen) -> None:
        """Notes that a program's files could not be seen or understood."""
        reason = type(why)(f"{client}: {why.reason}")
        self._failures += [(section, reason) for section in sections]

    def failures(self, section: Section) -> tuple[Unseen, ...]:
        """What could not be seen of a section."""
        return tuple(why for of, why in self._failures if of == section)

    def find(self, place: Place) -> tuple[str, ...]:
        """The files of a place, relative to the base; a folder that may not be listed is a failure of that place."""
        found: list[str] = []
        for pattern in place.paths:
            found += self._matches(place, pattern)
        return tuple(dict.fromkeys(found))

    def has(self, path: str) -> bool:
        """Whether there is something of this name; a folder that can't be listed has nothing."""
        folder, _, name = path.rpartition("/")
        names = self._names(folder)
        if isinstance(names, tuple) and self.tree.ignore_case:
            return name.lower() in {one.lower() for one in names}
        return isinstance(names, tuple) and name in names

    def read(self, place: Place, path: str) -> bytes | None:
        """The content of a file, or `None`; one that is there and can't be read is a failure."""
        self._files += 1
        seen = self.tree.read(self._full(path), owner=self._owner, limit=_LIMIT)
        if isinstance(seen, Observed):
            return seen.value
        if not isinstance(seen, Absent) and not (place.mixed and seen == _NO_FILE):
            self.fail(place.client, place.sections, seen)
        return None

    def parse(self, place: Place, path: str, content: bytes, more: Mapping[str, bytes] = _NOTHING) -> Facts:
        """Parses one file and keeps its facts; one that is not what it should be is a failure."""
        parser: Parser = import_module(f"{COLLECTORS}.{place.parser}")
        if place.mixed and not parser.recognise(path.rpartition("/")[2], content):
            return Facts()
        files = {"main": content, **more}
        return self._parse(parser, place, path, files, partial(self._rows, parser, files))

    def look_into_databases(self, place: Place) -> None:
        """The same for databases that may be too large to be held in memory: each and its log are copied in parts."""
        import tempfile
        from pathlib import Path

        from setapart_agent.collectors.sqlite_snapshot import read_rows_of_file

        parser = import_module(f"{COLLECTORS}.{place.parser}")
        for path in self.find(place):
            with tempfile.TemporaryDirectory(prefix="setapart-") as folder:
                copy = Path(folder, "db")
                logs = [f"{path}-wal"] if self.has(f"{path}-wal") else []
                copied = [
                    self._copied(place, one, to)
                    for one, to in zip((path, *logs), (copy, Path(folder, "db-wal")), strict=False)
                ]
                if all(copied):
                    self._parse(parser, place, path, {}, partial(read_rows_of_file, copy, parser.QUERIES))

    def _parse(
        self,
        parser: Parser,
        place: Place,
        path: str,
        files: Mapping[str, bytes],
        rows: Callable[[], Mapping[str, tuple[tuple[object, ...], ...]]],
    ) -> Facts:
        try:
            facts = parser.parse(FileSet(files=files, rows=rows(), profile=self.profile, path=self._full(path)))
        except ParseError as exc:
            self.fail(place.client, place.sections, Failed(exc.got))
            return Facts()
        for row in facts.coverage:
            self.fail(place.client, (row.section,), Failed(row.reason or "unknown"))
        self.facts.append(structs.replace(facts, coverage=()) if facts.coverage else facts)
        return facts

    def look(self, places: Sequence[Place]) -> None:
        """Reads and parses every file of every place, one by one."""
        for place in places:
            for path in self.find(place):
                if self._files > _MAX_FILES:
                    self.fail(place.client, place.sections, Failed("too many files"))
                    return
                content = self.read(place, path)
                if content is not None:
                    self.parse(place, path, content, self._beside(place, path))

    def _copied(self, place: Place, path: str, to: "Path") -> bool:
        """Whether a file could be copied whole; what could not, or is gone by now, is a failure."""
        with to.open("wb") as file:
            while file.tell() < _MOST_COPIED:
                part = self.tree.part(self._full(path), file.tell(), _LIMIT, self._owner)
                if not isinstance(part, Observed):
                    why = Failed("gone while it was read") if isinstance(part, Absent) else part
                    self.fail(place.client, place.sections, why)
                    return False
                file.write(part.value)
                if len(part.value) < _LIMIT:
                    return True
        self.fail(place.client, place.sections, Failed(f"larger than {_MOST_COPIED} bytes"))
        return False

    def _full(self, path: str) -> str:
        return path if path.startswith("/") else f"{self._base}/{path}"

    def _beside(self, place: Place, path: str) -> Mapping[str, bytes]:
        """The write-ahead log of a database, which may hold rows of its own."""
        if not self.has(f"{path}-wal"):
            return _NOTHING
        wal = self.read(place, f"{path}-wal")
        return {"wal": wal} if wal else _NOTHING

    @staticmethod
    def _rows(parser: Parser, files: Mapping[str, bytes]) -> Mapping[str, tuple[tuple[object, ...], ...]]:
        queries: Mapping[str, str] | None = getattr(parser, "QUERIES", None)
        if queries is None:
            return {}
        from setapart_agent.collectors.sqlite_snapshot import read_rows

        return read_rows(files["main"], queries, files.get("wal"))

    def _matches(self, place: Place, pattern: str) -> list[str]:
        bases = [""]
        for part in pattern.split("/"):
            step: list[str] = []
            for base in bases:
                names = self._names(base)
                if not isinstance(names, tuple):
                    everybodys = self._owner is not None and base in _SHARED
                    self.fail("home" if everybodys else place.client, place.sections, names)
                    continue
                prefix = f"{base}/" if base else ""
                step += [f"{prefix}{name}" for name in _matching(names, part, self.tree.ignore_case)]
            bases = step
        return bases

    def _names(self, folder: str) -> tuple[str, ...] | Unseen:
        if folder not in self._folders:
            seen = self.tree.entries(f"{self._base}/{folder}", owner=self._owner)
            if isinstance(seen, Observed):
                self._folders[folder] = seen.value
            elif isinstance(seen, Absent) or seen == Failed("not a folder"):
                self._folders[folder] = ()
            else:
                self._folders[folder] = seen
        return self._folders[folder]


def survey_of(host: Host, user: User | None = None) -> Survey:
    """The survey of a user's home, or of the machine-wide files."""
    if user is None:
        return Survey(host.tree, SYSTEM_PROFILE)
    return Survey(host.tree, user.profile, base=user.home, owner=user.uid)


def user_surveys(host: Host) -> Iterator[tuple[User, Survey]]:
    """Each user whose home can be looked into, and the survey of that home; `result` tells of the others."""
    for user in host.users:
        if user.unseen is None:
            yield user, survey_of(host, user)


def result(info: CollectorInfo, host: Host, surveys: Iterable[Survey]) -> Facts:
    """The facts of all surveys, with rows for every section and profile, also of users whose homes are not seen."""
    parts = [
        _rows(info, user.profile, dict.fromkeys(info.sections, (user.unseen,)))
        for user in host.users
        if user.unseen is not None
    ]
    for survey in surveys:
        parts += survey.facts
        parts.append(_rows(info, survey.profile, {section: survey.failures(section) for section in info.sections}))
    return unite(parts)


def info_of(
    name: str,
    module: str,
    sections: tuple[Section, ...],
    places: Iterable[Place],
    *,
    version: int = 1,
    maturity: Maturity = "captures",
    more: tuple[str, ...] = (),
    modules: tuple[str, ...] = (),
) -> CollectorInfo:
    """A collector's declaration, made from its places: what they read and which parsers they use.

    Args:
        name: of the collector.
        module: the collector's own module.
        sections: that it writes coverage for.
        places: that it looks at.
        version: raised when the facts change that it gives.
        maturity: how far it has been tried.
        more: what it reads beside its places, in words.
        modules: further modules that decide what it sees.
    """
    known = tuple(places)
    parsers = sorted({f"{COLLECTORS}.{place.parser}" for place in known})
    return CollectorInfo(
        name=name,
        version=version,
        sections=sections,
        maturity=maturity,
        reads=(*dict.fromkeys(f"settings of {place.client}" for place in known), *more),
        modules=(module, *modules, __name__, *_COMMON, *parsers),
    )


def _rows(info: CollectorInfo, profile: str, failures: Mapping[Section, tuple[Unseen, ...]]) -> Facts:
    rows = (row for section in info.sections for row in coverage_of((section,), profile, info.name, failures[section]))
    return Facts(coverage=tuple(rows))


def _matching(names: tuple[str, ...], part: str, ignore_case: bool) -> tuple[str, ...]:  # noqa: FBT001 - the tree's word
    if any(char in part for char in "*?["):
        return tuple(name for name in names if matches(name, part, ignore_case))
    if ignore_case:
        return tuple(name for name in names if name.lower() == part.lower())
    return (part,) if part in names else ()
