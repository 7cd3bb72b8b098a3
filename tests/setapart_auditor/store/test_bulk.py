from sqlalchemy import select

from record_builder import NOW, digest
from setapart_auditor.installation import Installation
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.verify import verify_log
from setapart_auditor.store.bulk import insert_rows, put_rows, update_rows
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import device, device_key


def row(no: int, **values: object) -> dict[str, object]:
    return {
        "no": no, "name": f"d{no}", "folded": f"d{no}", "class": "ordinary", "since": NOW.date(), "legal_hold": True,
        "created_at": NOW, "serial": None, **values,
    }  # fmt: skip


def test_rows_come_back_as_if_sqlalchemy_had_written_them(store: Store) -> None:
    with store.write() as connection:
        insert_rows(connection, device, [row(1), row(2, serial="é'%s?")])
        key = {"no": 1, "device_no": 1, "keyid": "k", "spki": digest("k"), "origin": "enrolled", "valid_from": NOW}
        insert_rows(connection, device_key, [key])
        insert_rows(connection, device, [])
    with store.read() as connection:
        found = connection.execute(select(device).order_by(device.c.no)).all()
        spki = connection.execute(select(device_key.c.spki)).scalar_one()
    assert [(one.name, one.since, one.legal_hold, one.created_at, one.serial) for one in found] == [
        ("d1", NOW.date(), True, NOW, None),
        ("d2", NOW.date(), True, NOW, "é'%s?"),
    ]
    assert spki == digest("k")


def test_rows_are_changed_by_their_key_and_put_once(store: Store) -> None:
    with store.write() as connection:
        insert_rows(connection, device, [row(1), row(2)])
        update_rows(connection, device, "no", [{"no": 2, "holder": "h", "state_since": NOW}])
        put_rows(connection, device, [row(1, holder="x"), row(3, holder="y")])
    with store.read() as connection:
        found = connection.execute(select(device.c.holder, device.c.state_since).order_by(device.c.no)).all()
    assert [tuple(one) for one in found] == [("x", None), ("h", NOW), ("y", None)]


def test_what_goes_past_sqlalchemy_is_sealed_all_the_same(installation: Installation) -> None:
    with installation.store.write() as connection:
        insert_rows(connection, device, [row(1), row(2)])
        update_rows(connection, device, "no", [{"no": 2, "holder": "h"}])
    key = NoteKey(name=installation.settings.log.origin, key=installation.authority.signer.public)
    with installation.store.read() as connection:
        report = verify_log(connection, key)
    assert (report.rows, report.defects) == (2, ())
