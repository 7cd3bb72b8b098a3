"""`disclosure-too-narrow`: the agent's filter kept back what this policy asks for."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "disclosure-too-narrow"


def find(case: Case) -> Iterator[Finding]:
    """One finding per section and report."""
    for section, evidence in sorted(
        {(lack.section, lack.evidence) for lack in case.lacks if lack.cause == "disclosure"}
    ):
        yield case.finding(
            CONTROL,
            evidence,
            f"the device filtered its {section} by another list than this policy's",
            f"report again with a bundle of this policy ({case.policy.pack.id})",
        )
