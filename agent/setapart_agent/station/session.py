"""A station's day: waits for a phone, has it recognised, guides its holder, and waits for the next one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import sleep

from setapart_agent.station import showing, texts
from setapart_agent.station.console import Console
from setapart_agent.station.journal import Journal
from setapart_agent.station.phones import READY, NotReadyError, Phone, Sighting, Way, WayInError
from setapart_agent.station.visit import End, Visit

POLL = 1.0
"""Seconds between two looks at what is attached."""
_Key = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Session:
    """A running station.

    Attributes:
        ways: to phones, started.
        visit: what guides one phone's holder.
        poll: seconds between two looks.
    """

    console: Console
    journal: Journal
    ways: Sequence[Way]
    visit: Visit
    poll: float = POLL
    _done: set[_Key] = field(default_factory=set)
    _said: dict[_Key, str] = field(default_factory=dict)

    def run(self, *, once: bool) -> End:
        """Guides phone after phone; returns how the last visit ended.

        Args:
            once: whether to end after the first phone.
        """
        while True:
            self.console.heading(texts.WAITING)
            phone, way = self._next()
            if phone is not None and way is not None:
                ended = self.visit.run(way, phone)
                self._done.add(_key(phone.sighting))
            else:
                ended = "declined"
            if once:
                return ended
            if self.console.has_ended:
                self.console.say(texts.NO_INPUT)
                return ended
            self.console.say()
            self.console.say(texts.UNPLUG if phone is not None else texts.NONE_CHOSEN)

    def _next(self) -> tuple[Phone | None, Way | None]:
        """The next phone that is ready, and its way; nothing if none of several was chosen."""
        self._said.clear()
        while True:
            ready = self._ready()
            chosen = next(iter(ready), None) if len(ready) < 2 else self._chosen(ready)  # noqa: PLR2004 - several
            if ready and chosen is None:
                self._done |= set(map(_key, ready))
                return None, None
            if chosen is not None:
                try:
                    return ready[chosen].recognise(chosen), ready[chosen]
                except NotReadyError as exc:
                    self._say_once(
                        _key(chosen),
                        texts.NOT_RECOGNISED.format(
                            phone=showing.phone_name(chosen), got=exc.got, cure=exc.cure or "unplug it and plug it in"
                        ),
                    )
            sleep(self.poll)

    def _ready(self) -> dict[Sighting, Way]:
        """The phones that were not read yet and are ready; says what is missing to the others."""
        seen: dict[Sighting, Way] = {}
        for way in self.ways:
            try:
                seen |= dict.fromkeys(way.look(), way)
            except WayInError as exc:
                self._done -= {key for key in self._done if key[0] == way.kind}
                told = texts.WAY_TROUBLE.format(got=exc.got, cure=exc.cure or "wait")
                if self._say_once((way.kind, ""), told):
                    self.journal.note("trouble", why=f"{way.kind}-unusable")
        present = set(map(_key, seen))
        self._done &= present
        for key in [key for key in self._said if key not in present and key[1]]:
            del self._said[key]
        waiting = {one: way for one, way in seen.items() if _key(one) not in self._done}
        for one in waiting:
            if one.state != READY and self._say_once(_key(one), showing.not_ready(one)):
                self.journal.note("not-recognised", why=one.state if one.state in texts.NOT_READY else "not-started")
        return {one: way for one, way in waiting.items() if one.state == READY}

    def _chosen(self, ready: dict[Sighting, Way]) -> Sighting | None:
        phones = sorted(ready, key=_key)
        self.console.say(texts.SEVERAL.format(count=len(phones)))
        for number, one in enumerate(phones, 1):
            self.console.say(texts.ONE_OF_THEM.format(number=number, phone=showing.phone_name(one)), indent="  ")

        def are_there() -> bool:
            try:
                return all(any(_key(one) == _key(two) for two in ready[one].look()) for one in phones)
            except WayInError:
                return False

        typed = self.console.choose(texts.CHOOSE, len(phones), are_there)
        return None if typed is None else phones[typed - 1]

    def _say_once(self, key: _Key, text: str) -> bool:
        """Says something about a phone unless it was the last thing said about it."""
        if self._said.get(key) == text:
            return False
        self._said[key] = text
        self.console.say(text)
        return True


def _key(sighting: Sighting) -> _Key:
    return sighting.kind, sighting.key
