"""The sentences of a station: there is one for everything that can happen, and each can be said anywhere."""

from collections.abc import Iterator
from typing import get_args

from setapart_agent.station import texts
from setapart_agent.station.console import Answer
from setapart_evidence.bundle import PolicyBundle
from setapart_evidence.model import Section
from setapart_evidence.receipt import Outcome
from setapart_evidence.statement import Level


def sentences(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from sentences(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from sentences(one)


EVERYTHING = [text for name, value in vars(texts).items() if name.isupper() for text in sentences(value)]


def test_a_terminal_that_knows_ascii_alone_shows_every_sentence() -> None:
    assert len(EVERYTHING) > 60
    assert [text for text in EVERYTHING if not (text.isascii() and text.isprintable())] == []


def test_there_is_a_sentence_for_everything_that_can_happen() -> None:
    assert set(texts.DELIVERED) == set(get_args(Outcome))
    assert set(texts.NOT_READ) == set(texts.NOT_SENT) == set(get_args(Answer)) - {"yes"}
    assert set(texts.LEAVES_APPS) == set(texts.LEAVES_ACCOUNTS) == set(texts.LEAVES_PROFILES) == set(get_args(Level))
    assert set(texts.LEAVES_ADDRESSES) == set(get_args(PolicyBundle.__annotations__["addresses"]))
    assert set(texts.SECTIONS) >= set(get_args(Section))
    assert set(texts.READ) == {"android", "ios"}
