"""One pull: page after page, device after device, each noted as done only when the next one is asked for."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct, structs

from setapart_agent.collectors.base import Collected, CollectorInfo, Denied, Failed, Unseen, uncovered
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.collectors.mdm.pull.http import FORBIDDEN, AnswerError, ManagerError
from setapart_agent.collectors.mdm.pull.journal import Memory
from setapart_agent.errors import ParseError, SourceError

Read = Export | ParseError
"""What a record says, or why it says nothing."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a device reported of which the manager does not say when: it must not count as seen today."""
Say = Callable[[str], None]

_CURSOR_REFUSED = frozenset({400, 404, 410})
_GONE = frozenset({404, 410})
_MOST_FAILED = 20
_MOST_BARREN_PAGES = 100
_MOST_DEVICES = 2_000_000


class Listed(Struct, frozen=True, kw_only=True):
    """A device as a manager lists it: its id there, and its record as it came."""

    id: str
    record: bytes


class Page(Struct, frozen=True, kw_only=True):
    """Some devices, and where the next ones are: `None` at the end. `nameless` counts records without an id."""

    devices: tuple[Listed, ...]
    next: str | None = None
    nameless: int = 0


class Manager(Protocol):
    """A device manager that can be asked."""

    def page(self, cursor: str | None) -> Page:
        """The devices of a page; `None` is the first.

        Raises:
            ManagerError: it can't be had; AnswerError where the manager does not know such a page.
        """

    def read(self, listed: Sequence[Listed]) -> Iterator[tuple[Listed, Read]]:
        """What each of these devices has, in order.

        Raises:
            ManagerError: the manager can't be asked any more.
        """

    def missed(self, given: Memory) -> Iterator[Listed]:
        """Devices that no page showed, because others went away while the pages were turned.

        Raises:
            ManagerError: the manager can't be asked any more.
        """


class Pull:
    """One run over a manager."""

    def __init__(
        self,
        manager: Manager,
        memory: Memory,
        collectors: tuple[CollectorInfo, ...],
        *,
        say: Say,
        progress: Callable[[int], None],
    ) -> None:
        """Asks nothing yet.

        Args:
            manager: whom to ask.
            memory: what was given already; what is given now is noted there.
            collectors: what is said of where the facts come from.
            say: tells the person who runs it.
            progress: is told how many devices are done.
        """
        self._manager = manager
        self._memory = memory
        self._collectors = collectors
        self._say = say
        self._progress = progress
        self._nameless = 0
        self._foreign = 0
        self._unreadable: dict[str, ParseError] = {}

    def devices(self) -> Iterator[Collected]:
        """Every device that was not given yet, each once.

        Raises:
            SourceError: the manager can't be asked to the end, or some record is no device; what was given is noted.
        """
        before = len(self._memory)
        try:
            for page in self._pages():
                self._nameless += page.nameless
                yield from self._given(page.devices)
            for late in self._manager.missed(self._memory):
                yield from self._given((late,))
            self._memory.finish()
        finally:
            self._memory.close()
        if before and len(self._memory) == before:
            self._say(f"all {before} devices were given before the stop: nothing was left to do")
        if self._foreign:
            self._say(f"devices of systems that have no rules here, left out: {self._foreign}")
        lost = self._nameless + len(self._unreadable)
        if lost:
            why = next((exc.got for exc in self._unreadable.values()), "they have no id")
            raise SourceError(f"{lost} records of the manager can't be read: {why}", expected="devices")

    def _given(self, listed: Sequence[Listed]) -> Iterator[Collected]:
        memory, lost = self._memory, self._unreadable
        wanted = tuple({item.id: item for item in listed if item.id not in memory and item.id not in lost}.values())
        for item, found in self._manager.read(wanted):
            if isinstance(found, ParseError):
                self._unreadable[item.id] = found
                continue
            serial = found.facts.device.serial
            if found.facts.device.platform is None:
                self._foreign += 1
            elif not memory.is_outdated(serial, found.taken_at):
                taken_at = found.taken_at or NEVER
                yield Collected(facts=found.facts, collectors=self._collectors, taken_at=taken_at)
            memory.give(item.id, serial, found.taken_at)
            self._progress(len(memory))

    def _pages(self) -> Iterator[Page]:
        """Page after page, the next one noted only when all devices of the last are done.

        Raises:
            ManagerError: a page can't be had, or there is no end.
        """
        memory = self._memory
        page = self._first()
        turned = {_digest(memory.cursor)}
        barren, most_barren = 0, _MOST_BARREN_PAGES + len(memory)
        while True:
            before = len(memory)
            yield page
            if page.next is None:
                return
            barren = barren + 1 if len(memory) == before else 0
            if _digest(page.next) in turned or barren > most_barren or len(memory) > _MOST_DEVICES:
                raise ManagerError("the manager's list has no end", expected="pages that bring new devices")
            turned.add(_digest(page.next))
            memory.turn(page.next)
            page = self._manager.page(page.next)

    def _first(self) -> Page:
        """The page to begin with: where an interrupted run stopped, if the manager still knows it."""
        if self._memory.cursor is not None:
            try:
                return self._manager.page(self._memory.cursor)
            except AnswerError as exc:
                if exc.status not in _CURSOR_REFUSED:
                    raise
            self._say("the manager has forgotten the page: its list is read from the start, without what was given")
            self._memory.restart()
        return self._manager.page(None)


class Tolerance:
    """How many devices in a row may fail before it is the manager that does."""

    def __init__(self) -> None:
        self._failed = 0

    def failed(self, exc: AnswerError) -> Unseen:
        """One more, and why; a device that is gone meanwhile counts for nothing.

        Raises:
            ManagerError: too many in a row.
        """
        self._failed += exc.status not in _GONE
        if self._failed > _MOST_FAILED:
            raise ManagerError(
                f"the manager fails for one device after the other: {exc.got}", expected=exc.expected, cure=exc.cure
            )
        return (Denied if exc.status == FORBIDDEN else Failed)(exc.reason)

    def went_well(self) -> None:
        """The row is broken."""
        self._failed = 0


def apps_unseen(export: Export, instead_of: Unseen, why: Unseen) -> Export:
    """A device whose apps could not be had, with the reason in place of the parser's, who could not know it."""
    rows = tuple(
        uncovered("apps", row.profile, row.collector, why)
        if row.section == "apps" and row.reason == instead_of.reason
        else row
        for row in export.facts.coverage
    )
    return structs.replace(export, facts=structs.replace(export.facts, coverage=rows))


def _digest(cursor: str | None) -> bytes:
    return hashlib.blake2b((cursor or "").encode("utf-8", "surrogatepass"), digest_size=16).digest()
