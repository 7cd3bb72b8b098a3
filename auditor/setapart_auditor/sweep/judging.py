"""Judging stored devices: what is the same for all of them, made once, and one device after the other."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from setapart_auditor.appraisal.engine import appraise_history
from setapart_auditor.appraisal.model import Context, Exception_, Status, Verdict
from setapart_auditor.authority import built_in, known_bundles
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.intake.epochs import known_epochs
from setapart_auditor.policy.model import Policy
from setapart_auditor.register.database import RegisteredDevice

from .causes import causes_of
from .granted import granted_exceptions
from .reading import StoredHistory, read_histories
from .shared import shared_by_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDevice:
    """A device of the register and its verdict.

    Attributes:
        no: its number.
        unit: its unit, by which it was judged.
        verdict: the verdict.
        pack: the digest of the pack alone.
        causes: for each finding that leaves the verdict open, the control, and what stands in the way.
    """

    no: int
    unit: str
    verdict: Verdict
    pack: str
    causes: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """The verdict's status."""
        return Status[self.verdict.status.upper()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """All that judging needs beside a device's reports.

    Attributes:
        policies: of every unit.
        context: bundles, epochs, broken exceptions; nonces and shared accounts are added for each device.
        exceptions: by the name of their device.
        shared: by unit of devices that are set apart, their accounts, and which others hold them as it may know them.
        at: the moment to judge as of.
    """

    policies: Policies
    context: Context
    exceptions: Mapping[str, tuple[Exception_, ...]] = field(default_factory=dict)
    shared: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    at: dt.datetime

    def policy_of(self, device: RegisteredDevice) -> Policy:
        """The policy that a device is judged by."""
        return self.policies.of(device.registration.unit)

    def judge(self, stored: StoredHistory) -> JudgedDevice:
        """Judges one device."""
        registration, policy = stored.device.registration, self.policy_of(stored.device)
        context = replace(self.context, nonces=stored.nonces) if stored.nonces else self.context
        if registration.unit in self.shared:
            context = replace(context, shared=self.shared[registration.unit])
        verdict = appraise_history(
            stored.history, registration, self.exceptions.get(registration.name, ()), policy, context, self.at
        )
        return JudgedDevice(
            no=stored.device.no,
            unit=registration.unit,
            verdict=verdict,
            pack=policy.pack_digest,
            causes=causes_of(verdict, stored.history),
        )

    def judge_all(self, connection: Connection, devices: Sequence[RegisteredDevice]) -> Iterator[JudgedDevice]:
        """Reads and judges some devices, as many as fit into memory."""
        return map(self.judge, read_histories(connection, devices, self.at))


def make_judge(
    installation: Installation,
    connection: Connection,
    policies: Policies,
    at: dt.datetime,
    *,
    of: Sequence[RegisteredDevice] | None = None,
) -> Judge:
    """Reads what judging needs.

    Args:
        installation: whose bundles.
        connection: one state of the store.
        policies: to judge by.
        at: the moment to judge as of.
        of: the devices that will be judged, None for all: only a device that is set apart is compared with others.

    Raises:
        AuditorError: a kept bundle is damaged.
    """
    exceptions, broken = granted_exceptions(connection)
    return Judge(
        policies=policies,
        context=Context(
            bundles={**built_in(policies.catalog), **known_bundles(installation.folder)},
            epochs=known_epochs(connection),
            broken=broken,
        ),
        exceptions=exceptions,
        shared=shared_by_unit(connection, at, of=of),
        at=at,
    )
