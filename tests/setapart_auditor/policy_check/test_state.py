"""The state space, its order, and its words."""

from setapart_auditor.policy_check.state import (
    APPS,
    CLASSES,
    NEEDS,
    QUALITIES,
    SEEN,
    TIES,
    State,
    better_neighbours,
    states,
)


def test_every_value_of_every_part_is_tried_and_no_state_twice() -> None:
    found = list(states())
    assert len(set(found)) == len(found)
    for name, values in (
        ("app", APPS), ("class_", CLASSES), ("need", NEEDS), ("tie", TIES), ("seen", SEEN), ("quality", QUALITIES),
    ):  # fmt: skip
        assert {getattr(state, name) for state in found} == set(values)


def test_good_evidence_is_tried_with_every_app_tie_and_coverage() -> None:
    dedicated = [state for state in states() if state.quality == "good" and state.class_ == "social-dedicated"]
    assert len(dedicated) == len(APPS) * len(NEEDS) * len(TIES) * len(SEEN)


def test_a_better_neighbour_is_tried_as_well_and_differs_in_one_part() -> None:
    found = set(states())
    for state in found:
        for better in better_neighbours(state):
            assert better in found
            changed = [name for name in State.__dataclass_fields__ if getattr(state, name) != getattr(better, name)]
            assert len(changed) == 1


def test_a_state_is_said_in_words_and_weighed() -> None:
    state = State(app="native", class_="social-dedicated", need="expired", tie="calendar")
    assert str(state) == (
        "a device that is set apart, a restricted app, an exception that has ended, an internal calendar"
    )
    assert state.weight == 4
    assert str(State()) == "an ordinary device, no restricted app"
    assert State().weight == 0
    assert all(str(one) for one in states())
