"""`internal-not-configured`: nobody said what is internal, so nothing can be called foreign."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.model import Account

CONTROL = "internal-not-configured"


def find(case: Case) -> Iterator[Finding]:
    """One finding, where whose an account or link is decides and there is one that names its place."""
    if case.rulebook.internal or not case.depends_on_ties:
        return
    for tie in case.ties:
        if isinstance(tie.item, Account) or tie.item.target:
            yield case.finding(
                CONTROL,
                tie.evidence,
                f"nobody can say whether the {tie.words} is internal: the policy names nothing internal",
                "fill in [internal] in the authority's overlay, and judge with it",
            )
            return
