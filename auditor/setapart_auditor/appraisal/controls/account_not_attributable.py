"""`account-not-attributable`: an account of which neither domain, host nor tenant is known."""

from collections.abc import Iterator

from setapart_auditor.appraisal.attribution import Attribution
from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.model import Account

CONTROL = "account-not-attributable"


def find(case: Case) -> Iterator[Finding]:
    """One finding per account, where whose it is decides: on dedicated devices, and beside an app on personal ones."""
    if not case.depends_on_ties:
        return
    for tie in case.ties:
        if tie.attribution is Attribution.UNKNOWN and isinstance(tie.item, Account):
            yield case.finding(
                CONTROL,
                tie.evidence,
                f"nobody can say whose the {tie.words} is",
                "remove the account, or set it to the full name of its server"
                if tie.item.domain or tie.item.host
                else "remove the account, or read the device by a way that shows its domain or server",
            )
