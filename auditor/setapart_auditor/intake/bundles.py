"""The policy bundle that a unit's agents should have now: the newest that was issued, or a new one."""

import datetime as dt
import threading

from setapart_auditor.authority import IssuedBundle, issue_bundle, kept_bundles, locked
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.policy.bundle import Choices, client_keys
from setapart_auditor.policy.model import Policy
from setapart_evidence.bundle import PolicyBundle


class Bundles:
    """Issues a bundle where none says what the policy says now, or the newest is past half of its time.

    Agents refuse a bundle that is older than the one they have. So one that says the right thing is of no use where
    another was handed out after it: of a rule that is no longer anybody's, or of the unit that a device comes from.
    """

    def __init__(self, installation: Installation, policies: Policies) -> None:
        self._installation = installation
        self._policies = policies
        chosen = installation.settings.policy
        self._choices = Choices(level=chosen.level, addresses=chosen.addresses, days=chosen.bundle_days)
        self._lock = threading.Lock()
        self._kept: dict[str, IssuedBundle] = {}
        self._moved: dict[str, dt.datetime] = {}

    def of(self, unit: str, now: dt.datetime, *, moved: dt.datetime | None = None) -> IssuedBundle:
        """The bundle of a unit.

        Args:
            unit: the device's.
            now: the moment.
            moved: when the device came from another unit, None if it never did: up to then it had that one's bundles.

        Raises:
            AuditorError: a kept bundle is damaged, or none can be written.
        """
        policy = self._policies.of(unit)
        with self._lock:
            kept, seen = self._kept.get(policy.digest), self._moved.get(policy.digest)
            has_moved = moved is not None and (seen is None or moved > seen)
            if kept is None or has_moved or now >= _half(kept.signed.bundle):
                if has_moved and moved is not None:
                    seen = self._moved[policy.digest] = moved
                with locked(self._installation.folder):  # one process at a time looks and issues
                    kept = self._kept[policy.digest] = self._find(policy, now, seen) or self._issue(policy, now)
        return kept

    def digest_of(self, unit: str, now: dt.datetime) -> str:
        """The digest of a unit's bundle."""
        return self.of(unit, now).signed.digest

    def _find(self, policy: Policy, now: dt.datetime, moved: dt.datetime | None) -> IssuedBundle | None:
        """The newest bundle that says what the policy says, if no agent that asks for it can have a newer one."""
        every = [(one, one.signed.bundle) for one in kept_bundles(self._installation.folder)]
        present = (self._policies.default, *self._policies.units.values())
        before = max(
            (
                bundle.version
                for _, bundle in every
                if (moved is not None and bundle.issued_at <= moved)
                or not any(self._fits(bundle, one) for one in present)
            ),
            default=0,
        )
        fitting = [(one, bundle) for one, bundle in every if self._fits(bundle, policy) and now < _half(bundle)]
        newest, bundle = max(fitting, key=lambda pair: pair[1].version, default=(None, None))
        return newest if bundle is not None and bundle.version >= before else None

    def _issue(self, policy: Policy, now: dt.datetime) -> IssuedBundle:
        return issue_bundle(self._installation.authority, policy, self._policies.catalog, self._choices, now)

    def _fits(self, bundle: PolicyBundle, policy: Policy) -> bool:
        """Whether a bundle says what a new one would."""
        return (
            bundle.pack.digest == policy.pack_digest
            and bundle.pack.overlay == policy.overlay_digest
            and bundle.level == self._choices.level
            and bundle.addresses == self._choices.addresses
            and bundle.identifiers == tuple(sorted(policy.needed_identifiers))
            and bundle.clients == client_keys(self._policies.catalog)
            and bundle.own_store == tuple(sorted(policy.own_store))
            and bundle.internal == tuple(sorted(policy.internal))
        )


def _half(bundle: PolicyBundle) -> dt.datetime:
    return bundle.issued_at + (bundle.expires_at - bundle.issued_at) / 2
