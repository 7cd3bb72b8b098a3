"""The policy bundle that a unit's agents should have now: the newest that was issued, or a new one."""

import datetime as dt
import threading

from setapart_auditor.authority import IssuedBundle, issue_bundle, kept_bundles, locked
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.policy.bundle import Choices, client_keys
from setapart_auditor.policy.model import Policy
from setapart_evidence.bundle import PolicyBundle


class Bundles:
    """Issues a bundle where none says what the policy says now, or the newest is past half of its time."""

    def __init__(self, installation: Installation, policies: Policies) -> None:
        self._installation = installation
        self._policies = policies
        chosen = installation.settings.policy
        self._choices = Choices(level=chosen.level, addresses=chosen.addresses, days=chosen.bundle_days)
        self._lock = threading.Lock()
        self._kept: dict[str, IssuedBundle] = {}

    def of(self, unit: str, now: dt.datetime) -> IssuedBundle:
        """The bundle of a unit.

        Raises:
            AuditorError: a kept bundle is damaged, or none can be written.
        """
        policy = self._policies.of(unit)
        with self._lock:
            kept = self._kept.get(policy.digest)
            if kept is None or now >= _half(kept.signed.bundle):
                with locked(self._installation.folder):  # one process at a time looks and issues
                    kept = self._kept[policy.digest] = self._find(policy, now) or self._issue(policy, now)
        return kept

    def digest_of(self, unit: str, now: dt.datetime) -> str:
        """The digest of a unit's bundle."""
        return self.of(unit, now).signed.digest

    def _find(self, policy: Policy, now: dt.datetime) -> IssuedBundle | None:
        return max(
            (
                one
                for one in kept_bundles(self._installation.folder)
                if self._fits(one.signed.bundle, policy) and now < _half(one.signed.bundle)
            ),
            key=lambda one: one.signed.bundle.version,
            default=None,
        )

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
