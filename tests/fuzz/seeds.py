"""Good files to start from, by kind: what the parsers' own tests give them, harvested and kept beside this module.

`PYTHONPATH=tests python -m fuzz.harvest` makes them again, from our own makers alone: nothing of the corpus is in them.
"""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from setapart_agent.collectors.registry import recognise
from setapart_agent.facts import FileSet

FOLDER = Path(__file__).with_name("seeds")
LARGEST_CAPTURE = 256 * 1024
MOST_CAPTURES = 4
Rows = dict[str, tuple[tuple[Any, ...], ...]]


class Seed(Struct, frozen=True):
    """What a parser was given."""

    files: dict[str, bytes]
    rows: Rows = {}
    path: str = ""

    def file_set(self) -> FileSet:
        return FileSet(files=self.files, rows=self.rows, profile="1000", path=self.path)


_captures: dict[str, list[Seed]] = {}


def seeds_of(kind: str) -> tuple[Seed, ...]:
    """The seeds of a kind; none if nobody harvested any."""
    path = FOLDER / f"{kind}.msgpack"
    harvested = msgspec.msgpack.decode(path.read_bytes(), type=tuple[Seed, ...]) if path.is_file() else ()
    return harvested + tuple(_captures.get(kind, ()))


def add_captures(folder: Path) -> None:
    """Takes real captures as seeds too, for this run alone: the first few of each kind that are small."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or not 0 < path.stat().st_size <= LARGEST_CAPTURE:
            continue
        content = path.read_bytes()
        kind = recognise(path, content)
        if kind is not None and len(_captures.setdefault(kind, [])) < MOST_CAPTURES:
            _captures[kind].append(Seed(files={"main": content}, path=path.name))


def keep(kind: str, seeds: tuple[Seed, ...]) -> None:
    """Writes the seeds of a kind."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{kind}.msgpack").write_bytes(msgspec.msgpack.encode(seeds))
