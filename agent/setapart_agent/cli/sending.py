"""Reports of one run on their way to the auditor: into the spool, and out of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_agent.cli.exchange import WAITING, courier_of, utc_now
from setapart_agent.collectors.base import Collected
from setapart_agent.delivery_record import read_record
from setapart_agent.errors import AgentError
from setapart_agent.report import SignedReport
from setapart_agent.spool import Spool, Staged
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from setapart_agent.deliver import Outcome
    from setapart_evidence.errors import SetapartError

_DELIVERED = "delivered"
_MOST_WAITING = 256
"""Reports after which a run over many devices delivers, before it goes on."""


@dataclass(frozen=True, slots=True)
class _Made:
    device: str
    sequence: int
    digest: str


class Sending:
    """Where reports go that have no file: the spool of an enrolled folder, and from there to the auditor.

    Nothing that goes wrong with the network is an error here; it is said at the end. What is staged when a run breaks
    off is `signing_chain`'s.
    """

    is_folder = True

    def __init__(self, folder: Path, *, deliver: bool) -> None:
        self._folder = folder
        self._spool = Spool(folder)
        self._wanted = deliver
        self._deliver = deliver
        self._trouble: SetapartError | None = None
        self._staged: Staged | None = None
        self._dropped = 0
        self._made: list[_Made] = []
        self._sent: set[str] = set()
        self._rejected: set[str] = set()

    def prepare(self) -> None:
        """Asks for a fresh nonce and the valid policy bundle, before anything is collected."""
        if not self._deliver:
            return
        try:
            with courier_of(self._folder) as courier:
                if courier.is_due():
                    self._trouble = courier.refresh()
                else:
                    self._deliver = False
        except AgentError as exc:
            self._trouble = exc

    def admitted(self, devices: Iterator[Collected]) -> Iterator[Collected]:
        """The devices.

        Raises:
            AgentError: there is none.
        """
        first = next(devices, None)
        if first is None:
            raise AgentError("no device in this source", expected="one")
        yield first
        yield from devices

    def stage(self, raw: bytes, digest: str, sequence: int) -> None:
        """Keeps a report before the chain goes on.

        Raises:
            SpoolError: there is no room.
        """
        self._staged = self._spool.stage(raw, digest, sequence, utc_now())

    def take(self, report: SignedReport) -> str:
        """Releases the report that was staged. Returns nothing to say yet.

        Raises:
            SpoolError: the folder can't be written; the report is kept all the same.
        """
        assert self._staged is not None
        dropped = self._spool.release(self._staged, utc_now())
        self._staged = None
        self._dropped += dropped
        if dropped:
            click.echo(f"setapart-agent: the spool is full: its {dropped} oldest reports were dropped", err=True)
        self._made.append(_Made(report.device, report.sequence, report.digest))
        if len(self._made) % _MOST_WAITING == 0:
            self._send(rotate=False)  # the chain is locked here
        return ""

    def end(self) -> tuple[tuple[str, ...], int]:
        """Delivers. Returns the lines that say what became of the run's reports, and the exit code.

        What was to be kept anyway is no reason for a code of its own; what could not be delivered is.
        """
        self._send(rotate=True)
        fates = self._fates()
        lines = [f"report {made.sequence} of {made.device} {fates[made.digest]}" for made in self._made]
        waiting = any(fate != _DELIVERED for fate in fates.values())
        if waiting:
            lines.append(self._why())
        return tuple(lines), WAITING if waiting and self._wanted else 0

    def _fates(self) -> dict[str, str]:
        """What became of each report. Another agent may have delivered it, for which it needed its receipt."""
        kept = {report.digest for report in self._spool.reports()}
        rejected = self._rejected | {report.digest for report in self._spool.rejected()}
        fates = {}
        for made in self._made:
            if made.digest in self._sent:
                fates[made.digest] = _DELIVERED
            elif made.digest in rejected:
                fates[made.digest] = "not taken by the auditor: `setapart-agent status` says why"
            elif made.digest in kept:
                fates[made.digest] = "kept, to be delivered"
            else:
                fates[made.digest] = "dropped: the spool is full" if self._dropped else _DELIVERED
        return fates

    def _send(self, *, rotate: bool) -> None:
        if not self._deliver or self._trouble is not None:
            return
        try:
            with courier_of(self._folder, rotate=rotate) as courier:
                outcome: Outcome = courier.deliver()
        except AgentError as exc:
            self._trouble = exc
            return
        self._sent.update(report.digest for report in outcome.delivered)
        self._rejected.update(report.digest for report in outcome.rejected)
        self._trouble = outcome.trouble

    def _why(self) -> str:
        record = read_record(self._folder)
        if self._trouble is None and record.trouble is None:
            return "`setapart-agent deliver` sends what is kept"
        got = str(self._trouble) if self._trouble is not None else record.trouble.got  # type: ignore[union-attr]
        at = f"; next attempt after {moment_text(record.next_at)}" if record.next_at is not None else ""
        return f"not delivered: {got}{at}"
