"""Which key speaks for which device: asked of the store once per device and state of the register."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable

from setapart_auditor.register.database import version_of
from setapart_auditor.register.stored_keys import StoredKeys
from setapart_auditor.store.engine import Store
from setapart_evidence.open import KeyBinding, KeyLookup

MOST = 200_000
"""Answers that are kept."""
_Question = tuple[str, str | None]


class KeyDirectory(KeyLookup):
    """Answers from memory until it is told to look again.

    An answer may be as old as the last look: what a message is let in by is asked once more in the transaction that
    stores it. Nothing is kept of devices that have no key, so that a new one is known at once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: OrderedDict[_Question, tuple[KeyBinding, ...]] = OrderedDict()
        self._version = -1

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """The device's present key, and the named station's; nothing for a device that is not in the register."""
        question = (device, station)
        with self._lock:
            found = self._known.get(question)
        return found if found is not None else self._read((question,))[question]

    def learn(self, questions: Iterable[_Question]) -> None:
        """Asks the store once for all of these that are not known: a transaction costs more than a question."""
        with self._lock:
            unknown = {one for one in questions if one not in self._known}
        if len(unknown) > 1:
            self._read(unknown)

    def look_again(self) -> bool:
        """Forgets every answer if the register has changed. Returns whether it has."""
        with self._store.read() as connection:
            version = version_of(connection)
        return self._seen(version)

    def _seen(self, version: int) -> bool:
        with self._lock:
            if version <= self._version:
                return False
            self._version = version
            self._known.clear()
            return True

    def _read(self, questions: Collection[_Question]) -> dict[_Question, tuple[KeyBinding, ...]]:
        with self._store.read() as connection:
            version = version_of(connection)
            stored = StoredKeys(connection)
            answers = {(device, station): stored.keys_for(device, station) for device, station in questions}
        self._seen(version)
        with self._lock:
            if version == self._version:
                self._known.update((question, answer) for question, answer in answers.items() if answer)
                while len(self._known) > MOST:
                    self._known.popitem(last=False)
        return answers
