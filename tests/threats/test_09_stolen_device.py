"""Threat 9: a stolen device. Once its revocation is committed, nothing of it is accepted; all of it is kept."""

import threading

from sqlalchemy import select

from evidence_factory import NOW
from intakes import SECONDS, chain_of, register, running, set_state
from setapart_auditor.installation import Installation
from setapart_auditor.store.schema import device, evidence

RACES = 1000
AT_ONCE = 20


def test_revoking_races_the_intake_and_none_is_accepted_after_it(installation: Installation) -> None:
    """A report's place is its number: those above the last one that the revocation's transaction saw came after it."""
    register(installation)
    reports = chain_of(RACES)
    with running(installation) as intake:
        for at in range(0, RACES, AT_ONCE):
            seen: list[int] = []

            def revoke(seen: list[int] = seen) -> None:
                with installation.store.write() as connection:
                    newest = select(evidence.c.no).order_by(evidence.c.no.desc()).limit(1)
                    seen.append(connection.execute(newest).scalar() or 0)
                    connection.execute(device.update().values(state="revoked", state_since=NOW))

            waiting = [intake.submit(raw, address="a", now=NOW) for raw in reports[at : at + AT_ONCE // 2]]
            thread = threading.Thread(target=revoke)
            thread.start()
            waiting += [intake.submit(raw, address="a", now=NOW) for raw in reports[at + AT_ONCE // 2 : at + AT_ONCE]]
            outcomes = {future.result(SECONDS).outcome for future in waiting}
            thread.join()
            assert outcomes <= {"accepted", "quarantined"}
            with installation.store.read() as connection:
                later = select(evidence.c.outcome).where(evidence.c.no > seen[0])
                assert set(connection.execute(later).scalars()) <= {"quarantined"}
            set_state(installation, "active")
    with installation.store.read() as connection:
        outcomes_of_all = connection.execute(select(evidence.c.outcome)).scalars().all()
    assert len(outcomes_of_all) == RACES
    assert set(outcomes_of_all) <= {"accepted", "quarantined"}
