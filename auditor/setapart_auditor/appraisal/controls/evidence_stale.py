"""`evidence-stale`: the newest evidence is older than the window."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "evidence-stale"


def find(case: Case) -> Iterator[Finding]:
    """One finding if no current report is within the window; what the reports found stays open."""
    if not case.views or case.fresh:
        return
    view = max(case.views, key=lambda view: view.freshness.moment)
    moment, proof = view.freshness.moment, view.freshness.proof
    if proof != "none":
        judged = f"its {proof} was issued"
    elif moment < view.received.received_at:
        judged = "it was collected, by the device's own clock,"
    else:
        judged = "it arrived"
    yield case.finding(
        CONTROL,
        f"{view.mark}/predicate/observation",
        f"the newest evidence is older than {case.policy.pack.freshness.max_age} days: {judged} on {moment:%Y-%m-%d}",
        "report again; where the device's clock is wrong, with an epoch or online",
    )
