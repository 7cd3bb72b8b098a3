"""`freshness-unproven`: no nonce or epoch that the auditor issued shows when the report was made."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "freshness-unproven"


def find(case: Case) -> Iterator[Finding]:
    """One finding per fresh report: a warning, or inconclusive where the pack requires proof."""
    require = case.policy.pack.freshness.require
    for view in case.fresh:
        proof = view.freshness.proof
        if proof == "nonce" or (proof == "epoch" and require != "nonce"):
            continue
        behind = view.freshness.moment < view.received.received_at
        judged = "collected_at, the device's own clock" if behind else "its arrival"
        if proof == "epoch":
            judged = "its epoch"
        yield case.finding(
            CONTROL,
            f"{view.mark}/predicate/observation",
            f"no {'nonce' if require == 'nonce' else 'nonce or epoch'} of ours shows when this was made; its age is "
            f"judged by {judged}",
            "report online, or with an epoch file: `setapart-agent report --epoch FILE`",
            floor="info" if require == "none" else "inconclusive",
        )
