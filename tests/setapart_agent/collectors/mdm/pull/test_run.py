"""One pull: every device once, also after a stop; lists that lie come to an end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setapart_agent.collectors.base import Collected, Denied, Failed
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.collectors.mdm.pull.http import AnswerError, ManagerError
from setapart_agent.collectors.mdm.pull.journal import Journal, Memory
from setapart_agent.collectors.mdm.pull.run import NEVER, Listed, Page, Pull, Read, Tolerance, apps_unseen
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import DeviceFacts, Facts
from setapart_evidence.model import Coverage, Platform

NOW = 1_795_000_000.0


def export(name: str, *, platform: Platform | None = "windows", taken_at: datetime | None = None) -> Export:
    return Export(facts=Facts(device=DeviceFacts(platform=platform, serial=name)), taken_at=taken_at)


@dataclass
class Listing:
    """A manager whose list is made in advance; `forgets` are cursors that it no longer knows."""

    pages: list[list[str]]
    late: list[str] = field(default_factory=list)
    forgets: frozenset[str] = frozenset()
    made: Callable[[str], Read] = export
    turned: list[str | None] = field(default_factory=list)

    def page(self, cursor: str | None) -> Page:
        self.turned.append(cursor)
        if cursor in self.forgets:
            raise AnswerError("gone", status=410, reason="gone")
        at = int(cursor or "0")
        more = str(at + 1) if at + 1 < len(self.pages) else None
        return Page(devices=tuple(Listed(id=name, record=b"") for name in self.pages[at]), next=more)

    def read(self, listed: Sequence[Listed]) -> Iterator[tuple[Listed, Read]]:
        for item in listed:
            yield item, self.made(item.id)

    def missed(self, given: Memory) -> Iterator[Listed]:
        yield from (Listed(id=name, record=b"") for name in self.late if name not in given)


def pull(manager: object, memory: Memory | None = None, told: list[str] | None = None) -> Iterator[Collected]:
    say = (told if told is not None else []).append
    memory = Memory() if memory is None else memory
    return Pull(manager, memory, (), say=say, progress=lambda done: None).devices()  # type: ignore[arg-type]


def serials(devices: Iterator[Collected]) -> list[str | None]:
    return [one.facts.device.serial for one in devices]


def journal(folder: Path) -> Journal:
    return Journal.open(folder / "s", "x", now=NOW, hours=1, say=lambda text: None)


def test_devices_come_in_order_each_once_though_pages_repeat_them() -> None:
    assert serials(pull(Listing([["a", "b"], ["b", "c", "c"], [], ["a", "d"]], late=["d", "e"]))) == list("abcde")


@settings(max_examples=60, deadline=None)
@given(pages=st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4), min_size=1, max_size=5), data=st.data())
def test_stops_anywhere_lose_nothing_and_repeat_at_most_what_was_in_hand(
    pages: list[list[str]], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pull")
    written: list[str | None] = []
    while True:
        wanted = data.draw(st.integers(2, 5))
        run = pull(Listing(pages), journal(folder))
        got = serials(islice(run, wanted))
        run.close()  # as an interrupt does: the last device was given and nobody asked for the next
        assert not set(got[1:]) & set(written)
        assert got[:1] == written[-1:] or not set(got[:1]) & set(written)
        written += got
        if len(got) < wanted:
            break
    assert set(written) == {name for page in pages for name in page}
    assert not (folder / "s").exists()


def test_a_run_that_stopped_at_its_very_end_says_that_nothing_was_left(tmp_path: Path) -> None:
    first = pull(Listing([["a", "b"], ["b"]], forgets=frozenset({"1"})), journal(tmp_path))
    assert serials(islice(first, 2)) == ["a", "b"]
    with pytest.raises(SourceError, match="gone"):
        next(first)
    told: list[str] = []
    assert serials(pull(Listing([["a", "b"], ["b"]]), journal(tmp_path), told)) == []
    assert told == ["all 2 devices were given before the stop: nothing was left to do"]
    assert not (tmp_path / "s").exists()


def test_a_device_is_done_when_the_next_is_asked_for(tmp_path: Path) -> None:
    run = pull(Listing([["a", "b"]]), journal(tmp_path))
    assert next(run).facts.device.serial == "a"
    assert b"given" not in (tmp_path / "s").read_bytes()
    next(run)
    assert (tmp_path / "s").read_bytes().count(b"given") == 1
    run.close()


def test_a_page_is_turned_on_disk_only_when_all_its_devices_are_done(tmp_path: Path) -> None:
    run = pull(Listing([["a", "b"], ["c"]]), journal(tmp_path))
    next(run), next(run)
    assert b"page" not in (tmp_path / "s").read_bytes()
    next(run)
    assert b'"page":"1"' in (tmp_path / "s").read_bytes()
    run.close()


def test_a_page_that_the_manager_forgot_is_no_end(tmp_path: Path) -> None:
    first = pull(Listing([["a"], ["b"], ["c"]]), journal(tmp_path))
    next(first), next(first)
    first.close()
    told: list[str] = []
    manager = Listing([["a"], ["b"], ["c"]], forgets=frozenset({"1"}))
    manager.turned.clear()
    again = pull(manager, journal(tmp_path), told)
    with pytest.raises(AnswerError, match="gone"):  # in the middle of a run a page that is gone is an error
        list(again)
    assert manager.turned == ["1", None, "1"]
    assert told == ["the manager has forgotten the page: its list is read from the start, without what was given"]


def test_a_page_that_fails_otherwise_is_not_taken_for_forgotten(tmp_path: Path) -> None:
    class Failing(Listing):
        def page(self, cursor: str | None) -> Page:
            raise AnswerError("502", status=502, reason="502")

    first = pull(Listing([["a"], ["b"]]), journal(tmp_path))
    next(first), next(first)
    first.close()
    with pytest.raises(AnswerError, match="502"):
        next(pull(Failing([]), journal(tmp_path)))
    assert serials(pull(Listing([["a"], ["b"]]), journal(tmp_path))) == ["b"]


def test_a_list_that_fails_keeps_what_was_given(tmp_path: Path) -> None:
    first = pull(Listing([["a", "b"], ["c"]], forgets=frozenset({"1"})), journal(tmp_path))
    assert serials(islice(first, 2)) == ["a", "b"]
    with pytest.raises(SourceError, match="gone"):
        next(first)
    assert serials(pull(Listing([["a", "b"], ["c"]]), journal(tmp_path))) == ["c"]


class Endless(Listing):
    """A list whose every page leads to another: to the same, or to ever new ones without new devices."""

    def __init__(self, *, same: bool) -> None:
        super().__init__([["a"]])
        self.same = same

    def page(self, cursor: str | None) -> Page:
        self.turned.append(cursor)
        page = super().page(None)
        return Page(devices=page.devices, next="again" if self.same else f"{len(self.turned)}")


@pytest.mark.parametrize("same", [True, False], ids=["same-page", "ever-new-pages"])
def test_a_list_without_end_is_an_error_and_no_endless_loop(same: bool) -> None:
    manager = Endless(same=same)
    with pytest.raises(ManagerError, match="the manager's list has no end"):
        list(pull(manager))
    assert len(manager.turned) < 1000


def test_a_long_list_that_was_read_before_is_not_taken_for_endless(tmp_path: Path) -> None:
    names = [[f"d{number}"] for number in range(300)]
    first = pull(Listing(names), journal(tmp_path))
    assert len(serials(islice(first, 250))) == 250
    first.close()
    memory = journal(tmp_path)
    memory.restart()
    assert serials(pull(Listing(names), memory))[-1] == "d299"


def test_a_record_that_is_no_device_does_not_keep_the_others_and_is_told_last() -> None:
    def made(name: str) -> Read:
        return ParseError("an object that is no device") if name == "b" else export(name)

    run = pull(Listing([["a", "b", "c"]], late=["b", "d"], made=made))
    assert serials(islice(run, 3)) == ["a", "c", "d"]
    with pytest.raises(SourceError, match="1 records of the manager can't be read: an object that is no device"):
        next(run)


def test_a_device_of_another_system_is_counted_and_told() -> None:
    told: list[str] = []
    listing = Listing([["a", "b"]], made=lambda name: export(name, platform=None if name == "a" else "windows"))
    assert serials(pull(listing, told=told)) == ["b"]
    assert told == ["devices of systems that have no rules here, left out: 1"]


def test_a_device_that_never_reported_does_not_count_as_seen_now() -> None:
    seen = datetime(2026, 11, 1, tzinfo=UTC)
    made = {"a": export("a"), "b": export("b", taken_at=seen)}
    assert [one.taken_at for one in pull(Listing([["a", "b"]], made=made.__getitem__))] == [NEVER, seen]


def test_an_older_record_of_the_same_serial_is_left_out_after_a_stop_as_well(tmp_path: Path) -> None:
    dates = {"new": datetime(2026, 11, 2, tzinfo=UTC), "old": datetime(2026, 11, 1, tzinfo=UTC)}

    def made(name: str) -> Read:
        return export("S1" if name in dates else name, taken_at=dates.get(name))

    first = pull(Listing([["new", "x"], ["old"]], made=made), journal(tmp_path))
    next(first), next(first)
    first.close()
    assert serials(pull(Listing([["new", "x"], ["old"]], made=made), journal(tmp_path))) == ["x"]


def test_devices_that_fail_one_after_the_other_are_the_manager_s_fault() -> None:
    tolerance = Tolerance()
    failed, gone = AnswerError("502", status=502, reason=""), AnswerError("404", status=404, reason="")
    for _ in range(100):
        tolerance.failed(gone)
    for _ in range(20):
        tolerance.failed(failed)
    tolerance.went_well()
    for _ in range(20):
        tolerance.failed(failed)
    with pytest.raises(ManagerError, match="one device after the other: 502"):
        tolerance.failed(failed)


def test_apps_that_could_not_be_had_say_why_in_the_place_of_the_parser_s_reason() -> None:
    rows = (
        Coverage(section="apps", profile="10", collector="mdm.graph", status="denied", reason="none in the export"),
        Coverage(section="apps", profile="0", collector="mdm.graph", status="denied", reason="the personal side"),
        Coverage(section="links", profile="10", collector="mdm.graph", status="denied", reason="none in the export"),
    )
    found = apps_unseen(Export(facts=Facts(coverage=rows)), Denied("none in the export"), Failed("status 500"))
    first = Coverage(section="apps", profile="10", collector="mdm.graph", status="failed", reason="status 500")
    assert found.facts.coverage == (first, *rows[1:])
