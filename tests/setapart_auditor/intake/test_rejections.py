"""Rejected messages are counted, on both databases, whatever they claim."""

import datetime as dt

import pytest
from sqlalchemy import select

from evidence_factory import DEVICE_ID, NOW
from intakes import register
from setapart_auditor.errors import NotAllowedError, TokenRefusedError
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.intake import rejections
from setapart_auditor.intake.rejections import Rejections
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import rejection
from setapart_evidence.errors import SetapartError, SignatureError, SizeError
from store_builder import by_hand

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
WRONG = SignatureError("a wrong signature")


def counted(store: Store) -> dict[tuple[dt.date, str, str], tuple[int, dt.datetime, str]]:
    with store.read() as connection:
        return {
            (row.day, row.reason, row.claimed): (row.times, row.last_at, row.last_message)
            for row in connection.execute(select(rejection))
        }


def count(store: Store, *items: tuple[SetapartError, str, dt.datetime]) -> None:
    """What one run of an auditor counts and writes down."""
    found = Rejections(store)
    for item in items:
        found.add(*item)
    found.flush()


def test_counts_go_on_after_a_restart_and_the_last_one_is_told(installation: Installation) -> None:
    register(installation)
    count(installation.store, (WRONG, DEVICE_ID, NOW), (WRONG, DEVICE_ID, NOW + MINUTE))
    installation.store.close()
    again = open_installation(installation.folder)
    count(again.store, (SignatureError("another one"), DEVICE_ID, NOW + 2 * MINUTE), (WRONG, DEVICE_ID, NOW + DAY))
    assert counted(again.store) == {
        (NOW.date(), "bad-signature", DEVICE_ID): (3, NOW + 2 * MINUTE, "another one"),
        ((NOW + DAY).date(), "bad-signature", DEVICE_ID): (1, NOW + DAY, "a wrong signature"),
    }
    again.store.close()


@pytest.mark.parametrize("claimed", ["a\x00b", "\x00", "\u202edevice", "\ud800", "x" * 10_000, "nobody's"])
def test_what_no_device_is_called_counts_without_a_device_and_stops_no_other(
    installation: Installation, claimed: str
) -> None:
    register(installation)
    count(installation.store, (WRONG, claimed, NOW), (WRONG, DEVICE_ID, NOW), (WRONG, "", NOW))
    assert {key[2]: times for key, (times, _, _) in counted(installation.store).items()} == {"": 2, DEVICE_ID: 1}


def test_what_is_kept_of_a_message_can_be_shown(store: Store) -> None:
    count(store, (SizeError("a\x00b\u202ec\ud800\x1b[2J" + "x" * 5000), "", NOW))
    ((_, _, message),) = counted(store).values()
    assert message.isprintable()
    assert len(message) <= 400


def test_why_a_token_was_refused_is_kept_for_the_auditor_alone(store: Store) -> None:
    count(store, (TokenRefusedError("token 7 is used up"), "", NOW), (NotAllowedError("not for it"), "", NOW + DAY))
    assert {(reason, message) for (_, reason, _), (_, _, message) in counted(store).items()} == {
        ("not-allowed", "token 7 is used up"), ("not-allowed", "not for it"),
    }  # fmt: skip


def test_what_can_not_be_written_waits_and_is_lost_by_no_failure(installation: Installation) -> None:
    found = Rejections(installation.store)
    found.add(WRONG, "", NOW)
    with by_hand(installation) as connection:
        connection.exec_driver_sql("ALTER TABLE rejection RENAME TO elsewhere")
    found.flush()
    found.add(WRONG, "", NOW + MINUTE)
    with by_hand(installation) as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO rejection")
    found.flush()
    found.flush()
    ((times, at, _),) = counted(installation.store).values()
    assert (times, at) == (2, NOW + MINUTE)


def test_a_flood_of_claims_is_bounded_and_every_message_still_counts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejections, "_MOST", 10)
    count(store, *((WRONG, f"local-{at}", NOW) for at in range(50)))
    assert {key[2]: times for key, (times, _, _) in counted(store).items()} == {"": 50}
