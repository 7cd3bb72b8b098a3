"""How devices leave, and what ends with them."""

import datetime as dt
from dataclasses import replace as with_other

import pytest
from sqlalchemy import insert, select

from evidence_factory import NOW
from register_undone import undone
from setapart_auditor.errors import RegisterError
from setapart_auditor.register.database import NewDevice, add_device, change_device, find_device, registrations
from setapart_auditor.register.lifecycle import check_active, replace, retire, revoke
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import token

NEW = NewDevice(name="d", device_class="ordinary", unit="U")
HOUR = dt.timedelta(hours=1)


def test_a_retired_device_is_judged_no_more_and_its_tokens_end(store: Store) -> None:
    with undone(store) as connection:
        device = add_device(connection, NEW, "o1", NOW)
        connection.execute(
            insert(token).values(
                hash=b"h" * 32, device_no=device.no, quota=1, created_at=NOW, created_by="o1", expires_at=NOW + HOUR
            )
        )
        retire(connection, device, "o1", NOW, why="old")
        assert registrations(connection) == {}
        assert connection.execute(select(token.c.revoked_at)).scalar_one() == NOW
        gone = find_device(connection, "d")
        assert (gone.state, gone.state_since) == ("retired", NOW)
        for again in (retire, lambda *all_, why: replace(*all_[:2], with_other(NEW, name="e"), *all_[2:], why=why)):
            with pytest.raises(RegisterError, match="`d` is retired"):
                again(connection, gone, "o1", NOW, why="")
        with pytest.raises(RegisterError):
            check_active(gone)


def test_a_replacement_takes_the_place(store: Store) -> None:
    with undone(store) as connection:
        old = add_device(connection, NEW, "o1", NOW)
        new = replace(connection, old, with_other(NEW, name="e"), "o1", NOW, why="broken")
        assert find_device(connection, "d").state == "replaced"
        assert [one.name for one in registrations(connection).values()] == [new.name] == ["e"]


def test_a_revocation_may_reach_back_and_further_back_but_never_forward(store: Store) -> None:
    with undone(store) as connection:
        device = add_device(connection, NEW, "o1", NOW)
        with pytest.raises(RegisterError, match="is to come"):
            revoke(connection, device, NOW + HOUR, "o1", NOW, why="")
        assert revoke(connection, device, NOW - HOUR, "o1", NOW, why="stolen") == 0
        device = find_device(connection, "d")
        assert (device.state, device.state_since) == ("revoked", NOW - HOUR)
        revoke(connection, device, NOW - 2 * HOUR, "o1", NOW, why="earlier than thought")
        device = find_device(connection, "d")
        assert device.state_since == NOW - 2 * HOUR
        with pytest.raises(RegisterError, match="is revoked since"):
            revoke(connection, device, NOW - HOUR, "o1", NOW, why="")


def test_a_hold_is_kept_in_every_state(store: Store) -> None:
    with undone(store) as connection:
        device = add_device(connection, NEW, "o1", NOW)
        change_device(connection, device, {"legal_hold": True}, "o1", NOW)
        retire(connection, find_device(connection, "d"), "o1", NOW, why="")
        assert find_device(connection, "d").legal_hold
