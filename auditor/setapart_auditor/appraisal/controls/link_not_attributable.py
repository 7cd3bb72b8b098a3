"""`link-not-attributable`: a VPN, Wi-Fi, share or sign-in of which nobody knows where it leads."""

from collections.abc import Iterator

from setapart_auditor.appraisal.attribution import Attribution
from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.model import Link

CONTROL = "link-not-attributable"


def find(case: Case) -> Iterator[Finding]:
    """One finding per link, where that decides: on dedicated devices, and beside an app on personal ones."""
    if not case.depends_on_ties:
        return
    for tie in case.ties:
        if tie.attribution is Attribution.UNKNOWN and isinstance(tie.item, Link):
            yield case.finding(
                CONTROL,
                tie.evidence,
                f"nobody can say where the {tie.words} leads" + ("" if tie.known else ": it shows no target"),
                "remove the link, or set it to the full name of its target; if it is the authority's own, list it in "
                "[internal]"
                if tie.known
                else "remove the link, or read the device by a way that shows its target",
            )
