"""Rejected messages are counted, not kept: anybody can send them, and they move no device."""

import datetime as dt
import threading
from dataclasses import dataclass

from sqlalchemy import Connection, select

from setapart_auditor.errors import StoreError, TokenRefusedError
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import device, rejection
from setapart_evidence.errors import EvidenceError, SetapartError
from setapart_evidence.text import printable

_MOST = 10_000
_LONGEST = 300
_LONGEST_ID = 128
_Key = tuple[dt.date, str, str]


@dataclass(slots=True)
class _Count:
    times: int
    at: dt.datetime
    message: str


class Rejections:
    """Counts in memory, per day, reason and claimed device; `flush` adds them to the store's."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._counts: dict[_Key, _Count] = {}

    def add(self, exc: SetapartError, claimed: str, now: dt.datetime) -> None:
        """Counts one; claims beyond a bound, or that no device's id can be, count without their device."""
        reason = exc.reason if isinstance(exc, EvidenceError) else "not-allowed"
        # A NUL or half a surrogate in one claim would keep all counts from being written.
        key = (now.date(), reason, claimed if len(claimed) <= _LONGEST_ID and claimed.isprintable() else "")
        with self._lock:
            if key not in self._counts and len(self._counts) >= _MOST:
                key = (now.date(), reason, "")
            count = self._counts.setdefault(key, _Count(0, now, ""))
            count.times += 1
            count.at = now
            count.message = printable(exc.real if isinstance(exc, TokenRefusedError) else exc.got, _LONGEST)

    def flush(self) -> None:
        """Writes the counts down; only a registered device's id is kept as a claim. What can't be written waits."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            with self._store.write() as connection:
                self._write(connection, counts)
        except StoreError:
            with self._lock:
                for key, count in counts.items():
                    later = self._counts.setdefault(key, count)
                    later.times += count.times if later is not count else 0

    def _write(self, connection: Connection, counts: "dict[_Key, _Count]") -> None:
        claims = {claimed for _, _, claimed in counts if claimed}
        known = set(connection.execute(select(device.c.id).where(device.c.id.in_(claims))).scalars())
        sums: dict[_Key, _Count] = {}
        for (day, reason, claimed), count in counts.items():
            whole = sums.setdefault((day, reason, claimed if claimed in known else ""), _Count(0, count.at, ""))
            whole.times += count.times
            whole.at, whole.message = max(whole.at, count.at), count.message
        if connection.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert as upsert
        else:
            from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]
        statement = upsert(rejection)
        statement = statement.on_conflict_do_update(
            index_elements=["day", "reason", "claimed"],
            set_={
                "times": rejection.c.times + statement.excluded.times,
                "last_at": statement.excluded.last_at,
                "last_message": statement.excluded.last_message,
            },
        )
        values = [
            {"day": day, "reason": reason, "claimed": claimed, "times": one.times, "last_at": one.at,
             "last_message": one.message}
            for (day, reason, claimed), one in sums.items()
        ]  # fmt: skip
        connection.execute(statement, values)
