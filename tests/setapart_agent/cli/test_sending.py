"""Reports of a run on their way: what is said of each is what became of it."""

from pathlib import Path

import pytest

import setapart_agent.cli.sending as tested
from evidence_factory import make_evidence, make_inventory
from programs import agent
from setapart_agent.cli.sending import Sending
from setapart_agent.errors import AgentError
from setapart_agent.report import SignedReport
from setapart_agent.signing import signing_chain
from setapart_agent.spool import Spool
from setapart_evidence.envelope import parse, split
from setapart_evidence.keystore import open_key
from setapart_evidence.statement import digest
from small_auditor import SmallAuditor, refusal

DELIVERED, KEPT, WAITING = "delivered", "kept, to be delivered", 3


def keep(sending: Sending, home: Path, *sequences: int) -> None:
    """Reports of this run, as `report` makes them: staged, put on the chain, released."""
    signer = open_key((home / "key.pem").read_bytes())
    device = signer.public.keyid
    with signing_chain(home, home / "key.pem") as chain:
        for sequence in sequences:
            raw = make_evidence(signer=signer, device=device, sequence=sequence)
            statement = digest(parse(split(raw)[0]).payload_bytes())
            sending.stage(raw, statement, sequence)
            chain.advance(device, sequence, statement)
            made = SignedReport(raw=raw, device=device, sequence=sequence, digest=statement, inventory=make_inventory())
            assert sending.take(made) == ""


def fates(lines: tuple[str, ...]) -> list[str]:
    """What is said of each report, without its name."""
    return [line.split(" ", 4)[4] for line in lines if line.startswith("report ")]


def test_what_is_delivered_is_said_to_be(home: Path, known: SmallAuditor) -> None:
    sending = Sending(home, deliver=True)
    sending.prepare()
    keep(sending, home, 1, 2)
    lines, code = sending.end()
    assert (fates(lines), code, len(known.taken)) == ([DELIVERED, DELIVERED], 0, 2)


def test_what_was_to_be_kept_is_kept_and_nobody_is_asked(home: Path, known: SmallAuditor) -> None:
    del known.asked[:]
    sending = Sending(home, deliver=False)
    sending.prepare()
    keep(sending, home, 1)
    lines, code = sending.end()
    assert (fates(lines), code, known.asked) == ([KEPT], 0, [])
    assert "setapart-agent deliver" in lines[-1]


def test_an_auditor_that_is_away_leaves_everything_kept_with_the_reason(home: Path, known: SmallAuditor) -> None:
    known.script.extend([refusal(503, "full")] * 2)
    sending = Sending(home, deliver=True)
    sending.prepare()
    keep(sending, home, 1)
    lines, code = sending.end()
    assert (fates(lines), code) == ([KEPT], WAITING)
    assert "because of full" in lines[-1]
    assert "next attempt after" in lines[-1]


def test_a_report_that_the_auditor_refuses_is_not_said_to_be_delivered(home: Path, known: SmallAuditor) -> None:
    sending = Sending(home, deliver=True)
    keep(sending, home, 1, 2)
    known.script.append(refusal(400, "bad-inventory"))
    lines, code = sending.end()
    assert (fates(lines), code) == (["not taken by the auditor: `setapart-agent status` says why", DELIVERED], WAITING)


def test_what_another_agent_delivered_meanwhile_is_delivered(home: Path, known: SmallAuditor) -> None:
    sending = Sending(home, deliver=True)
    keep(sending, home, 1)
    assert agent("deliver", "--dir", home).code == 0
    lines, code = sending.end()
    assert (fates(lines), code, len(known.taken)) == ([DELIVERED], 0, 1)


def test_what_had_to_make_room_is_not_said_to_be_delivered(
    home: Path, known: SmallAuditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "Spool", lambda folder: Spool(folder, most=1))
    known.script.append(refusal(503, "full"))
    sending = Sending(home, deliver=True)
    keep(sending, home, 1, 2)
    lines, code = sending.end()
    assert (fates(lines), code) == (["dropped: the spool is full", KEPT], WAITING)


def test_a_run_over_many_devices_delivers_before_it_ends(
    home: Path, known: SmallAuditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "_MOST_WAITING", 2)
    sending = Sending(home, deliver=True)
    keep(sending, home, 1, 2, 3)
    assert len(known.taken) == 2
    lines, code = sending.end()
    assert (fates(lines), code, len(known.taken)) == ([DELIVERED] * 3, 0, 3)


def test_before_the_next_attempt_is_due_nobody_is_asked(home: Path, known: SmallAuditor) -> None:
    known.script.append(refusal(503, "full"))
    first = Sending(home, deliver=True)
    first.prepare()
    del known.asked[:]
    second = Sending(home, deliver=True)
    second.prepare()
    keep(second, home, 1)
    lines, code = second.end()
    assert (fates(lines), code, known.asked) == ([KEPT], WAITING, [])
    assert "next attempt after" in lines[-1]


def test_a_source_without_devices_is_an_error(home: Path) -> None:
    with pytest.raises(AgentError, match="no device"):
        next(Sending(home, deliver=False).admitted(iter(())))
