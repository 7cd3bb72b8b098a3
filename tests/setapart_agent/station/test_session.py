"""A station's day: what is missing is said once, several phones are a choice, and the next phone is waited for."""

import io
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

import pytest

from replay_adbd import ReplayAdbd
from setapart_agent.cli.exchange import utc_now
from setapart_agent.collectors.base import Collected
from setapart_agent.facts import DeviceFacts
from setapart_agent.station.console import Console
from setapart_agent.station.journal import Journal
from setapart_agent.station.phones import NotReadyError, Phone, Sighting, Tell, Way, WayInError
from setapart_agent.station.session import Session
from setapart_agent.station.visit import End
from station_world import World, phone_with

MAY_READ = "Read this phone? Type yes or no:"
CHOOSE = "Type its number, or Enter for none:"


@dataclass
class Cable:
    """A way in whose list changes from look to look: states that only a cable has."""

    looks: list[tuple[Sighting, ...] | WayInError]
    locked: int = 0
    kind: Literal["adb"] = "adb"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def look(self) -> tuple[Sighting, ...]:
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(found, WayInError):
            raise found
        return found

    def recognise(self, sighting: Sighting) -> Phone:
        if self.locked:
            self.locked -= 1
            raise NotReadyError("it is locked", cure="unlock it")
        return Phone(sighting=sighting, device=DeviceFacts(platform="android", serial=sighting.key))

    def read(self, phone: Phone, tell: Tell) -> Collected:
        raise AssertionError("a session reads nothing by itself")


@dataclass
class Visits:
    """Notes who was guided."""

    phones: list[str] = field(default_factory=list)

    def run(self, way: Way, phone: Phone) -> End:
        self.phones.append(phone.sighting.key)
        return "delivered"


def phone(key: str, state: str = "ready") -> Sighting:
    return Sighting(kind="adb", key=key, state=state, model="One")


def day(tmp_path: Path, typed: str, *ways: Cable, once: bool = True) -> tuple[str, list[str], End]:
    """What was said, which phones were guided, and the end."""
    out, visits = io.StringIO(), Visits()
    console = Console(out, io.StringIO(typed))
    journal = Journal(tmp_path, utc_now, lambda why: None)
    session = Session(console=console, journal=journal, ways=ways, visit=visits, poll=0.0)  # type: ignore[arg-type]
    end = session.run(once=once)
    return out.getvalue(), visits.phones, end


def test_what_is_missing_is_said_once_for_each_state(tmp_path: Path) -> None:
    looks = [
        (), (phone("A", "no permissions"),), (phone("A", "no permissions"),), (phone("A", "unauthorized"),),
        (phone("A", "unauthorized"),), (phone("A", "offline"),), (phone("A"),),
    ]  # fmt: skip
    said, guided, end = day(tmp_path, "", Cable(looks))
    assert (guided, end) == (["A"], "delivered")
    for words in ("udev rules", "Allow USB debugging", "does not answer"):
        assert " ".join(said.split()).count(words) == 1, words


def test_a_phone_that_is_locked_is_waited_for(tmp_path: Path) -> None:
    said, guided, _ = day(tmp_path, "", Cable([(phone("A"),)], locked=3))
    assert guided == ["A"]
    assert said.count("it is locked") == 1


def test_a_way_that_fails_is_said_once_and_tried_again(tmp_path: Path) -> None:
    trouble = WayInError("the adb server has ended", cure="wait")
    said, guided, _ = day(tmp_path, "", Cable([trouble, trouble, (phone("A"),)]))
    assert guided == ["A"]
    assert said.count("the adb server has ended") == 1


@pytest.mark.parametrize(("typed", "guided"), [("2\n", ["B"]), ("1\n", ["A"]), ("\n", []), ("7\n", []), ("", [])])
def test_several_phones_are_a_choice_and_none_is_read_without_one(
    tmp_path: Path, typed: str, guided: list[str]
) -> None:
    said, found, end = day(tmp_path, typed, Cable([(phone("A"), phone("B"))]))
    assert found == guided
    assert end == ("delivered" if guided else "declined")
    assert "Several phones are attached: 2" in said


def test_a_phone_that_is_not_ready_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    _, guided, _ = day(tmp_path, "", Cable([(phone("A", "unauthorized"), phone("B"))]))
    assert guided == ["B"]


@pytest.mark.needs("adb")
def test_the_next_phone_is_waited_for_and_the_same_one_only_after_it_was_unplugged(station: World) -> None:
    station.add_phone("first", "FIRST001")
    with ExitStack() as stack:
        first = stack.enter_context(ReplayAdbd(shell=phone_with(serialno="FIRST001")))
        second = stack.enter_context(ReplayAdbd(shell=phone_with(serialno="SECOND03")))
        sources = [word for one in (first, second) for word in ("--source", f"adb:{one.address}")]
        terminal = stack.enter_context(station.station("--yes", *sources))
        order = sorted((first.address, second.address))
        listed = terminal.expect(CHOOSE)
        assert all(f'{n}. An Android phone, "Replay One"' in listed for n in (1, 2))
        terminal.type(f"{order.index(first.address) + 1}\n")
        terminal.expect(MAY_READ)
        terminal.type("yes\n")
        terminal.expect("was accepted by the auditor")
        terminal.expect("You may unplug the phone.")
        assert "hw-" in terminal.expect(MAY_READ), "the one that was not read yet"
        terminal.type("no\n")
        terminal.expect("Waiting for a phone.")
        asked = len(first.ran), len(second.ran)
        terminal.type("\x03")
        terminal.expect("The station has ended.")
        assert terminal.end() == 0
        assert (len(first.ran), len(second.ran)) == asked
