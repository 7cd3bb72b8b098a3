"""`maturity-too-low`: what was seen was seen by a collector that was tried less than the pack asks for."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_auditor.appraisal.view import profile_words

CONTROL = "maturity-too-low"


def find(case: Case) -> Iterator[Finding]:
    """One finding per section and profile that is missed for it."""
    for lack in case.lacks:
        if lack.cause == "maturity":
            yield case.finding(
                CONTROL,
                lack.evidence,
                f"{lack.section} {profile_words(lack.profile)} were seen by a collector that was tried too little: "
                f"{lack.detail}",
                f"read the device by a way that is tried with {case.policy.pack.coverage.min_maturity}",
            )
