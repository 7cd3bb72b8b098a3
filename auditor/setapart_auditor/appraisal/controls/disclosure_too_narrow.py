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
        again = f"report again with a bundle of this policy ({case.policy.pack.id})"
        if (bundle := _unknown_bundle(case, evidence)) is not None:
            filter_ = f"bundle {bundle[:19]}…, which is not known here"
            again = f"judge with that bundle at hand (`--bundle FILE`, or `--dir` of who issued it), or {again}"
        else:
            filter_ = "another list than this policy's"
        yield case.finding(CONTROL, evidence, f"the device filtered its {section} by {filter_}", again)


def _unknown_bundle(case: Case, evidence: str) -> str | None:
    view = next(view for view in case.fresh if evidence == f"{view.mark}/predicate/disclosure")
    bundle = view.received.report.predicate.disclosure.bundle
    return bundle if bundle not in case.context.bundles else None
