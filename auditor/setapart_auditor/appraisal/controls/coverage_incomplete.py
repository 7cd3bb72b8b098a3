"""`coverage-incomplete`: a required section of a profile that counts was not seen. Silence is never compliance."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_auditor.appraisal.view import profile_words

CONTROL = "coverage-incomplete"


def find(case: Case) -> Iterator[Finding]:
    """One finding per section and profile."""
    for lack in case.lacks:
        if lack.cause == "unseen":
            where = profile_words(lack.profile) if lack.profile else "on the device"
            yield case.finding(
                CONTROL,
                lack.evidence,
                f"{lack.section} {where} were not seen: {lack.detail}",
                "run `setapart-agent doctor` with the same source to see what stands in the way, then report again; or "
                "read the device by another way as well",
            )
