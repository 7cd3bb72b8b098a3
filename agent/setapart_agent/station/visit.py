"""One phone's visit: shown, agreed to, read, shown again, signed, delivered. Nothing is kept before a yes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal

from setapart_agent.collectors.base import Collected
from setapart_agent.errors import SourceError
from setapart_agent.inventory import build_inventory
from setapart_agent.station import showing, texts
from setapart_agent.station.console import Console
from setapart_agent.station.journal import Journal
from setapart_agent.station.phones import READY, Phone, SwappedError, UnpluggedError, Way, WayInError
from setapart_agent.station.sender import Fate, Kept, Sender, Terms
from setapart_agent.station.showing import Paragraph
from setapart_evidence.errors import SetapartError
from setapart_evidence.model import Coverage
from setapart_evidence.moments import moment_text
from setapart_evidence.text import printable
from setapart_evidence.words import words_of

End = Literal["delivered", "kept", "declined", "failed"]
"""How a visit ended: with a receipt, in the spool, by a no, or by something that somebody has to mend."""
_INDENT = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a visit needs.

    Attributes:
        public_key: the file with the station's public key, named in what IT is told.
        names: names in the register by id, as far as this station was told.
        cure_of: what would help the collectors to see what they missed.
        send_at_once: whether the second question is left out.
    """

    console: Console
    journal: Journal
    sender: Sender
    public_key: Path
    names: Callable[[str], str | None]
    cure_of: Callable[[Coverage], str]
    send_at_once: bool

    def run(self, way: Way, phone: Phone) -> End:
        """Guides one phone's holder through everything."""
        platform = phone.device.platform
        self.journal.note("recognised", platform=platform)
        try:
            trouble = self.sender.refresh()
            terms = self.sender.terms()
        except SetapartError as exc:
            return self._failed(exc)
        id_ = terms.id_of(phone.device)
        self.console.heading(texts.RECOGNISED)
        self._say(showing.recognised(phone.device, id_ or "-", self.names(id_) if id_ else None))
        if id_ is None:
            self.console.say(texts.NO_SERIAL)
            self.journal.note("not-read", platform=platform, why="no-serial")
            return "failed"
        self._terms(phone, terms, trouble)
        return self._guide(way, phone, terms)

    def _guide(self, way: Way, phone: Phone, terms: Terms) -> End:
        platform = phone.device.platform
        is_there = self._presence(way, phone)
        answer = self.console.ask(texts.MAY_READ, is_there)
        if answer != "yes":
            self.console.say(texts.NOT_READ[answer])
            self.journal.note("not-read", platform=platform, why=_word(answer))
            return "declined"
        collected = self._read(way, phone)
        if collected is None:
            return "failed"
        self._result(collected, terms)
        if not self.send_at_once and (answer := self.console.ask(texts.MAY_SEND, is_there)) != "yes":
            self.console.say(texts.NOT_SENT[answer])
            self.journal.note("not-sent", platform=platform, why=_word(answer))
            return "declined"
        return self._send(collected, phone, terms)

    def _terms(self, phone: Phone, terms: Terms, trouble: SetapartError | None) -> None:
        self.console.heading(texts.WOULD_READ)
        self._say(showing.would_read(phone.device.platform or ""))
        self.console.heading(texts.WOULD_LEAVE)
        self._say(showing.would_leave(terms.policy, terms.disclosure.level, _auditor(terms)))
        if trouble is not None:
            self.console.say(texts.NO_AUDITOR.format(got=_clause(trouble.got)))
        self.console.say()

    def _presence(self, way: Way, phone: Phone) -> Callable[[], bool]:
        def is_there() -> bool:
            try:
                return any((one.key, one.state) == (phone.sighting.key, READY) for one in way.look())
            except WayInError:
                return False

        return is_there

    def _read(self, way: Way, phone: Phone) -> Collected | None:
        platform = phone.device.platform
        begun = monotonic()
        self.console.say()
        self.console.say(texts.READING)
        try:
            found = way.read(phone, self._progress)
        except UnpluggedError:
            self.console.say(texts.PULLED)
            self.journal.note("not-read", platform=platform, why="unplugged")
        except SwappedError:
            self.console.say(texts.SWAPPED)
            self.journal.note("not-read", platform=platform, why="another-phone")
        except SourceError as exc:
            self.console.say(texts.READ_FAILED.format(got=_clause(exc.got), cure=_clause(exc.cure or "try again")))
            self.journal.note("not-read", platform=platform, why="unreadable")
        else:
            seconds = round(monotonic() - begun)
            self.console.say(texts.READ_IN.format(seconds=seconds))
            coverage = found.facts.coverage
            seen = sum(row.status == "observed" for row in coverage)
            self.journal.note("read", platform=platform, seen=seen, unseen=len(coverage) - seen, seconds=seconds)
            return found
        return None

    def _progress(self, section: str) -> None:
        self.console.say(texts.READING_SECTION.format(section=texts.SECTIONS[section]), indent=_INDENT)

    def _result(self, collected: Collected, terms: Terms) -> None:
        inventory = build_inventory(collected.facts, terms.disclosure)
        self.console.heading(texts.NOT_SEEN)
        self._say(showing.not_seen(inventory.coverage, self.cure_of))
        self.console.heading(texts.FOUND)
        self._say(showing.found(inventory))
        self.console.say()

    def _send(self, collected: Collected, phone: Phone, terms: Terms) -> End:
        platform = phone.device.platform
        try:
            kept = self.sender.keep(collected, phone.spec, terms)
        except SetapartError as exc:
            self.console.say(texts.NOT_KEPT.format(got=_clause(exc.got), cure=_clause(exc.cure or "try again")))
            self.journal.note("not-sent", platform=platform, why="not-kept")
            return "failed"
        if kept.dropped:
            self.console.say(texts.DROPPED.format(count=kept.dropped))
        fate = self.sender.deliver(kept.report)
        self.console.heading(texts.RECEIPT)
        return self._tell(kept, fate, phone, terms)

    def _tell(self, kept: Kept, fate: Fate, phone: Phone, terms: Terms) -> End:
        sequence, platform = kept.report.sequence, phone.device.platform
        if fate.receipt is not None:
            told = texts.DELIVERED[fate.receipt.outcome]
            self.console.say(told.format(sequence=sequence, at=moment_text(fate.receipt.received_at)))
            for text in texts.BY:
                self.console.say(text.format(auditor=_auditor(terms), key=words_of(terms.membership.auditor)))
            self.console.say(texts.LOGGED.format(index=fate.receipt.log_index))
            self.journal.note("delivered", platform=platform, why=fate.receipt.outcome)
            return "delivered"
        if fate.rejection is not None:
            self.console.say(texts.REJECTED.format(got=_clause(fate.rejection.got)))
            self.journal.note("rejected", platform=platform)
            return "failed"
        assert fate.trouble is not None
        self.console.say(texts.WAITS.format(sequence=sequence, got=_clause(fate.trouble.got)))
        if fate.is_unknown:
            self._tell_what_is_missing(kept, terms)
        else:
            self.console.say(texts.WAITS_HOW)
        self.journal.note("kept", platform=platform, why="unknown-key" if fate.is_unknown else "undelivered")
        return "kept"

    def _tell_what_is_missing(self, kept: Kept, terms: Terms) -> None:
        self.console.say(texts.UNKNOWN)
        for why, command in (texts.ADD_PHONE, texts.ADD_STATION):
            words = {"id": kept.report.device, "path": self.public_key, "key": words_of(terms.signer.public.keyid)}
            self.console.say(why.format(**words))
            self.console.command(command.format(**words))

    def _failed(self, exc: SetapartError) -> End:
        self.console.say(texts.WAY_TROUBLE.format(got=_clause(exc.got), cure=_clause(exc.cure or "tell your officer")))
        self.journal.note("trouble", why=type(exc).__name__)
        return "failed"

    def _say(self, paragraphs: Iterable[Paragraph]) -> None:
        for one in paragraphs:
            self.console.say(one.text, indent=_INDENT if one.is_item else "")


def _auditor(terms: Terms) -> str:
    return terms.membership.url or "the auditor, carried by hand"


def _clause(text: str) -> str:
    """Somebody else's sentence, to stand inside one of ours."""
    return printable(text).rstrip(". ")


def _word(answer: str) -> str:
    return "no-answer" if answer == "nobody" else answer
