"""Runs the parsers' own tests and keeps what they give to their parsers as seeds for the fuzzer.

`PYTHONPATH=tests python -m fuzz.harvest [KIND-PREFIX …]`
"""

import os
import sys
from collections.abc import Callable
from typing import Any

os.environ["SETAPART_CORPUS"] = os.devnull  # other people's data never enters the repository

import pytest

from repository import REPOSITORY
from setapart_agent.collectors.registry import PARSERS, parser_of
from setapart_agent.facts import Facts, FileSet

from .seeds import Seed, keep, seeds_of

MOST = 8
MOST_OF_ONE_TEST = 2
LARGEST = 48 * 1024
TESTS = REPOSITORY / "tests" / "setapart_agent" / "collectors"


class Harvester:
    """A pytest plugin that looks over the parsers' shoulders."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self.found: dict[str, dict[tuple[object, ...], Seed]] = {}
        self._here: dict[str, int] = {}
        for kind in kinds:
            parser = parser_of(kind)
            parser.parse = self._watching(kind, parser.parse)  # type: ignore[method-assign]

    def pytest_runtest_setup(self, item: object) -> None:
        self._here.clear()

    def _watching(self, kind: str, parse: Callable[[FileSet], Facts]) -> Callable[[FileSet], Facts]:
        def watching(files: FileSet) -> Facts:
            facts = parse(files)
            kept = self.found.setdefault(kind, {})
            size = sum(map(len, files.files.values()))
            if facts != Facts() and size <= LARGEST and self._here.get(kind, 0) < MOST_OF_ONE_TEST and len(kept) < MOST:
                shape = _shape(files, facts)
                if shape not in kept:
                    rows: Any = {name: tuple(map(tuple, rows[:50])) for name, rows in files.rows.items()}
                    kept[shape] = Seed(files=dict(files.files), rows=rows, path=files.path)
                    self._here[kind] = self._here.get(kind, 0) + 1
            return facts

        return watching


def _shape(files: FileSet, facts: Facts) -> tuple[object, ...]:
    sections = (facts.apps, facts.accounts, facts.links, facts.profiles, facts.enforcement)
    return (
        frozenset(files.files),
        files.main[:4],
        *(min(len(section), 3) for section in sections),
        frozenset(app.kind for app in facts.apps),
        frozenset(account.services for account in facts.accounts),
        frozenset(link.kind for link in facts.links),
        frozenset(row.status for row in facts.coverage),
    )


def _tests_of(kinds: tuple[str, ...]) -> list[str]:
    """The folders of the platforms whose kinds are harvested."""
    names = {kind.partition(".")[0] for kind in kinds}
    return [str(TESTS / name) for name in sorted(names | ({"desktop"} if "linux" in names else set()))]


def main() -> None:
    prefixes = tuple(sys.argv[1:])
    kinds = tuple(kind for kind in PARSERS if kind.startswith(prefixes or ("",)))
    harvester = Harvester(kinds)
    os.chdir(REPOSITORY)
    pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", *_tests_of(kinds)], plugins=[harvester])
    for kind in kinds:
        if found := tuple(harvester.found.get(kind, {}).values()):
            keep(kind, found)
        elif not seeds_of(kind):
            print(f"no seed for {kind}")


main()
