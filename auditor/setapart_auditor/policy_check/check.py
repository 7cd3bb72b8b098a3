"""Tries a policy in every state and says the smallest one in which it does not hold.

The properties, each over all states:

- total: the table has a row for every state, and the engine an answer;
- core: the engine is never milder than the table, and where it is stricter a control of the pack's choice says why;
- silence is never compliant: a section that was not seen, or a report that says nothing, never ends in green;
- monotone: one more app or link, one section less, a narrower bundle, a worse exception never improves the verdict;
- explained: every finding names evidence that is there, and the smallest action that cures it;
- biting: every identifier that the policy restricts is found, and everything internal is a link.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, groupby

from msgspec import structs

from setapart_auditor.appraisal.engine import appraise as _engine
from setapart_auditor.appraisal.model import (
    Context,
    Exception_,
    Finding,
    Received,
    Registration,
    Status,
    Verdict,
)
from setapart_auditor.policy.controls import CONTROL
from setapart_auditor.policy.model import Internal, Policy
from setapart_evidence.model import Account, Inventory

from .decision import decide
from .pointer import leads_somewhere
from .specimen import Specimen
from .state import State, better_neighbours, states
from .world import Trial, World, configured, make_world, specimens

Appraise = Callable[[tuple[Received, ...], Registration, tuple[Exception_, ...], Policy, Context, dt.datetime], Verdict]
_STATUSES: Mapping[str, Status] = {status.word: status for status in Status}
_GREEN = (Status.COMPLIANT, Status.EXCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A counter-example: the property that does not hold, the state in words, and what came instead of what."""

    property: str
    state: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.property}: {self.state}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many states were tried, and the smallest counter-example, if there is one."""

    states: int
    fault: Fault | None


def check_policy(policy: Policy, appraise: Appraise = _engine) -> Outcome:
    """Tries a policy.

    Args:
        policy: loaded; where nothing is internal yet, the check assumes a domain that is.
        appraise: the engine to try it with.
    """
    if not policy.restricted:
        nothing = Fault(property="biting", state="any device", expected="apps that are restricted", got="none")
        return Outcome(states=0, fault=nothing)
    bench = _Bench(world=make_world(configured(policy)), appraise=appraise)
    verdicts: dict[State, Verdict | None] = {}
    faults: list[Fault] = []
    possible = sorted(filter(bench.world.can, states()), key=lambda state: state.weight)
    for _, group in groupby(possible, key=lambda state: state.weight):
        level = tuple(group)
        for state in level:
            verdicts[state], found = bench.judge(state)
            faults += found
        faults += _monotone(level, verdicts)
        if faults:
            break
    faults += chain(_biting(bench), _unconfigured(policy, appraise)) if not faults else ()
    return Outcome(states=len(verdicts), fault=faults[0] if faults else None)


@dataclass(frozen=True, slots=False, kw_only=True)
class _Bench:
    """A world and the engine that is tried in it."""

    world: World
    appraise: Appraise

    def verdict(self, trial: Trial) -> Verdict:
        """The engine's answer."""
        world = self.world
        return self.appraise(
            trial.reports, trial.registration, trial.exceptions, world.policy, world.context, world.now
        )

    def judge(self, state: State) -> tuple[Verdict | None, list[Fault]]:
        """One state: its verdict, and what is wrong with it by itself."""

        def fault(name: str, expected: str, got: str) -> Fault:
            return Fault(property=name, state=str(state), expected=expected, got=got)

        trial = self.world.trial(state)
        expected = decide(trial.facts)
        if expected is None:
            return None, [fault("total", "a row of the decision table", "none")]
        try:
            verdict = self.verdict(trial)
            status = _STATUSES[verdict.status]
        except Exception as exc:  # noqa: BLE001 - whatever an engine raises, it has no answer
            return None, [fault("total", expected.word, f"{type(exc).__name__}")]
        faults = []
        if status < expected:
            faults.append(fault("core", expected.word, status.word))
        elif status > expected and not any(_is_choice(finding, status) for finding in verdict.findings):
            faults.append(fault("core", f"{expected.word}, or a control of the pack that says why", status.word))
        if status in _GREEN and not trial.facts.complete:
            faults.append(fault("silence is never compliant", Status.INCONCLUSIVE.word, status.word))
        faults += [
            fault("explained", "evidence that is there, a message and a cure", f"{finding.control} {finding.evidence}")
            for finding in verdict.findings
            if not self._is_explained(finding, trial)
        ]
        if status not in _GREEN and not verdict.findings:
            faults.append(fault("explained", "a finding that says why", f"{status.word} without one"))
        if status is Status.EXCEPTED and not verdict.exceptions:
            faults.append(fault("explained", "the exception that carries the app", "none"))
        return verdict, faults

    def _is_explained(self, finding: Finding, trial: Trial) -> bool:
        return (
            finding.control in CONTROL
            and bool(finding.message.strip())
            and bool(finding.cure.strip())
            and leads_somewhere(finding.evidence, trial.reports, trial.registration, self.world.policy)
        )


def _is_choice(finding: Finding, status: Status) -> bool:
    """Whether a finding of a control that packs may choose the severity of accounts for a status."""
    spec = CONTROL.get(finding.control)
    accounts_for = {"inconclusive": Status.INCONCLUSIVE, "violation": Status.VIOLATION}.get(finding.severity)
    return spec is not None and not spec.core and accounts_for is status


def _monotone(level: Iterable[State], verdicts: Mapping[State, Verdict | None]) -> Iterator[Fault]:
    """A level's states against their better neighbours, which are of this level or one below."""
    for state in level:
        verdict = verdicts[state]
        for better in better_neighbours(state):
            other = verdicts.get(better)
            if verdict is not None and other is not None and _STATUSES[verdict.status] < _STATUSES[other.status]:
                yield Fault(
                    property="monotone",
                    state=str(state),
                    expected=f"{other.status} or worse, as with {better}",
                    got=verdict.status,
                )


def _biting(bench: _Bench) -> Iterator[Fault]:
    """Every value of the policy does something: each is tried alone, in the state in which it has to be seen."""
    world = bench.world
    policy = world.policy
    ordinary, dedicated = State(app="native"), State(class_="social-dedicated")
    for key, specimen in specimens(policy.restricted):
        yield from _must_show(bench, ordinary, specimen, key, "restricted-app-on-ordinary-device")
    for key, specimen in specimens(policy.web):
        yield from _must_show(bench, ordinary, specimen, key, "web-app")
    for key, specimen in specimens(policy.suspicious):
        yield from _must_show(bench, ordinary, specimen, key, "suspect-app")
    for key, specimen in specimens(policy.own_store):
        yield from _must_show(bench, dedicated, specimen, key, "own-store-client")
    for key in sorted(policy.internal):
        kind, _, value = key.partition(":")
        account = structs.replace(Account(profile="0", type="check", services=("mail",)), **{kind: value})
        inventory = structs.replace(world.inventory(dedicated), accounts=(account,))
        yield from _must_find(bench, dedicated, _with(world, dedicated, inventory), key, "internal-link-without-app")


def _unconfigured(policy: Policy, appraise: Appraise) -> Iterator[Fault]:
    """Where nobody has said what is internal, no account on a device that is set apart is let through."""
    bare = replace(policy, internal=frozenset(), pack=structs.replace(policy.pack, internal=Internal()))
    bench = _Bench(world=make_world(bare), appraise=appraise)
    state = State(class_="social-dedicated", tie="mail")
    yield from _must_find(bench, state, bench.world.trial(state), "an empty [internal]", "internal-not-configured")


def _must_show(bench: _Bench, state: State, specimen: Specimen | None, key: str, control: str) -> Iterator[Fault]:
    """An app that answers to the key is found."""
    if specimen is None:
        yield Fault(property="biting", state=key, expected="an app that could answer to it", got="none")
        return
    inventory = bench.world.inventory(State())
    inventory = structs.replace(
        inventory, device=structs.replace(inventory.device, platform=specimen.platform), apps=(specimen.item,)
    )
    yield from _must_find(bench, state, _with(bench.world, state, inventory), key, control)


def _must_find(bench: _Bench, state: State, trial: Trial, what: str, control: str) -> Iterator[Fault]:
    verdict = bench.verdict(trial)
    if all(finding.control != control for finding in verdict.findings):
        yield Fault(
            property="biting",
            state=f"{what} on {state.device}",
            expected=f"a finding of {control}",
            got=verdict.status,
        )


def _with(world: World, state: State, inventory: Inventory) -> Trial:
    return Trial(
        reports=world.received(inventory),
        registration=world.registration(state),
        exceptions=(),
        facts=world.facts(state),
    )
