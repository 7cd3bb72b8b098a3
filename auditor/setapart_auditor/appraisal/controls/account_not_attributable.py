"""`account-not-attributable`: an account of which neither domain, host nor tenant says whose it is."""

from collections.abc import Iterator

from setapart_auditor.appraisal.attribution import Attribution
from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.model import Account

CONTROL = "account-not-attributable"
_NAME_IT = (
    "remove the account, or set it to the full name of its server and sign in with the full address; if it is the "
    "authority's own, list its domain, server or tenant in [internal]"
)
_SEE_IT = "remove the account, or read the device by a way that shows its domain or server (`--disclosure full`)"


def find(case: Case) -> Iterator[Finding]:
    """One finding per account, where whose it is decides: on dedicated devices, and beside an app on personal ones."""
    if not case.depends_on_ties:
        return
    for tie in case.ties:
        if tie.attribution is Attribution.UNKNOWN and isinstance(tie.item, Account):
            missing = "" if tie.known else ": it shows no domain or server that tells"
            yield case.finding(
                CONTROL,
                tie.evidence,
                f"nobody can say whose the {tie.words} is{missing}",
                _NAME_IT if tie.known else _SEE_IT,
            )
