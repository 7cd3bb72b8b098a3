"""Threat 27: forged envelopes in a victim's name. Rejected evidence moves no device."""

import msgspec
from sqlalchemy import select

from evidence_factory import (
    DEVICE_SIGNER,
    NOW,
    STATION_SIGNER,
    TIKTOK,
    Keys,
    app,
    make_chain,
    make_evidence,
    make_inventory,
    make_received,
)
from intakes import SECONDS, chain_of, is_irregular, register, running, stored, take
from judging import judge
from setapart_auditor.appraisal.model import Received
from setapart_auditor.installation import Installation
from setapart_auditor.store.schema import rejection
from setapart_evidence.errors import EvidenceError, SignatureError
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.open import open_report

DIRTY = make_inventory(apps=[app(TIKTOK)])
FORGERIES = 1000


def test_a_thousand_forgeries_change_no_verdict() -> None:
    history = make_chain(make_inventory(), make_inventory())
    expected = msgspec.json.encode(judge(*history))
    accepted: list[Received] = []
    for number in range(FORGERIES):
        stranger = Ed25519Signer(number.to_bytes(32, "big"))
        raw = make_evidence(DIRTY, signer=stranger, sequence=number + 1)
        try:
            accepted.append(Received(report=open_report(raw, Keys(DEVICE_SIGNER)), received_at=history[-1].received_at))
        except EvidenceError:
            continue
    assert accepted == []
    assert msgspec.json.encode(judge(*history, *accepted)) == expected


def test_a_report_about_another_device_moves_nobody_else() -> None:
    """A registered key that speaks for itself says nothing of its neighbour."""
    mine = make_received(make_inventory())
    theirs = make_received(DIRTY, signer=STATION_SIGNER, device=STATION_SIGNER.public.keyid)
    assert judge(mine, theirs).status == "compliant"
    assert judge(theirs).status == judge().status


def test_a_thousand_forgeries_at_the_intake_are_counted_and_change_nothing(installation: Installation) -> None:
    register(installation)
    reports = chain_of(2)
    with running(installation) as intake:
        take(intake, reports[0])
        forged = [
            intake.submit(
                make_evidence(DIRTY, signer=Ed25519Signer(at.to_bytes(32, "big")), sequence=at + 1),
                address="a",
                now=NOW,
            ).exception(SECONDS)
            for at in range(FORGERIES)
        ]
        assert {type(one) for one in forged} == {SignatureError}
        assert take(intake, reports[1]).outcome == "accepted"
    assert stored(installation) == [(1, 0, "accepted"), (2, 0, "accepted")]
    assert not is_irregular(installation)
    with installation.store.read() as connection:
        assert connection.execute(select(rejection.c.times)).scalars().all() == [FORGERIES]
