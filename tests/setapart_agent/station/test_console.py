"""What is said and asked, on pipes and pseudo-terminals."""

import io
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from setapart_agent.station import console as module
from setapart_agent.station.console import WIDTH, Console

HERE = "Read it?"


def here() -> bool:
    return True


def said(*texts: str) -> list[str]:
    out = io.StringIO()
    console = Console(out, io.StringIO())
    for text in texts:
        console.say(text)
    return out.getvalue().splitlines()


@contextmanager
def pipe(content: bytes, *, close: bool = True) -> Iterator[TextIO]:
    read, write = os.pipe()
    os.write(write, content)
    if close:
        os.close(write)
    with os.fdopen(read) as file:
        yield file
    if not close:
        os.close(write)


@contextmanager
def terminal(mode: str = "r") -> Iterator[tuple[TextIO, int]]:
    """The program's end of a terminal, and the handle that keys are typed into."""
    master, slave = os.openpty()
    with os.fdopen(slave, mode) as file:
        yield file, master
    os.close(master)


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "a\rb", "x\u202eevil", "a\nThe auditor has accepted it.", "\x9b31m"])
def test_no_text_of_a_phone_steers_the_terminal_or_begins_a_line(text: str) -> None:
    (line,) = said(f"Model: {text}")
    assert line.startswith("Model: ")
    assert line.isprintable()


def test_a_long_text_of_a_phone_can_not_look_like_a_line_of_the_station() -> None:
    first, *more = said("Model: " + "x " * 60 + "The auditor has accepted it.")
    assert more
    assert all(line.startswith("  ") for line in more)
    assert max(map(len, [first, *more])) < WIDTH


def test_a_word_without_blanks_is_cut_at_the_edge() -> None:
    assert max(map(len, said("x" * 1000))) < WIDTH


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("yes\n", "yes"), (" YES \n", "yes"), ("y\n", "yes"),
        ("no\n", "no"), ("\n", "no"), ("yes please\n", "no"), ("ja\n", "no"), ("yesyes\n", "no"), ("1\n", "no"),
    ],
)  # fmt: skip
def test_only_a_whole_yes_is_a_yes(typed: str, answer: str) -> None:
    with pipe(typed.encode()) as answers:
        assert Console(io.StringIO(), answers).ask(HERE, here) == answer
    assert Console(io.StringIO(), io.StringIO(typed)).ask(HERE, here) == answer


@pytest.mark.parametrize("typed", [b"", b"yes"])
def test_input_that_has_ended_is_nobody_and_half_a_line_is_no_yes(typed: bytes) -> None:
    with pipe(typed) as answers:
        console = Console(io.StringIO(), answers)
        assert console.ask(HERE, here) == "nobody"
        assert console.has_ended


def test_two_lines_of_a_pipe_answer_two_questions() -> None:
    with pipe(b"yes\nno\n") as answers:
        console = Console(io.StringIO(), answers)
        assert [console.ask(HERE, here), console.ask(HERE, here)] == ["yes", "no"]


def test_bytes_that_are_no_text_are_a_no() -> None:
    with pipe(b"\xff\xfe\n") as answers:
        assert Console(io.StringIO(), answers).ask(HERE, here) == "no"


def test_nobody_answers_for_a_phone_that_was_unplugged() -> None:
    with pipe(b"", close=False) as answers:
        assert Console(io.StringIO(), answers).ask(HERE, lambda: False) == "unplugged"


def test_no_answer_in_time_is_nobody_and_the_station_goes_on() -> None:
    with pipe(b"", close=False) as answers:
        console = Console(io.StringIO(), answers, patience=0.1)
        assert console.ask(HERE, here) == "nobody"
        assert not console.has_ended


def test_a_yes_typed_before_the_question_does_not_count() -> None:
    with terminal() as (file, keys):
        os.write(keys, b"yes\n")
        time.sleep(0.2)
        threading.Timer(0.5, os.write, (keys, b"no\n")).start()
        assert Console(io.StringIO(), file).ask(HERE, here) == "no"


def test_ctrl_d_at_a_terminal_is_no_answer_and_not_the_end() -> None:
    with terminal() as (file, keys):
        threading.Timer(0.5, os.write, (keys, b"\x04")).start()
        console = Console(io.StringIO(), file)
        assert console.ask(HERE, here) == "nobody"
        assert not console.has_ended


@pytest.mark.parametrize(
    ("typed", "number"),
    [("2\n", 2), (" 1\n", 1), ("3\n", None), ("0\n", None), ("-1\n", None), ("\n", None), ("two\n", None),
     ("²\n", None), ("1" * 5000 + "\n", None), ("00000000002\n", None)],
)  # fmt: skip
def test_a_choice_is_one_of_the_numbers(typed: str, number: int | None) -> None:
    assert Console(io.StringIO(), io.StringIO(typed)).choose("Which?", 2, here) == number


@pytest.mark.parametrize(("plain", "bold"), [(False, True), (True, False)])
def test_headings_are_bold_on_a_terminal_unless_it_is_to_be_plain(plain: bool, bold: bool) -> None:
    with terminal("w") as (file, keys):
        Console(file, io.StringIO(), plain=plain).heading("Recognised")
        got = b""
        while b"Recognised" not in got:
            got += os.read(keys, 1000)
        assert (b"\x1b" in got) is bold


def test_a_pipe_gets_no_escape_sequence() -> None:
    out = io.StringIO()
    Console(out, io.StringIO()).heading("Recognised")
    assert out.getvalue() == "\nRecognised\n"


def test_a_command_is_on_one_line_and_safe() -> None:
    out = io.StringIO()
    Console(out, io.StringIO()).command("setapart-auditor device add " + "x" * 100 + "\x1b")
    assert len(out.getvalue().splitlines()) == 1
    assert "\x1b" not in out.getvalue()


def test_the_time_of_an_answer_is_looked_at_often_enough_to_see_a_phone_go() -> None:
    assert module._LOOK_EVERY <= 2
