"""`policy-out-of-date`: the pack was to be reviewed by now, or has lapsed."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "policy-out-of-date"


def find(case: Case) -> Iterator[Finding]:
    """One finding; a lapsed rule proves nothing, neither green nor red."""
    effective = case.policy.pack.effective
    if effective.sunset is not None and case.today >= effective.sunset:
        yield case.finding(
            CONTROL,
            "policy:/pack/effective/sunset",
            f"the pack lapsed on {effective.sunset}: it says nothing about today",
            "judge by the pack that followed it",
            floor="inconclusive",
        )
    elif effective.review_by is not None and case.today > effective.review_by:
        yield case.finding(
            CONTROL,
            "policy:/pack/effective/review_by",
            f"the pack was to be reviewed by {effective.review_by}",
            "look whether the instrument has changed, and update the pack",
        )
