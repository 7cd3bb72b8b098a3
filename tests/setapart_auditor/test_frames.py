"""Frames through a pipe."""

import os
import threading
from collections.abc import Iterator

import msgspec
import pytest

from setapart_auditor.frames import Frames, frame
from setapart_auditor.web.looking import Told


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)


@pytest.mark.parametrize("size", [1, 3, 7, 100_000])
def test_frames_arrive_whole_and_in_order_however_they_are_cut(pipe: tuple[int, int], size: int) -> None:
    read, write = pipe
    sent = [Told(no=no, status=200, body=b"x" * (no * 9000)) for no in range(5)]
    whole = b"".join(map(frame, sent))

    def send() -> None:
        for at in range(0, len(whole), size):
            os.write(write, whole[at : at + size])
        os.close(write)

    sender = threading.Thread(target=send)
    sender.start()
    frames, found = Frames(read), []
    while frames.wait():
        found += frames.take(2)
    sender.join()
    assert [msgspec.msgpack.decode(one, type=Told) for one in found] == sent


def test_a_frame_that_was_cut_off_is_none(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.write(write, frame(Told(no=1, status=200, body=b"x" * 100))[:-1])
    os.close(write)
    assert not Frames(read).wait()


def test_no_more_are_taken_than_asked_for(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.write(write, b"".join(frame(Told(no=no, status=200)) for no in range(5)))
    os.close(write)
    frames = Frames(read)
    sizes = []
    while frames.wait():
        sizes.append(len(frames.take(2)))
    assert sizes == [2, 2, 1]
