"""The harness sees what it is there for: each planted fault is found, and found again from its number."""

import faulthandler
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from setapart_agent.collectors import registry
from setapart_agent.collectors.registry import parser_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, FileSet
from setapart_evidence.model import App

from . import harness, mutations
from .harness import attempt, input_of, run
from .seeds import Seed, seeds_of

KIND = "linux.goa"
GOOD = Seed(files={"main": b"[a]\nb=c\n"}, path="x")


class Planted:
    """A parser with a fault."""

    KIND = KIND
    MATURITY = "untested"

    def __init__(self, fault: Callable[[FileSet], object]) -> None:
        self._fault = fault

    def recognise(self, name: str, content: bytes) -> bool:
        return True

    def parse(self, files: FileSet) -> Facts:
        if files.main == GOOD.files["main"]:
            return Facts()
        found = self._fault(files)
        return found if isinstance(found, Facts) else Facts()


def spin(_files: FileSet) -> None:
    while True:
        pass


def crash(_files: FileSet) -> None:
    faulthandler.disable()
    os.abort()


def leak(_files: FileSet) -> None:
    kept.append(bytearray(os.urandom(1) * 40_000_000))


def recurse(files: FileSet) -> None:
    recurse(files)


kept: list[bytearray] = []
FAULTS: dict[str, tuple[Callable[[FileSet], object], str]] = {
    "leaked error": (lambda files: {}[files.main], "KeyError"),
    "recursion": (recurse, "RecursionError"),
    "wrong type": (lambda _: Facts(apps=(App(identifier=5, name="x", profile="0", source="mdm"),)), "AssertionError"),  # type: ignore[arg-type]
    "unknown word": (lambda _: Facts(device=DeviceFacts(platform="dos")), "AssertionError"),  # type: ignore[arg-type]
    "no end": (spin, "TooLong"),
    "too much memory": (lambda _: bytearray(3 << 30), "MemoryError"),
    "crash": (crash, "the process died"),
    "error as long as the file": (lambda _: (_ for _ in ()).throw(ParseError("x" * 20_000)), "AssertionError"),
}


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[FileSet], object]], None]:
    def install(fault: Callable[[FileSet], object]) -> None:
        monkeypatch.setattr(harness, "parser_of", lambda _kind: Planted(fault))
        monkeypatch.setattr(harness, "seeds_of", lambda _kind: (GOOD,))
        monkeypatch.setattr(harness, "PATIENCE", 0.3)

    return install


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str, plant: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fault, words = FAULTS[name]
    plant(fault)
    found = run(KIND, 1, 1, folder=tmp_path).findings
    assert len(found) == 1
    assert words in found[0].what
    if found[0].file:
        kept_input = msgspec.msgpack.decode(Path(found[0].file).read_bytes(), type=Seed)
        assert kept_input.files == input_of(KIND, 1, found[0].number, (GOOD,)).files


def test_a_parser_that_keeps_what_it_read_is_found(plant: Any) -> None:
    plant(leak)
    assert run(KIND, 10, 1).growth > harness.GROWTH


def test_a_good_parser_has_no_finding(plant: Any) -> None:
    plant(lambda _files: None)
    result = run(KIND, 500, 1)
    assert (result.inputs, result.parsed, result.findings) == (500, 500, ())


def test_the_same_numbers_make_the_same_input_and_others_another() -> None:
    seeds = seeds_of(KIND)
    made = [input_of(KIND, 3, number, seeds) for number in range(200)]
    assert made == [input_of(KIND, 3, number, seeds) for number in range(200)]
    assert made != [input_of(KIND, 4, number, seeds) for number in range(200)]
    assert len({one.files["main"] for one in made}) > 150


@pytest.mark.parametrize("kind", registry.PARSERS)
def test_a_seed_is_a_good_file(kind: str) -> None:
    """Most of them: some tests hand over what is good in parts only."""
    parser = parser_of(kind)
    assert any(attempt(kind, parser, seed) for seed in seeds_of(kind))


def test_mutations_end_soon_and_make_nothing_huge() -> None:
    chance = random.Random(1)
    goods = [seed.files.get("main", b"") for kind in registry.PARSERS for seed in seeds_of(kind)[:2]]
    begun = time.process_time()
    for _ in range(2000):
        good = chance.choice(goods)
        assert len(mutations.mutate(chance, good, [good, b""])) <= mutations.LARGEST
    assert time.process_time() - begun < 60
