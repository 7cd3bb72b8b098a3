"""The directory of keys: asked once, forgotten when the register changes."""

import pytest
from sqlalchemy import event, update

from evidence_factory import DEVICE_ID, DEVICE_SIGNER, NOW, STATION_SIGNER
from intakes import register
from setapart_auditor.installation import Installation
from setapart_auditor.intake.keys import KeyDirectory
from setapart_auditor.register.database import bind_key, bump
from setapart_auditor.store.schema import device_key
from setapart_evidence.errors import KeyFormatError
from store_builder import by_hand

OTHER = STATION_SIGNER.public.keyid


@pytest.fixture
def asked(installation: Installation) -> list[str]:
    """What the database is asked from now on."""
    register(installation)
    register(installation, STATION_SIGNER, "desk")
    found: list[str] = []
    event.listen(installation.store.engine, "before_cursor_execute", lambda *args: found.append(args[2]))
    return found


def selects(asked: list[str]) -> int:
    return sum("device_key" in one for one in asked)


def test_a_device_is_asked_for_once(installation: Installation, asked: list[str]) -> None:
    keys = KeyDirectory(installation.store)
    first = keys.keys_for(DEVICE_ID, None)
    assert [one.key for one in first] == [DEVICE_SIGNER.public]
    assert keys.keys_for(DEVICE_ID, None) is first
    assert selects(asked) == 1


def test_many_are_looked_up_in_one_transaction(installation: Installation, asked: list[str]) -> None:
    keys = KeyDirectory(installation.store)
    keys.learn([(DEVICE_ID, None), (OTHER, None), ("nobody", None)])
    assert sum(one.startswith(("BEGIN", "SET TRANSACTION")) for one in asked) == 1
    assert keys.keys_for(DEVICE_ID, None)[0].key == DEVICE_SIGNER.public
    assert keys.keys_for(OTHER, None)[0].key == STATION_SIGNER.public
    assert selects(asked) == 3


def test_a_device_without_a_key_is_asked_for_again(installation: Installation, asked: list[str]) -> None:
    keys = KeyDirectory(installation.store)
    keys.learn([("nobody", None), ("nothing", None)])
    assert keys.keys_for("nobody", None) == ()
    assert selects(asked) == 3


def test_a_change_of_the_register_is_seen_when_it_looks_again(installation: Installation) -> None:
    register(installation)
    keys = KeyDirectory(installation.store)
    keys.learn([(DEVICE_ID, None), ("nobody", None)])
    assert keys.look_again() is False
    with installation.store.write() as connection:
        bind_key(connection, 1, STATION_SIGNER.public, hardware=False, origin="enrolled", now=NOW)
        bump(connection)
    assert keys.keys_for(DEVICE_ID, None)[0].key == DEVICE_SIGNER.public
    assert keys.look_again() is True
    assert [one.key for one in keys.keys_for(DEVICE_ID, None)] == [STATION_SIGNER.public]


def test_a_damaged_key_is_its_own_devices(installation: Installation) -> None:
    register(installation)
    register(installation, STATION_SIGNER, "desk")
    with by_hand(installation) as connection:
        connection.execute(update(device_key).where(device_key.c.device_no == 2).values(spki=b"damaged"))
    keys = KeyDirectory(installation.store)
    with pytest.raises(KeyFormatError):
        keys.learn([(DEVICE_ID, None), (OTHER, None)])
    assert keys.keys_for(DEVICE_ID, None)[0].key == DEVICE_SIGNER.public
