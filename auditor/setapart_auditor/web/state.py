"""How the service is: looked at once a second in the background, so that no request has to ask the database."""

import asyncio
import datetime as dt
import time
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, exists, func, select

from setapart_auditor.errors import StoreError
from setapart_auditor.intake.service import Intake
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import evidence, log_checkpoint, log_state, verdict

from . import events

EVERY_SECONDS = 1.0
STALE_SECONDS = 10.0
"""After which what was seen counts no more, and after which an intake that answers nobody counts as stuck."""
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the store said.

    Attributes:
        log_size: entries of the log.
        checkpoint_at: when the newest checkpoint was made, None while there is none.
        waiting: of the newest 1 000 reports, those without a verdict.
    """

    log_size: int
    checkpoint_at: dt.datetime | None
    waiting: int


class State:
    """Watches the store and the intake."""

    def __init__(self, store: Store, intake: Intake) -> None:
        self._store = store
        self._intake = intake
        self._limiter = CapacityLimiter(1)
        self._seen_at = float("-inf")
        self._answered = -1
        self._moved_at = time.monotonic()
        self.seen: Seen | None = None
        self.was_well: bool | None = None

    @property
    def trouble(self) -> str | None:
        """What is wrong now, None if all is well."""
        now = time.monotonic()
        if now - self._seen_at > STALE_SECONDS:
            return "the database does not answer"
        if now - self._moved_at > STALE_SECONDS:
            return "the intake answers nobody"
        return None

    async def watch(self) -> None:
        """Looks again and again until it is cancelled."""
        while True:
            try:
                # Given up only by name: a thread can't be stopped, and the next look waits for it.
                async with asyncio.timeout(STALE_SECONDS):
                    self.seen = await to_thread.run_sync(self._look, limiter=self._limiter, abandon_on_cancel=True)
                self._seen_at = time.monotonic()
            except (StoreError, TimeoutError) as exc:
                events.failed("the database does not answer", exc)
            self._watch_intake()
            self._tell()
            await asyncio.sleep(EVERY_SECONDS)

    def _look(self) -> Seen:
        with self._store.read() as connection:
            return look(connection)

    def _watch_intake(self) -> None:
        figures = self._intake.figures
        answered = sum(figures.answered.values()) + sum(figures.failed.values())
        if answered != self._answered or not figures.pending:
            self._answered = answered
            self._moved_at = time.monotonic()

    def _tell(self) -> None:
        """Says in the log when it turns."""
        trouble = self.trouble
        if self.was_well is not (trouble is None):
            if trouble is not None:
                events.warn("unwell", why=trouble)
            elif self.was_well is not None:
                events.say("well again")
        self.was_well = trouble is None


def look(connection: Connection) -> Seen:
    """What the store says now.

    Raises:
        StoreError: it has no log: it was never initialised.
    """
    size = connection.execute(select(log_state.c.size)).scalar_one_or_none()
    if size is None:
        raise StoreError("a store without a log", expected="an initialised one", cure="run `setapart-auditor init`")
    return Seen(
        log_size=int(size),
        checkpoint_at=connection.execute(
            select(log_checkpoint.c.at).order_by(log_checkpoint.c.size.desc()).limit(1)
        ).scalar_one_or_none(),
        waiting=int(connection.execute(_WAITING).scalar_one()),
    )


_NEWEST = (
    select(evidence.c.digest)
    .where(evidence.c.outcome == "accepted")
    .order_by(evidence.c.no.desc())
    .limit(_LOOKED_AT)
    .subquery()
)
# Counted by the database: a thousand digests that went through this process held its event loop up every second.
_WAITING = (
    select(func.count()).select_from(_NEWEST).where(~exists().where(verdict.c.evidence_digest == _NEWEST.c.digest))
)
