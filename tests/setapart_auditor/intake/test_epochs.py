"""Epochs that were issued, on both databases: kept for good, handed out until they expire."""

import datetime as dt

import pytest

from evidence_factory import NOW
from setapart_auditor.authority import issue_epoch
from setapart_auditor.errors import StoreError
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.intake.epochs import keep_epoch, known_epochs, newest_epoch
from setapart_evidence.epoch import Epoch, read_epoch

DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)


def issue(installation: Installation, at: dt.datetime, days: int) -> tuple[Epoch, bytes]:
    made = issue_epoch(installation.authority, at, days)
    with installation.store.write() as connection:
        keep_epoch(connection, *made)
    return made


def newest(installation: Installation, now: dt.datetime) -> bytes | None:
    with installation.store.read() as connection:
        return newest_epoch(connection, now)


def test_an_epoch_is_handed_out_until_it_expires_and_not_a_moment_longer(installation: Installation) -> None:
    assert newest(installation, NOW) is None
    epoch, raw = issue(installation, NOW, 7)
    assert epoch.use_until == NOW + 7 * DAY
    assert newest(installation, NOW + 7 * DAY - SECOND) == raw
    assert newest(installation, NOW + 7 * DAY) is None


def test_the_newest_one_is_handed_out_and_an_older_one_where_only_that_still_holds(
    installation: Installation,
) -> None:
    _, long = issue(installation, NOW, 30)
    _, short = issue(installation, NOW + DAY, 1)
    assert newest(installation, NOW + DAY) == short
    assert newest(installation, NOW + 3 * DAY) == long


def test_one_that_expired_is_known_also_after_a_restart(installation: Installation) -> None:
    """A report that names it was made after it, however long ago that is."""
    made = [issue(installation, NOW + at * DAY, 1) for at in range(3)]
    installation.store.close()
    again = open_installation(installation.folder)
    with again.store.read() as connection:
        assert known_epochs(connection) == {one.value: one.issued_at for one, _ in made}
    assert newest(again, NOW + 300 * DAY) is None
    handed = newest(again, NOW + 2 * DAY)
    assert handed == made[2][1]
    assert read_epoch(handed, (again.authority.signer.public,)).predicate == made[2][0]
    again.store.close()


def test_an_epoch_is_kept_once(installation: Installation) -> None:
    made = issue(installation, NOW, 7)
    with pytest.raises(StoreError), installation.store.write() as connection:
        keep_epoch(connection, *made)
    with installation.store.read() as connection:
        assert len(known_epochs(connection)) == 1
