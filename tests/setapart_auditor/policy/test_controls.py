"""The vocabulary of controls."""

from setapart_auditor.policy.controls import CONTROL, CONTROLS
from setapart_auditor.policy.model import SEVERITIES


def test_every_control_has_one_id_and_a_severity_within_its_bounds() -> None:
    assert len(CONTROL) == len(CONTROLS)
    for spec in CONTROLS:
        assert SEVERITIES.index(spec.severity) <= SEVERITIES.index(spec.highest), spec.id
        assert spec.title


def test_the_rows_of_the_decision_table_that_are_no_finding_of_taste_are_core() -> None:
    core = {spec.id: spec.severity for spec in CONTROLS if spec.core}
    assert {control for control, severity in core.items() if severity == "violation"} == {
        "restricted-app-on-ordinary-device",
        "restricted-app-beside-work-data",
        "restricted-app-without-need",
        "internal-link-on-dedicated-device",
        "chain-forked",
        "evidence-damaged",
    }
    assert set(core.values()) == {"violation", "inconclusive"}
    assert {"coverage-incomplete", "account-not-attributable", "disclosure-too-narrow", "evidence-stale"} <= set(core)


def test_a_suspicion_can_never_be_made_a_violation() -> None:
    assert CONTROL["suspect-app"].highest == "inconclusive"
