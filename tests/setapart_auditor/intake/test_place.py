"""Places in chains: what appraisal would call a fork or a gap is never taken for a regular chain."""

from hypothesis import given
from hypothesis import strategies as st

from evidence_factory import make_received
from setapart_auditor.appraisal.history import history_of
from setapart_auditor.appraisal.model import Received
from setapart_auditor.intake.place import Head, place_of

LENGTH = 4
PARENTS: list[Received] = []
for _at in range(LENGTH):
    PARENTS.append(make_received(sequence=_at + 1, previous=PARENTS[-1].report.statement_digest if PARENTS else None))
CLONES = [
    make_received(
        sequence=at + 1,
        previous=PARENTS[at - 1].report.statement_digest if at else None,
        source="adb",
    )
    for at in range(LENGTH)
]


def _placed(reports: list[Received]) -> tuple[bool, list[str]]:
    """Whether the chain stayed regular, and the outcomes."""
    head: Head | None = None
    regular, outcomes, taken = True, [], set[int]()
    for item in reports:
        observation = item.report.predicate.observation
        previous = None if observation.previous is None else bytes.fromhex(observation.previous.partition(":")[2])
        place = place_of(head, observation.sequence, previous, taken=observation.sequence in taken)
        taken.add(observation.sequence)
        regular = regular and place.regular
        outcomes.append(place.outcome)
        if place.advances:
            digest = bytes.fromhex(item.report.statement_digest.partition(":")[2])
            head = Head(sequence=observation.sequence, digest=digest)
    return regular, outcomes


@given(st.lists(st.sampled_from([*PARENTS, *CLONES]), unique_by=lambda item: item.report.statement_digest))
def test_a_fork_or_gap_is_never_in_a_regular_chain(reports: list[Received]) -> None:
    regular, _ = _placed(reports)
    history = history_of(reports)
    if history.forks or history.gaps:
        assert not regular


@given(st.permutations(PARENTS))
def test_no_order_of_an_honest_chain_is_called_a_fork(reports: list[Received]) -> None:
    _, outcomes = _placed(list(reports))
    assert "forked" not in outcomes


def test_a_chain_in_order_is_regular() -> None:
    assert _placed(PARENTS) == (True, ["accepted"] * LENGTH)


def test_a_clone_that_goes_its_own_way_is_called_a_fork() -> None:
    assert _placed([*PARENTS[:2], CLONES[1]]) == (False, ["accepted", "accepted", "forked"])
