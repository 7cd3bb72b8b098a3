"""`chain-forked`: two histories of one device: a clone, a restored snapshot, or somebody else with its key."""

from collections.abc import Iterator
from shlex import quote

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.text import printable

CONTROL = "chain-forked"


def find(case: Case) -> Iterator[Finding]:
    """One finding per fork; one is settled when officers have accepted every payload in it, so a new one reopens it."""
    settled = frozenset(case.registration.settled)
    for fork in case.history.forks:
        if settled.issuperset(fork.digests):
            continue
        mark = next((view.mark for view in case.views if view.received.report.keyid == fork.chain[0]), "")
        words = " ".join(fork.digests)
        settled_line = ", ".join(f'"{digest}"' for digest in fork.digests)
        yield case.finding(
            CONTROL,
            f"{mark}/predicate/observation/sequence",
            f"{len(fork.digests)} different reports claim sequence {fork.sequence}",
            "find out whether the device was cloned or restored; then two officers settle it: each with "
            f"`setapart-auditor device settle {quote(printable(case.registration.name))} {words}`; in register.toml, "
            f"give the device settled = [{settled_line}]",
        )
