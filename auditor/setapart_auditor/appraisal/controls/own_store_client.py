"""`own-store-client`: a mail, calendar or contacts client whose accounts no collector can read."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_auditor.appraisal.view import profile_words
from setapart_evidence.text import printable

CONTROL = "own-store-client"


def find(case: Case) -> Iterator[Finding]:
    """One finding per client and profile for which no officer answers today."""
    for store in case.own_stores:
        client = printable(store.client, 80)
        yield case.finding(
            CONTROL,
            store.evidence,
            f"{client} {profile_words(store.profile)} keeps accounts that nobody can read",
            f"remove {client}, or have an officer look into it and attest in the register that it holds no "
            "internal account",
        )
