"""`person-not-covered`: the pack does not cover the holder's role."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_auditor.appraisal.survey import covers_holder

CONTROL = "person-not-covered"


def find(case: Case) -> Iterator[Finding]:
    """One finding."""
    if not covers_holder(case.policy.pack, case.registration):
        yield case.finding(
            CONTROL,
            "register:/role",
            f"the pack covers {', '.join(case.policy.pack.covers.persons)}, not the holder's role "
            f"{case.registration.role}",
            "nothing to do while the role is right",
        )
