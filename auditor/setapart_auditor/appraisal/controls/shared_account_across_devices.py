"""`shared-account-across-devices`: an account of a dedicated device that stands on another device too."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.model import Account
from setapart_evidence.text import printable

CONTROL = "shared-account-across-devices"


def find(case: Case) -> Iterator[Finding]:
    """One finding per account; addresses are compared by their keyed digests."""
    if not case.dedicated or not case.context.shared:
        return
    for tie in case.ties:
        digest = tie.item.address_digest if isinstance(tie.item, Account) else None
        names = case.context.shared.get(digest, ()) if digest is not None else ()
        others = sorted(printable(name, 80) for name in names if name != case.registration.name)
        if others:
            yield case.finding(
                CONTROL,
                tie.evidence,
                f"the {tie.words} is also on {', '.join(others)}",
                "use an account of its own on the device that is set apart",
            )
