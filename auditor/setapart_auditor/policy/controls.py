"""The vocabulary of controls: every reason that a verdict can give, how bad it is, and which a pack can't soften.

Here and not beside the engine, because packs name controls and a policy has a severity for each of them.
"""

from dataclasses import dataclass

from .model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSpec:
    """One control.

    Attributes:
        id: as packs and findings write it.
        title: what it says, in a few words.
        severity: where no pack says otherwise.
        core: no pack and no overlay can set a lower severity.
        highest: no pack can set a higher one; a note stays a note, and a suspicion is never a violation by itself.
        days: the default, for the controls that count days; None for all others.
    """

    id: str
    title: str
    severity: Severity
    core: bool = False
    highest: Severity = "violation"
    days: int | None = None


def _core(control: str, title: str, severity: Severity = "inconclusive") -> ControlSpec:
    return ControlSpec(id=control, title=title, severity=severity, core=True)


def _note(control: str, title: str) -> ControlSpec:
    return ControlSpec(id=control, title=title, severity="info", highest="info")


def _choice(control: str, title: str, severity: Severity = "warning", days: int | None = None) -> ControlSpec:
    return ControlSpec(id=control, title=title, severity=severity, days=days)


CONTROLS: tuple[ControlSpec, ...] = (
    _core("restricted-app-on-ordinary-device", "a restricted app on an ordinary device", "violation"),
    _core("restricted-app-beside-work-data", "a restricted app beside work data on a personal device", "violation"),
    _core("restricted-app-without-need", "a restricted app without a valid exception", "violation"),
    _core("internal-link-on-dedicated-device", "internal data beside a restricted app", "violation"),
    _core("chain-forked", "two histories of one device", "violation"),
    _core("evidence-damaged", "a stored report that no longer verifies", "violation"),
    _core("coverage-incomplete", "a required section was not seen"),
    _core("account-not-attributable", "an account of which nobody can say whose it is"),
    _core("link-not-attributable", "a link of which nobody can say where it leads"),
    _core("own-store-client", "a client whose accounts nobody can read"),
    _core("disclosure-too-narrow", "the agent kept back what this policy asks for"),
    _core("internal-not-configured", "nobody said what is internal"),
    _core("evidence-stale", "the newest evidence is too old"),
    _core("never-reported", "no evidence yet"),
    _core("bundle-expired", "the agent's policy bundle has expired"),
    _core("grade-too-low", "the evidence is of a lower grade than the pack asks for"),
    _core("maturity-too-low", "the collectors were tried less than the pack asks for"),
    # Never more than a warning: one more app or one less covered section can end a contradiction, and may not improve
    # the status. What the sources found counts in full anyway.
    ControlSpec(id="sources-contradict", title="two sources say different things", severity="warning",
                highest="warning"),
    _choice("unregistered-device", "a device that the register doesn't name"),
    _choice("internal-link-without-app", "internal data on a dedicated device without a restricted app"),
    _choice("shared-account-across-devices", "one account on a dedicated and on another device"),
    _choice("restricted-app-holds-permission", "a restricted app may read contacts, calendar, location or accounts"),
    _choice("restricted-app-removed-recently", "traces of a restricted app that was removed"),
    ControlSpec(id="suspect-app", title="an app that looks like a restricted one", severity="warning",
                highest="inconclusive"),
    _choice("web-app", "web access to a restricted app"),
    _choice("extra-profiles", "more profiles than the holder's own"),
    _choice("clock-skew", "the device's clock is wrong"),
    _choice("sequence-gap", "reports are missing in between", "info"),
    _choice("freshness-unproven", "nothing proves when the evidence was made"),
    _choice("policy-out-of-date", "the pack was to be reviewed by now"),
    _choice("exception-unsigned", "the exception carries no two officers' signatures", "info"),
    _choice("exception-not-as-signed", "the exception is not as two officers signed it"),
    _choice("exception-expires-soon", "the exception ends soon", days=14),
    _note("restricted-app-excepted", "a restricted app under a valid exception"),
    _note("policy-not-in-force", "the pack is not in force at this time"),
    _note("person-not-covered", "the pack doesn't cover the holder"),
    _note("enforcement-accepted", "a manager's block stands in for the list of apps"),
)  # fmt: skip
"""Every control, the core ones first. What a finding does beyond its severity (stale, pending, invalid) is the
engine's: `evidence-stale`, `never-reported`, `chain-forked` and `evidence-damaged` have a status of their own."""

CONTROL: dict[str, ControlSpec] = {spec.id: spec for spec in CONTROLS}
"""By id."""
