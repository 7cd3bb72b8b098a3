"""`bundle-expired`: the agent worked by a policy bundle that had expired."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "bundle-expired"


def find(case: Case) -> Iterator[Finding]:
    """One finding per fresh report: an old bundle may not know today's rule, so it never ends in green."""
    for view in case.fresh:
        if view.sufficiency.expired is not None:
            yield case.finding(
                CONTROL,
                f"{view.mark}/predicate/disclosure/bundle",
                f"the policy bundle that filtered this report expired on {view.sufficiency.expired:%Y-%m-%d}",
                "give the agent a current bundle, and report again",
            )
