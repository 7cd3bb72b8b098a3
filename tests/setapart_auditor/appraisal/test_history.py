"""Histories: what is current, what forks, what is missing."""

import itertools
from typing import Any

from evidence_factory import (
    DAY,
    DEVICE_ID,
    DEVICE_SIGNER,
    MINUTE,
    NOW,
    STATION_SIGNER,
    TIKTOK,
    app,
    make_chain,
    make_inventory,
    make_received,
    make_station_report,
)
from setapart_auditor.appraisal.history import Gap, History, history_of, source_of
from setapart_auditor.appraisal.model import Received

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])
CHAIN = (DEVICE_SIGNER.public.keyid, DEVICE_ID)


def digest(item: Received) -> str:
    return item.report.statement_digest


def report(sequence: int, **fields: Any) -> Received:
    return make_received(**{"sequence": sequence, "received_at": NOW - MINUTE, **fields})


def test_no_reports_are_no_history() -> None:
    assert history_of(()) == History()


def test_the_highest_sequence_is_current_and_not_the_latest_arrival() -> None:
    one, two, three = make_chain(CLEAN, DIRTY, CLEAN)
    late = Received(report=one.report, received_at=NOW)
    assert history_of((three, two, late)).current == (three,)


def test_of_a_resend_the_first_arrival_counts_in_whatever_order_they_come() -> None:
    first = report(1, received_at=NOW - 3 * DAY)
    again = Received(report=first.report, received_at=NOW)
    for order in itertools.permutations((first, again, again)):
        assert history_of(order).current == (first,)


def test_each_source_and_each_signer_has_a_latest_report() -> None:
    local = make_chain(CLEAN, DIRTY)
    adb = make_station_report(CLEAN, received_at=NOW - 2 * DAY)
    mdm = make_station_report(CLEAN, source="mdm", sequence=2, previous=digest(adb), received_at=NOW - 3 * DAY)
    assert history_of((adb, *local, mdm)).current == (local[1], adb, mdm)


def test_a_serial_or_a_file_name_makes_no_other_source() -> None:
    one = report(1, source="adb:SERIAL")
    two = report(2, source="adb:192.0.2.1:5555", previous=digest(one))
    assert source_of(one) == "adb"
    assert history_of((one, two)).current == (two,)


def test_the_same_sequence_with_another_payload_is_a_fork_and_both_sides_are_current() -> None:
    one, other = report(1), report(1, inventory=DIRTY)
    history = history_of((one, other))
    assert set(history.current) == {one, other}
    (fork,) = history.forks
    assert (fork.chain, fork.sequence, set(fork.digests)) == (CHAIN, 1, {digest(one), digest(other)})


def test_two_children_of_one_parent_are_a_fork() -> None:
    parent = report(1)
    child = report(2, previous=digest(parent))
    later = report(5, previous=digest(parent))
    (fork,) = history_of((parent, child, later)).forks
    assert (fork.sequence, set(fork.digests)) == (2, {digest(child), digest(later)})


def test_a_child_of_an_unseen_sibling_is_a_fork() -> None:
    """A snapshot was restored, its first report lost: the second names a parent that nobody here has."""
    one = report(1)
    stranger = "sha256:" + "ee" * 32
    (fork,) = history_of((one, report(2, previous=stranger))).forks
    assert (fork.sequence, set(fork.digests)) == (1, {digest(one), stranger})


def test_two_first_reports_without_a_parent_are_no_children_of_one() -> None:
    assert history_of((report(1), report(2))).forks == ()


def test_another_device_or_another_key_is_another_chain() -> None:
    mine, theirs = report(1), report(1, device="hw-other", inventory=DIRTY)
    station = make_station_report(DIRTY)
    assert history_of((mine, theirs, station)).forks == ()
    assert len(history_of((mine, theirs, station)).current) == 3


def test_gaps_are_those_between_what_is_here() -> None:
    history = history_of((report(9), report(4), report(3), report(6)))
    assert history.gaps == (Gap(chain=CHAIN, after=4, before=6), Gap(chain=CHAIN, after=6, before=9))


def test_a_fork_on_the_way_is_found_whatever_came_after() -> None:
    one, two, three = make_chain(CLEAN, CLEAN, CLEAN)
    other = report(2, inventory=DIRTY, previous=digest(one))
    for order in itertools.permutations((one, two, three, other)):
        history = history_of(order)
        assert history.current == (three,)
        assert [set(fork.digests) for fork in history.forks] == [{digest(two), digest(other)}]


def test_reports_that_arrived_together_are_newest_by_their_own_word() -> None:
    """Files of several sources that are verified in one go have one time of arrival."""
    adb = make_station_report(CLEAN, received_at=NOW, collected_at=NOW - DAY)
    local = make_received(CLEAN, received_at=NOW, collected_at=NOW - 2 * DAY, sequence=7)
    assert history_of((local, adb)).current == (adb, local)
    assert STATION_SIGNER.public.keyid == adb.report.keyid


def test_forks_and_gaps_of_every_chain_are_told() -> None:
    chains = []
    for make in (make_received, make_station_report):
        chains += [make(CLEAN, sequence=1), make(DIRTY, sequence=1), make(CLEAN, sequence=5)]
    history = history_of(chains)
    keys = [DEVICE_SIGNER.public.keyid, STATION_SIGNER.public.keyid]
    assert sorted(fork.chain[0] for fork in history.forks) == sorted(keys)
    assert sorted(gap.chain[0] for gap in history.gaps) == sorted(keys)


def test_forks_stand_in_the_order_of_the_chain_then_of_their_digests() -> None:
    places = [report(number, inventory=found) for number in (2, 5, 7, 9, 12) for found in (CLEAN, DIRTY)]
    assert [fork.sequence for fork in history_of(places).forks] == [2, 5, 7, 9, 12]
    parent = report(20)
    brothers = [report(number, previous=digest(parent)) for number in (23, 24)]
    assert [
        fork.sequence for fork in history_of((report(30), report(30, inventory=DIRTY), parent, *brothers)).forks
    ] == [23, 30]
    twins = report(2), report(2, inventory=DIRTY)
    strangers = [f"sha256:{byte * 32}" for byte in ("00", "ff")]
    for stranger in strangers:
        forks = history_of((*twins, report(3, previous=stranger))).forks
        assert [fork.sequence for fork in forks] == [2, 2]
        assert [fork.digests for fork in forks] == sorted(fork.digests for fork in forks)
