"""A station's way to its auditor: the policy that decides what leaves, signing, the spool, delivery, the receipt.

All of it is what `report` does, for one phone at a time and with the holder in between. An auditor takes no device's
key for a station's: what the agent asks it signs with its own key, what it reads with the station's.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from setapart_agent.collectors.base import Collected
from setapart_agent.disclosure import DisclosureFilter, filter_of
from setapart_agent.errors import AgentError, PolicyError, RefusedError
from setapart_agent.facts import DeviceFacts
from setapart_agent.membership import Membership, enrolled, pinned_bundle
from setapart_agent.receipts import last_receipt, nonce_for
from setapart_agent.report import SignedReport, device_id, make_signed_report
from setapart_agent.signing import signing_chain, station_signer
from setapart_agent.sources import SourceSpec
from setapart_agent.spool import Rejection, Spool, Staged
from setapart_agent.state import STATION_LOCK_NAME
from setapart_evidence.errors import SetapartError
from setapart_evidence.identity import hardware_id
from setapart_evidence.keys import Signer

if TYPE_CHECKING:
    from setapart_agent.deliver import Courier
    from setapart_evidence.bundle import PolicyBundle
    from setapart_evidence.receipt import Receipt

# The latter of a phone with a key of its own: that is then the only one that the auditor knows for it.
_UNKNOWN = frozenset({"unknown-key", "bad-signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what one phone is read: shown to its holder, and signed with the report."""

    membership: Membership
    policy: "PolicyBundle"
    disclosure: DisclosureFilter
    signer: Signer

    def id_of(self, device: DeviceFacts) -> str | None:
        """What evidence will call a device; None for one without a serial, which no register can know."""
        if not device.serial or device.platform is None or self.disclosure.id_key is None:
            return None
        return hardware_id(self.disclosure.id_key, device.platform, device.serial)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A report in the spool, and how many older ones had to make room for it."""

    report: SignedReport
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a report: one of the three.

    Attributes:
        receipt: of the auditor, verified.
        rejection: why the auditor will never take it.
        trouble: why it waits in the spool.
    """

    receipt: "Receipt | None" = None
    rejection: Rejection | None = None
    trouble: SetapartError | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether the auditor does not know that this station's key may speak for the phone."""
        return isinstance(self.trouble, RefusedError) and self.trouble.reason in _UNKNOWN


class Sender:
    """Signs and sends for an enrolled state folder.

    Args:
        folder: the state folder.
        key: the station's key file; never the agent's own.
        read_key: opens it.
        courier: the folder's courier, with its lock, for the length of a block.
        clock: the time.
    """

    def __init__(
        self,
        folder: Path,
        key: Path,
        *,
        read_key: Callable[[Path], Signer],
        courier: "Callable[[], AbstractContextManager[Courier]]",
        clock: Callable[[], datetime],
    ) -> None:
        self._folder = folder
        self._key = key
        self._read_key = read_key
        self._courier = courier
        self._clock = clock

    def refresh(self) -> SetapartError | None:
        """Asks for the policy bundle that is valid now. Returns why nothing can be sent now."""
        try:
            with self._courier() as courier:
                return courier.refresh()
        except SetapartError as exc:
            return exc

    def terms(self) -> Terms:
        """Under what the next phone is read.

        Raises:
            NotEnrolledError: no auditor has accepted this station.
            PolicyError: there is no valid policy bundle: nobody could say what would leave.
            KeyFileError: there is no key of the station's, or it is the agent's own.
            SetapartError: the bundle or a key can't be read.
        """
        membership = enrolled(self._folder)
        found = pinned_bundle(self._folder, membership)
        if found is None:
            raise PolicyError(
                "the auditor has named no policy bundle",
                expected="one: it names phones, and decides what leaves them",
                cure="let an officer issue one, then run `setapart-agent deliver`",
            )
        if found.bundle.expires_at <= self._clock():
            raise PolicyError(
                f"the policy bundle expired on {found.bundle.expires_at:%Y-%m-%d}",
                expected="a valid one",
                cure="look at this machine's clock and its way to the auditor, or tell your officer that no new bundle "
                "is issued",
            )
        signer = station_signer(self._folder, self._key, self._read_key)
        return Terms(membership=membership, policy=found.bundle, disclosure=filter_of(found), signer=signer)

    def keep(self, collected: Collected, source: SourceSpec, terms: Terms) -> Kept:
        """Signs what was read, as the station, and keeps it until it is delivered.

        Raises:
            ChainError: the chain can't be read or written; nothing was kept.
            SpoolError: there is no room; nothing was kept.
            SetapartError: the key can't sign any more; nothing was kept.
        """
        spool = Spool(self._folder)
        staged: list[Staged] = []

        def stage(raw: bytes, digest: str, sequence: int) -> None:
            staged.append(spool.stage(raw, digest, sequence, self._clock()))

        with signing_chain(self._folder, self._key) as chain:
            device = device_id(collected, source, terms.disclosure, signer=terms.signer, chain=chain)
            report = make_signed_report(
                collected,
                source,
                terms.disclosure,
                device=device,
                signer=terms.signer,
                chain=chain,
                now=self._clock(),
                nonce=nonce_for(self._folder, terms.membership, device),
                stage=stage,
            )
            return Kept(report=report, dropped=spool.release(staged[0], self._clock()))

    def deliver(self, report: SignedReport) -> Fate:
        """Sends everything that waits, this report last. What goes wrong is in the fate, and the report stays."""
        try:
            with self._courier() as courier:
                outcome, auditor = courier.deliver(), courier.membership.key
        except SetapartError as exc:
            return Fate(trouble=exc)
        if any(one.digest == report.digest for one in outcome.rejected):
            return self._rejected(report)
        receipt = last_receipt(self._folder, report.device, auditor)
        is_there = any(one.digest == report.digest for one in outcome.delivered) or not self._waits(report)
        if is_there and receipt is not None and receipt.sequence == report.sequence:
            return Fate(receipt=receipt)
        return Fate(trouble=outcome.trouble or AgentError("another agent is delivering"))

    def _waits(self, report: SignedReport) -> bool:
        return any(one.digest == report.digest for one in Spool(self._folder).reports())

    def _rejected(self, report: SignedReport) -> Fate:
        spool = Spool(self._folder)
        for one in spool.rejected():
            if one.digest == report.digest and (why := spool.rejection(one)) is not None:
                return Fate(rejection=why)
        return Fate(rejection=Rejection(reason="", got="its reason was lost", at=self._clock()))


@contextmanager
def only_station(folder: Path) -> Iterator[None]:
    """Holds the place of the one station of a state folder.

    Raises:
        BusyError: another station has it.
        AgentError: the folder can't be written.
    """
    import os

    from setapart_agent.private_files import CLOSED, NO_LINK, try_lock
    from setapart_agent.state import BusyError

    path = folder / STATION_LOCK_NAME
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | CLOSED | NO_LINK, 0o600)
    except OSError as exc:
        raise AgentError(f"{path} can't be opened: {exc.strerror}", cure="make its folder writable") from None
    try:
        if not try_lock(handle):
            raise BusyError(
                "another station runs on this folder",
                expected="one station for each state folder",
                cure="go on at that one, or end it; a second station is enrolled with a --dir of its own",
            )
        yield
    finally:
        os.close(handle)
