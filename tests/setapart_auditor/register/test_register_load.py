"""Registers: what they say, and what they can't say."""

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from register_factory import REGISTER, SIGNERS, changed, make_register
from setapart_auditor.appraisal.model import Attestation
from setapart_auditor.errors import RegisterError
from setapart_auditor.register.load import load_register
from setapart_auditor.register.model import RegisterKeys
from setapart_evidence.epoch import Epoch, make_epoch
from setapart_evidence.identity import hardware_id

DAY = dt.date


def test_a_register_is_read(tmp_path: Path) -> None:
    path = make_register(tmp_path)
    found = load_register(path)
    patrol, desk = found.devices
    assert (patrol.name, patrol.device_class, patrol.holder, patrol.role) == (
        "patrol-phone", "social-dedicated", "h1", "staff",
    )  # fmt: skip
    assert patrol.id == SIGNERS["patrol"].public.keyid
    assert patrol.since == DAY(2026, 1, 1)
    assert desk.ownership == "organisation"
    assert found.digest == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    (exception,) = found.exceptions
    assert (exception.id, exception.device, exception.app) == ("E-7", "patrol-phone", "tiktok")
    assert (exception.valid_from, exception.until) == (DAY(2026, 11, 1), DAY(2027, 4, 30))
    assert (exception.revoked, exception.signed) == (None, False)
    assert found.device(desk.id) is desk
    assert found.device("hw-00") is None


def test_devices_speak_for_themselves_and_stations_for_all(tmp_path: Path) -> None:
    keys = RegisterKeys(load_register(make_register(tmp_path)))
    patrol, desk, station = (SIGNERS[name].public for name in ("patrol", "desk", "station"))
    (own,) = keys.keys_for(desk.keyid, None)
    assert (own.key, own.role, own.grade) == (desk, "device", "hardware-key")
    own, other = keys.keys_for(patrol.keyid, station.keyid)
    assert (own.grade, other.key, other.role, other.grade) == ("agent-key", station, "station", "station")
    assert keys.keys_for("hw-unknown", None) == ()
    assert [one.key for one in keys.keys_for("hw-unknown", station.keyid)] == [station]
    assert keys.keys_for("hw-unknown", desk.keyid) == ()


def test_a_device_without_a_key_has_an_id_or_a_serial(tmp_path: Path) -> None:
    text = changed(
        ('key = "keys/patrol.pub"', 'serial = " ab12 "\nplatform = "android"'),
        ('key = "keys/desk.pub"\nhardware = true', 'id = "local-77"'),
    )
    path = make_register(tmp_path, text)
    found = load_register(path, id_key=b"k" * 32)
    assert [one.id for one in found.devices] == [hardware_id(b"k" * 32, "android", "AB12"), "local-77"]
    assert found.keys == {}
    with pytest.raises(RegisterError) as caught:
        load_register(path)
    assert caught.value.where == f"{path}, line 4: [[device]] 1 serial"
    assert "--dir" in caught.value.cure


ATTESTATION = """
[[attestation]]
device = "patrol-phone"
client = "k-9"
by = "o1"
date = 2026-11-01
until = 2027-05-01
"""


def test_an_attestation_goes_to_its_device(tmp_path: Path) -> None:
    patrol, desk = load_register(make_register(tmp_path, REGISTER + ATTESTATION)).devices
    assert patrol.attestations == (Attestation(client="k-9", by="o1", date=DAY(2026, 11, 1), until=DAY(2027, 5, 1)),)
    assert desk.attestations == ()


EPOCH = Epoch(
    value="ab" * 32,
    issued_at=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
    use_until=dt.datetime(2026, 11, 27, tzinfo=dt.UTC),
)


def test_epochs_come_by_value_or_by_their_signed_file(tmp_path: Path) -> None:
    text = (
        '\n[authority]\nkey = "keys/authority.pub"\n[[epoch]]\nfile = "a.epoch"\n'
        f'[[epoch]]\nvalue = "{"cd" * 32}"\nissued_at = 2026-11-21T00:00:00Z\n'
    )
    path = make_register(tmp_path, REGISTER + text)
    (tmp_path / "a.epoch").write_bytes(make_epoch(EPOCH, SIGNERS["authority"]))
    assert load_register(path).epochs == {
        "ab" * 32: EPOCH.issued_at,
        "cd" * 32: dt.datetime(2026, 11, 21, tzinfo=dt.UTC),
    }
    (tmp_path / "a.epoch").write_bytes(make_epoch(EPOCH, SIGNERS["o1"]))
    with pytest.raises(RegisterError) as caught:
        load_register(path)
    assert caught.value.where.endswith("[[epoch]] 1 file")
    assert "0 accepted signatures" in caught.value.got


@pytest.mark.parametrize(
    ("old", "new", "where", "got"),
    [
        ('name = "desk"', 'name = "Patrol-Phone"', "line 12: [[device]] 2 name", "the same name as [[device]] 1"),
        ('key = "keys/desk.pub"', 'key = "keys/patrol.pub"', "line 13: [[device]] 2 key", "same key as [[device]] 1"),
        ('key = "keys/desk.pub"', 'key = "keys/none.pub"', "line 13: [[device]] 2 key", "No such file"),
        ('key = "keys/desk.pub"', 'key = "register.toml"', "line 13: [[device]] 2 key", "no PEM key"),
        ('key = "keys/desk.pub"', 'key = "keys"', "line 13: [[device]] 2 key", "Is a directory"),
        ('key = "keys/desk.pub"', 'key = "a\\u0000b"', "line 13: [[device]] 2 key", "no file can be called so"),
        ('key = "keys/desk.pub"', 'id = "x"\nserial = "x"', "line 11: [[device]] 2", "named by id and serial"),
        ('key = "keys/desk.pub"', 'key = "keys/patrol.pub"\nid = "x"', "line 13: [[device]] 2 key", "the same key as"),
        ('key = "keys/desk.pub"', 'key = "spki:Zm9v"', "line 13: [[device]] 2 key", "a public key of another type"),
        ('key = "keys/desk.pub"', 'key = "spki:…"', "line 13: [[device]] 2 key", "no key in base64"),
        ('key = "keys/desk.pub"\n', "", "line 11: [[device]] 2", "named by nothing"),
        ('key = "keys/desk.pub"\n', 'id = "x"\n', "line 14: [[device]] 2 hardware", "without a key"),
        ("hardware = true", 'platform = "android"', "line 11: [[device]] 2", "platform alone"),
        ('key = "keys/desk.pub"\nhardware = true', 'serial = "x"', "line 11: [[device]] 2", "platform alone"),
        ('class = "ordinary"', 'class = "dedicated"', "line 15: [[device]] 2 class", '"dedicated"'),
        ('class = "ordinary"', 'klass = "ordinary"', "line 15: [[device]] 2 klass", "unknown key `klass`"),
        ("since = 2026-01-01", "since = 9999-12-31", "line 9: [[device]] 1 since", "9999-12-31"),
        ("from = 2026-11-01", "from = 0001-01-01", "[[exception]] 1 from", "0001-01-01"),
        ("until = 2027-04-30", "until = 20270-04-30", ", line 41", "Expected newline"),
        ("[[station]]", "[[stations]]", "line 19: stations", "unknown key `stations`"),
        ('id = "o2"', 'id = "O1"', "line 28: [[officer]] 2 id", "the same id as [[officer]] 1"),
        ('key = "keys/o2.pub"', 'key = "keys/o1.pub"', "line 29: [[officer]] 2 key", "the same key as [[officer]] 1"),
        ('id = "E-7"', 'id = ""', "line 32: [[exception]] 1 id", '""'),
        ('need = "prevention outreach to young people"', 'need = " "', "[[exception]] 1 need", '" "'),
        ('need = "prevention outreach to young people"\n', "", "[[exception]] 1", "has no `need`"),
        ("until = 2027-04-30", "until = 2027-04-30T00:00:00Z", "[[exception]] 1 until", "2027-04-30 00:00"),
        ("until = 2027-04-30", f'until = 2027-04-30\n[[epoch]]\nvalue = "{"ab" * 32}"', "[[epoch]] 1", "a part of"),
        ("until = 2027-04-30", 'until = 2027-04-30\n[[epoch]]\nfile = "x"', "[[epoch]] 1 file", "no key to verify"),
        ("until = 2027-04-30", 'until = 2027-04-30\n[[epoch]]\nvalue = "x"', "[[epoch]] 1 value", '"x"'),
    ],
)  # fmt: skip
def test_a_register_that_cannot_stand_is_pointed_at(old: str, new: str, where: str, got: str, tmp_path: Path) -> None:
    path = make_register(tmp_path, changed((old, new)))
    with pytest.raises(RegisterError) as caught:
        load_register(path)
    assert caught.value.where.startswith(str(path))
    assert caught.value.where.endswith(where)
    assert got in caught.value.got


def test_two_exceptions_are_never_one(tmp_path: Path) -> None:
    twice = REGISTER + REGISTER[REGISTER.index("[[exception]]") :]
    with pytest.raises(RegisterError, match=r"the same id as \[\[exception\]\] 1"):
        load_register(make_register(tmp_path, twice))


def test_one_epoch_has_one_time(tmp_path: Path) -> None:
    row = f'[[epoch]]\nvalue = "{"ab" * 32}"\nissued_at = 2026-11-2%dT00:00:00Z\n'
    assert len(load_register(make_register(tmp_path, REGISTER + row % 1 + row % 1)).epochs) == 1
    with pytest.raises(RegisterError, match="different times"):
        load_register(make_register(tmp_path, REGISTER + row % 1 + row % 2))


def test_a_missing_register_is_said(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match=r"none\.toml: can't be read: No such file"):
        load_register(tmp_path / "none.toml")
