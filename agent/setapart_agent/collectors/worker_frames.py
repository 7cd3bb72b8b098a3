"""What a worker and the agent say to each other: frames on a pipe, decoded strictly.

One frame is the number of its type, its length, and that many bytes of MessagePack. What is none ends the talk: nothing
that a worker sends is run, and nothing of another type gets in.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct

from setapart_agent.collectors.base import Collected
from setapart_agent.facts import DeviceFacts

MAX_FRAME = 256 * 1024 * 1024
_HEAD = struct.Struct("<BI")


class Refusal(Struct, frozen=True):
    """An error of ours, on its way out of the worker."""

    family: str
    got: str
    expected: str
    cure: str
    where: str


class Broken(Struct, frozen=True):
    """An error that nobody expected: a type and a place in code, which say nothing of the device."""

    what: str


class Question(Struct, frozen=True):
    """The worker wants the password."""


class Answer(Struct, frozen=True):
    """The password, if there is anybody who knows it."""

    password: str | None


class End(Struct, frozen=True):
    """The work is done; without it, silence is not an end but a death."""


Value = DeviceFacts | Collected | Refusal | Broken | Question | Answer | End
_TYPES: tuple[type[Value], ...] = (DeviceFacts, Collected, Refusal, Broken, Question, Answer, End)
"""What a frame may hold; its number is its place here."""


def write_value(pipe: int, value: Value) -> None:
    """Writes one frame to a descriptor; half a surrogate pair, which no encoding can carry, becomes an escape.

    Raises:
        MemoryError: the value is larger than a frame may be.
        BrokenPipeError: nobody reads.
    """
    try:
        content = msgspec.msgpack.encode(value)
    except UnicodeEncodeError:
        content = msgspec.msgpack.encode(_without_surrogates(msgspec.to_builtins(value)))
    if len(content) > MAX_FRAME:
        raise MemoryError
    rest = memoryview(_HEAD.pack(_TYPES.index(type(value)), len(content)) + content)
    while rest:  # a signal may cut a write short
        rest = rest[os.write(pipe, rest) :]


def read_values(pipe: BinaryIO) -> Iterator[Value]:
    """The values of a pipe, until it ends or holds what is none."""
    while len(head := pipe.read(_HEAD.size)) == _HEAD.size:
        number, length = _HEAD.unpack(head)
        if number >= len(_TYPES) or length > MAX_FRAME:
            return
        content = pipe.read(length)
        if len(content) < length:
            return
        try:
            value = msgspec.msgpack.decode(content, type=_TYPES[number])
        except (ValueError, OverflowError, RecursionError):
            return
        yield value


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value
