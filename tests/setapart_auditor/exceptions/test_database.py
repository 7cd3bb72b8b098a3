"""Only what two officers' keys have signed counts."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select, text

from people_maker import NOW, add_officers, add_phone, ask, granted
from setapart_auditor.exceptions.database import broken, exceptions, officers_keys, rows, signers
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.register.database import bind_key, change_device, find_device
from setapart_auditor.store.schema import device, exception
from setapart_evidence.errors import SetapartError
from setapart_evidence.keys import generate
from stores import make_installation


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A granted exception, and no triggers: whoever owns the database can drop them."""
    made = make_installation(tmp_path_factory.mktemp("office") / "auditor")
    with made.store.write() as connection:
        add_phone(connection)
        add_phone(connection, "other")
        add_officers(made, connection)
        granted(made, connection, load_policies(made))
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
    yield made
    made.store.close()


@pytest.fixture
def connection(office: Installation) -> Iterator[Connection]:
    with office.store.engine.connect() as opened:
        opened.exec_driver_sql("BEGIN IMMEDIATE")
        yield opened
        opened.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "until = '2036-01-01'",
        "valid_from = '2020-01-01'",
        "app = 'telegram'",
        "need = 'another'",
        "ground = 'another'",
        "holder = 'Nils', holder_folded = 'nils'",
        "holder_folded = 'nils'",
        "device_no = 2",
        "id = 'another'",
        "requested_by = 'boss', requested_folded = 'boss'",
        "requested_by = 'OLA '",
        "requested_at = requested_at + 1",
        "decided_by = 'boss', decided_folded = 'boss'",
        "decided_by = 'eve', decided_folded = 'eve'",
        "decided_by = 'per', decided_folded = 'p'",
        "envelope = x'00'",
        "envelope = x'7b7d'",
    ],
)
def test_a_row_that_says_something_else_is_left_out_and_named(connection: Connection, change: str) -> None:
    (before,) = exceptions(connection)
    connection.execute(text(f"UPDATE exception SET {change}"))
    assert exceptions(connection) == ()
    (named,) = broken(connection)
    assert named.id in {before.id, "another"}
    assert named.reason
    with pytest.raises(SetapartError):
        signers(rows(connection)[0], officers_keys(connection))


def test_a_revocation_that_lost_its_day_is_still_one(connection: Connection) -> None:
    connection.execute(text("UPDATE exception SET state = 'revoked'"))
    (found,) = exceptions(connection)
    assert found.revoked is not None
    assert found.revoked < found.valid_from


def test_another_key_for_an_officer_breaks_what_they_signed(connection: Connection) -> None:
    key = generate().public
    connection.execute(text("UPDATE officer SET spki = :spki WHERE folded = 'per'"), {"spki": key.spki})
    assert (exceptions(connection), len(broken(connection))) == ((), 1)


def test_a_request_names_who_asked(office: Installation, connection: Connection) -> None:
    id_ = ask(office, connection, load_policies(office))
    (row,) = rows(connection, (id_,))
    assert signers(row, officers_keys(connection)) == ("ola",)


def test_a_device_that_enrols_keeps_its_exception_and_another_in_its_name_does_not_get_it(
    office: Installation, connection: Connection
) -> None:
    bind_key(connection, 1, generate().public, hardware=False, origin="enrolled", now=NOW)
    assert len(exceptions(connection)) == 1
    connection.execute(text("DELETE FROM exception"))
    granted(office, connection, load_policies(office))
    assert len(exceptions(connection)) == 1
    connection.execute(text("UPDATE device SET id = 'another' WHERE no = 1"))
    assert exceptions(connection) == ()
    assert connection.execute(select(device.c.id).where(device.c.no == 1)).scalar_one() == "another"
    assert connection.execute(select(exception.c.state)).scalar_one() == "approved"


@pytest.mark.parametrize("changes", [{"holder": "somebody"}, {"class": "ordinary"}])
def test_an_exception_does_not_come_back_with_the_devices_old_holder_or_class(
    connection: Connection, changes: dict[str, str]
) -> None:
    (before,) = exceptions(connection)
    phone = find_device(connection, before.device)
    old = {"holder": phone.registration.holder, "class": phone.registration.device_class}
    away = change_device(connection, phone, changes, "os:root", NOW + dt.timedelta(days=1))
    change_device(connection, away, {name: old[name] for name in changes}, "os:root", NOW + dt.timedelta(days=2))
    assert exceptions(connection) == ()
    assert broken(connection) == ()


def test_an_exception_stays_where_only_the_unit_changes(connection: Connection) -> None:
    (before,) = exceptions(connection)
    phone = find_device(connection, before.device)
    change_device(connection, phone, {"ownership": "private"}, "os:root", NOW + dt.timedelta(days=1))
    assert exceptions(connection) == (before,)
