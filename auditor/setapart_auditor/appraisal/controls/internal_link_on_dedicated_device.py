"""`internal-link-on-dedicated-device`: the authority's data beside a restricted app."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "internal-link-on-dedicated-device"


def find(case: Case) -> Iterator[Finding]:
    """One finding per account or link and service that it reaches.

    An internal account without any service proves who somebody is: it counts as `sign-in`, for it opens whatever
    accepts that proof.
    """
    if not case.dedicated or not case.offending:
        return
    for tie in case.internal:
        for reach in tie.reach:
            yield case.finding(
                CONTROL,
                tie.evidence,
                f"internal {reach} beside a restricted app: {tie.words}",
                f"remove the {tie.noun} from this device",
            )
