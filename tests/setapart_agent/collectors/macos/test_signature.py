import random
from collections.abc import Callable

import pytest

from macos_tree import TEAM, macho, universal
from setapart_agent.collectors.macos.signature import team_of


def reader(content: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, size: content[offset : offset + size]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_team_in_a_program_of_one_architecture(wide: bool, order: str) -> None:
    assert team_of(reader(macho(TEAM, wide=wide, order=order))) == f"team:{TEAM}"


@pytest.mark.parametrize("wide", [True, False])
def test_the_team_in_a_universal_program(wide: bool) -> None:
    content = universal(macho(TEAM), macho(TEAM), wide=wide)
    assert team_of(reader(content)) == f"team:{TEAM}"


@pytest.mark.parametrize(
    "content",
    [
        macho(None),
        macho(TEAM, signed=False),
        macho(TEAM, version=0x20100),
        macho("short"),
        macho("abcde12345"),
        b"#!/bin/sh\n",
        b"\xca\xfe\xba\xbe\x00\x00\x00\x41" + bytes(100),  # a Java class
        b"",
    ],
)
def test_a_program_that_no_developer_signed_has_no_team(content: bytes) -> None:
    assert team_of(reader(content)) is None


def test_little_is_read_however_large_the_program() -> None:
    content = universal(macho(TEAM))
    asked: list[int] = []

    def read(offset: int, size: int) -> bytes:
        asked.append(size)
        return content[offset : offset + size]

    assert team_of(read) == f"team:{TEAM}"
    assert len(asked) <= 7
    assert sum(asked) < 64 * 1024


def test_a_program_that_can_not_be_read_has_no_team() -> None:
    assert team_of(lambda _offset, _size: b"") is None


def test_broken_programs_end_without_an_error() -> None:
    chance = random.Random(7)
    good = universal(macho(TEAM))
    for cut in range(0, len(good), 97):
        team_of(reader(good[:cut]))
    for _ in range(3000):
        broken = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            at = chance.choice((chance.randrange(64), 4096 + chance.randrange(160), chance.randrange(len(good))))
            broken[at] = chance.choice((0, 0xFF, chance.randrange(256)))
        found = team_of(reader(bytes(broken)))
        assert found is None or found.startswith("team:")
