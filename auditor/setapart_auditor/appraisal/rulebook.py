"""A policy made ready for judging many devices: what is the same for all of them is worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from setapart_auditor.policy.controls import CONTROLS
from setapart_auditor.policy.model import SEVERITIES, Policy, Severity
from setapart_evidence.bundle import list_digest
from setapart_evidence.identity import internal_values, is_internal

from .matcher import Matcher
from .model import Disclosed

_KEPT = 16
_RECENT: "dict[int, Rulebook]" = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a filter lets through every app that a policy asks for, and every account and client that hides some."""

    apps: bool
    accounts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """What a policy says, in the form in which appraisal asks for it.

    Attributes:
        severities: for every control; a core control is never softer than its default, and none is harder than its
            highest, whatever a policy that went round the loader says.
        internal: folded values: what accounts and links are compared with.
        needed: the identifier keys that must have been disclosed.
        needed_digest: what an agent states that was given exactly these.
        own_store: what an agent may call an own-store client, to the client's id.
    """

    policy: Policy
    severities: Mapping[str, Severity]
    matcher: Matcher
    internal: frozenset[str]
    needed: frozenset[str]
    needed_digest: str
    own_store: Mapping[str, str]
    _admitted: dict[int, tuple[Disclosed, Admission]] = field(default_factory=dict, repr=False)

    def admits(self, filter_: Disclosed) -> Admission:
        """Whether a filter let through all that this policy asks for; filters are compared once."""
        known = self._admitted.get(id(filter_))
        if known is not None and known[0] is filter_:
            return known[1]
        found = Admission(
            apps=self.needed <= filter_.identifiers,
            accounts=self.policy.own_store.keys() <= filter_.identifiers
            and (filter_.internal is None or _covers(internal_values(filter_.internal), self.internal)),
        )
        if len(self._admitted) >= _KEPT:
            self._admitted.clear()
        self._admitted[id(filter_)] = (filter_, found)
        return found


def rulebook_of(policy: Policy) -> Rulebook:
    """The rulebook of a policy; the last few policies' are kept."""
    known = _RECENT.get(id(policy))
    if known is not None and known.policy is policy:
        return known
    made = _make(policy)
    if len(_RECENT) >= _KEPT:
        _RECENT.clear()
    _RECENT[id(policy)] = made
    return made


def at_least(severity: Severity, floor: Severity) -> Severity:
    """The worse of two severities."""
    return max(severity, floor, key=SEVERITIES.index)


def _make(policy: Policy) -> Rulebook:
    internal = internal_values(policy.internal)
    needed = policy.needed_identifiers
    return Rulebook(
        policy=policy,
        severities=_severities(policy),
        matcher=Matcher(policy),
        internal=internal,
        needed=needed,
        needed_digest=list_digest(needed),
        own_store={key.partition(":")[2]: client for key, client in policy.own_store.items()},
    )


def _covers(disclosed: frozenset[str], internal: frozenset[str]) -> bool:
    return all(is_internal((value,), disclosed) for value in internal)


def _severities(policy: Policy) -> dict[str, Severity]:
    found: dict[str, Severity] = {}
    for spec in CONTROLS:
        severity = policy.severities.get(spec.id, spec.severity)
        if spec.core:
            severity = at_least(severity, spec.severity)
        found[spec.id] = min(severity, spec.highest, key=SEVERITIES.index)
    return found
