"""Threat 3, at the auditor: a key that was copied, or a machine that was restored from a snapshot, opens a fork."""

from evidence_factory import NOW, make_evidence
from intakes import SECONDS, chain_of, digest_of, is_irregular, register, running, stored, take
from setapart_auditor.installation import Installation


def test_the_first_report_of_a_second_machine_opens_the_fork(installation: Installation) -> None:
    register(installation)
    one, two, three = chain_of(3)
    clone = make_evidence(sequence=3, previous=digest_of(two), source="adb")
    with running(installation) as intake:
        for raw in (one, two, three):
            take(intake, raw)
        assert not is_irregular(installation)
        assert take(intake, clone).outcome == "forked"
    assert is_irregular(installation)
    assert stored(installation)[-2:] == [(3, 0, "accepted"), (3, 1, "forked")]  # both are kept


def test_a_clone_that_comes_first_is_found_when_the_device_reports(installation: Installation) -> None:
    register(installation)
    one, two, three = chain_of(3)
    clone = make_evidence(sequence=3, previous="sha256:" + "0" * 64)
    with running(installation) as intake:
        assert [take(intake, raw).outcome for raw in (one, two, clone, three)] == [
            "accepted", "accepted", "forked", "forked",
        ]  # fmt: skip


def test_two_machines_that_report_at_once_are_both_kept(installation: Installation) -> None:
    register(installation)
    (one,) = chain_of(1)
    children = [make_evidence(sequence=2, previous=digest_of(one), source=f"adb:{at}") for at in range(20)]
    with running(installation) as intake:
        take(intake, one)
        outcomes = [future.result(SECONDS).outcome for future in [
            intake.submit(raw, address="a", now=NOW) for raw in children
        ]]  # fmt: skip
    assert sorted(str(one) for one in outcomes) == ["accepted", *["forked"] * 19]
    assert len(stored(installation)) == 21
