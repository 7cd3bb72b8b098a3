"""What one collector gathers for one profile: the facts of the files it read, and why it could not read others."""

import os
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct, field

from setapart_agent.collectors.base import Absent, CollectorInfo, Failed, Observed, Outcome, Unseen, coverage_of
from setapart_agent.collectors.desktop.host import Host, User
from setapart_agent.collectors.desktop.tree import FILE_LIMIT, Tree
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import SYSTEM_PROFILE, App, Coverage

T = TypeVar("T")
_NO_FOLDER = Failed("not a folder")


class Gathering(Struct, kw_only=True):
    """Gathers for one profile. Whatever is not absent and not read ends in `failures`, and so in coverage.

    Attributes:
        tree: where files are read.
        profile: whose coverage this is.
        owner: the uid whose home is looked into; `None` for the places of the system.
        label: the program or place that is looked at now; reasons of coverage start with it and never hold a path.
        found: whether there was anything of the kind at all.
    """

    tree: Tree
    profile: str = SYSTEM_PROFILE
    owner: int | None = None
    label: str = ""
    found: bool = False
    parts: list[Facts] = field(default_factory=list)
    failures: list[Unseen] = field(default_factory=list)
    partly: list[str] = field(default_factory=list)

    def read(self, path: str, limit: int = FILE_LIMIT) -> bytes | None:
        """The content of a file; `None` where it is absent or could not be read."""
        read = self.tree.read(path, owner=self.owner, limit=limit)
        return self._value(read)

    def entries(self, path: str, most: int | None = None) -> tuple[str, ...]:
        """The names in a folder; none where it is absent or could not be read.

        Args:
            path: of the folder.
            most: how many are looked at; that there are more is a failure.
        """
        names = self._value(self.tree.entries(path, owner=self.owner)) or ()
        if most is None or len(names) <= most:
            return names
        self.fail(Failed(f"more than {most} entries in one folder"))
        return names[:most]

    def find(self, pattern: str) -> tuple[str, ...]:
        """The paths that match a pattern."""
        paths, unseen = self.tree.find(pattern, owner=self.owner)
        self.found = self.found or bool(paths)
        for why in unseen:
            self.fail(why)
        return paths

    def status(self, path: str) -> os.stat_result | None:
        """What is at a path; `None` where it is absent or could not be looked at."""
        return self._value(self.tree.status(path, owner=self.owner))

    def parse(
        self,
        parser: Callable[[FileSet], Facts],
        content: bytes,
        *,
        path: str,
        profile: str | None = None,
        companions: Mapping[str, bytes] | None = None,
        rows: Mapping[str, tuple[tuple[object, ...], ...]] | None = None,
    ) -> Facts | None:
        """Parses one file and keeps its facts; damage that the parser tells of becomes a failure here.

        Args:
            parser: the parser's `parse`.
            content: the main file.
            path: where it stood.
            profile: the profile of the facts, if not that of the coverage.
            companions: further files by role.
            rows: query name to rows, where the main file is an sqlite database.
        """
        self.found = True
        files = FileSet(
            files={"main": content, **(companions or {})}, rows=rows or {}, profile=profile or self.profile, path=path
        )
        try:
            facts = parser(files)
        except ParseError as exc:
            self.fail(Failed(exc.got))
            return None
        for row in facts.coverage:
            if row.status == "partial":
                self.partly.append(row.reason or "unknown")
            else:
                self.fail(Failed(row.reason or "unknown"))
        self.parts.append(Facts(apps=facts.apps, accounts=facts.accounts, links=facts.links))
        return facts

    def fail(self, why: Unseen) -> None:
        """Notes why something could not be seen. A file where a folder could be is nothing that was looked for."""
        if why != _NO_FOLDER:
            self.failures.append(type(why)(f"{self.label}: {why.reason}" if self.label else why.reason))

    def add(self, apps: tuple[App, ...]) -> None:
        """Keeps apps that were found otherwise."""
        self.found = self.found or bool(apps)
        self.parts.append(Facts(apps=apps))

    def facts(self, info: CollectorInfo) -> Facts:
        """Everything found, with coverage of the collector's sections."""
        rows = tuple(
            Coverage(section=section, profile=self.profile, collector=info.name, status="partial", reason=reason)
            for section in info.sections
            for reason in dict.fromkeys(self.partly)
        )
        if self.failures or not rows:
            rows += coverage_of(info.sections, self.profile, info.name, self.failures)
        return unite((*self.parts, Facts(coverage=rows)))

    def _value(self, outcome: Outcome[T]) -> T | None:
        if isinstance(outcome, Observed):
            self.found = True
            return outcome.value
        if not isinstance(outcome, Absent):
            self.fail(outcome)
        return None


def for_each_user(host: Host, info: CollectorInfo, gather: Callable[[Gathering, User], None]) -> tuple[Facts, ...]:
    """Runs `gather` for every user whose home can be looked into; the others get their reason as coverage."""
    found: list[Facts] = []
    for user in host.users:
        gathering = Gathering(tree=host.tree, profile=user.profile, owner=user.uid)
        if user.unseen is not None:
            gathering.failures.append(user.unseen)
        else:
            gather(gathering, user)
        found.append(gathering.facts(info))
    return tuple(found)
