"""The second copy of the decision table: total, and without a row too many."""

import itertools

import pytest

from setapart_auditor.appraisal.model import Status
from setapart_auditor.policy_check import decision
from setapart_auditor.policy_check.decision import Facts, decide

ALL = tuple(
    Facts(kind=kind, app=app, excepted=excepted, tie=tie, complete=complete, age=age)
    for kind, app, excepted, tie, complete, age in itertools.product(
        ("ordinary", "app-or-link", "social-dedicated"),
        (False, True),
        (False, True),
        ("internal", "unknown", "none"),
        (False, True),
        ("fresh", "doubtful", "stale", "never"),
    )
)


def test_every_state_has_a_row() -> None:
    assert len(ALL) == 288
    assert all(decide(facts) is not None for facts in ALL)


def test_what_was_not_seen_is_never_green() -> None:
    green = (Status.COMPLIANT, Status.EXCEPTED)
    assert not [facts for facts in ALL if not facts.complete and decide(facts) in green]


@pytest.mark.parametrize("at", range(len(decision.ROWS)))
def test_every_row_decides_something(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [decide(facts) for facts in ALL]
    monkeypatch.setattr(decision, "ROWS", decision.ROWS[:at] + decision.ROWS[at + 1 :])
    assert [decide(facts) for facts in ALL] != before


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (("ordinary", False, False, "internal", True, "fresh"), "compliant"),
        (("ordinary", True, True, "none", True, "fresh"), "violation"),
        (("app-or-link", True, False, "none", True, "fresh"), "compliant"),
        (("app-or-link", True, False, "internal", True, "fresh"), "violation"),
        (("social-dedicated", True, True, "none", True, "fresh"), "excepted"),
        (("social-dedicated", True, True, "none", True, "stale"), "stale"),
        (("social-dedicated", True, True, "internal", True, "stale"), "violation"),
        (("social-dedicated", True, False, "none", False, "fresh"), "violation"),
        (("social-dedicated", False, False, "unknown", True, "fresh"), "inconclusive"),
        (("ordinary", False, False, "none", True, "never"), "pending"),
    ],
)
def test_the_table_says_what_the_rule_says(facts: tuple[str, bool, bool, str, bool, str], status: str) -> None:
    names = ("kind", "app", "excepted", "tie", "complete", "age")
    found = decide(Facts(**dict(zip(names, facts, strict=True))))  # type: ignore[arg-type]
    assert found is not None
    assert found.word == status
