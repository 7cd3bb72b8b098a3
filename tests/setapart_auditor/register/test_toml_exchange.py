"""register.toml into the store and out again: `verify` judges by both alike."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from evidence_factory import NOW
from register_factory import REGISTER, SIGNERS, make_register
from register_undone import undone
from setapart_auditor.appraisal.model import Registration
from setapart_auditor.errors import RegisterError
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.register.database import NewDevice, add_device, bind_key, devices, find_device, registrations
from setapart_auditor.register.forks import settle
from setapart_auditor.register.incoming import carry_out, plan
from setapart_auditor.register.load import load_register
from setapart_auditor.register.model import Register, RegisterKeys
from setapart_auditor.register.stored_keys import StoredKeys, present_keys
from setapart_auditor.register.toml_export import Exported, export_toml
from setapart_auditor.register.toml_import import Beside, beside, incoming_of, settle_first, take_beside, without_own
from setapart_auditor.store.schema import exception
from setapart_evidence.epoch import Epoch, make_epoch
from setapart_evidence.keys import PublicKey, generate
from stores import make_installation

DIGEST = "sha256:" + "5e" * 32
ATTESTED = """[[attestation]]
device = "patrol-phone"
client = "k-9"
by = "o1"
date = 2026-11-01
until = 2027-01-01
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An auditor that every test uses, and leaves as it was."""
    made = make_installation(tmp_path_factory.mktemp("exchange") / "auditor")
    made.store.close()
    opened = open_installation(made.folder)
    yield opened
    opened.store.close()


def id_key(shared: Installation) -> bytes:
    return shared.authority.secrets.id_key


def take(connection: Connection, register: Register, authority: PublicKey, by: str = "o9") -> Beside:
    wanted = plan(
        connection, without_own(incoming_of(register), by), NOW,
        where=lambda at: register.source.where("device", at), may_change=False,
    )  # fmt: skip
    assert wanted.errors == ()
    carry_out(connection, wanted, by, NOW)
    more = beside(connection, register, by, authority)
    take_beside(connection, more, NOW)
    settle_first(connection, wanted, by, NOW)
    return more


def exported(connection: Connection, shared: Installation) -> Exported:
    return export_toml(connection, list(devices(connection)), present_keys(connection), id_key(shared))


TEXT = st.text(st.characters(exclude_categories=("C", "Zl", "Zp", "Zs")), max_size=12)
NAME = TEXT.map(str.strip).filter(bool)
NAMED = st.one_of(
    st.just({"key": "key"}),
    st.just({"key": "key", "hardware": True}),
    st.just({"key": "key", "id": "own"}),
    st.just({"serial": "serial", "platform": "ios"}),
    st.just({"id": "own"}),
    st.just({"id": "unenrolled"}),
)
DEVICE = st.fixed_dictionaries(
    {
        "named": NAMED,
        "class": st.sampled_from(["ordinary", "personal", "social-dedicated"]),
        "ownership": st.sampled_from(["organisation", "private"]),
        "holder": TEXT,
        "role": st.sampled_from(["", "staff", "minister "]),
        "unit": TEXT,
        "since": st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2200, 1, 1)),
        "attested": st.booleans(),
    }
)
KEYS = [generate().public for _ in range(5)]


def written(fleet: dict[str, dict[str, Any]]) -> str:
    """A fleet as register.toml."""
    from setapart_auditor.register.key_text import spell_key
    from setapart_auditor.register.toml_export import _table

    tables: list[str] = []
    for at, (name, device) in enumerate(fleet.items()):
        of = {"key": spell_key(KEYS[at]), "own": f"own-{at}", "unenrolled": f"unenrolled-{at + 1}", "serial": f"S{at}"}
        values = {"name": name} | {key: of.get(str(value), value) for key, value in device["named"].items()}
        tables.append(_table("device", values | {k: v for k, v in device.items() if k not in {"named", "attested"}}))
        if device["attested"] and device["holder"].strip().casefold() != "o1":
            tables.append(ATTESTED.replace('"patrol-phone"', tables[-1].splitlines()[1].partition(" = ")[2]))
    return "\n".join(tables)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleet=st.dictionaries(NAME, DEVICE, max_size=5))
def test_a_register_comes_back_as_it_went_in(shared: Installation, tmp_path: Path, fleet: dict[str, Any]) -> None:
    folded: set[str] = set()
    fleet = {name: one for name, one in fleet.items() if not (name.casefold() in folded or folded.add(name.casefold()))}  # type: ignore[func-returns-value]
    path, back = tmp_path / "register.toml", tmp_path / "back.toml"
    path.write_text(written(fleet), encoding="utf-8")
    first = load_register(path, id_key=id_key(shared))
    with undone(shared.store) as connection:
        take(connection, first, SIGNERS["authority"].public)
        judged = registrations(connection)
        assert all(one.id == id_ for id_, one in judged.items())
        assert {anonymous(one) for one in judged.values()} == {anonymous(one) for one in first.devices}
        answer = exported(connection, shared)
        assert answer.left_out == ()
        back.write_text(answer.text, encoding="utf-8")
        second = load_register(back, id_key=id_key(shared))
        assert {anonymous(one) for one in first.devices} == {anonymous(one) for one in second.devices}
        stored, files = StoredKeys(connection), RegisterKeys(second)
        for one in second.devices:
            assert files.keys_for(one.id, None) == stored.keys_for(one.id, None)
            if not one.id.startswith("unenrolled-"):
                assert RegisterKeys(first).keys_for(one.id, None) == files.keys_for(one.id, None)
    with undone(shared.store) as connection:
        take(connection, second, SIGNERS["authority"].public)
        assert exported(connection, shared).text == answer.text


def anonymous(one: Registration) -> Registration:
    """A registration whose id, where it only says that there is none, has no number."""
    from dataclasses import replace

    return replace(one, id="unenrolled") if one.id.startswith("unenrolled-") else one


def test_stations_come_in_and_what_takes_two_people_stays_out(shared: Installation, tmp_path: Path) -> None:
    epoch = Epoch(value="ab" * 32, issued_at=NOW.replace(microsecond=0), use_until=NOW + dt.timedelta(days=9))
    text = f"""{REGISTER}{ATTESTED}[authority]
key = "keys/authority.pub"
[[epoch]]
file = "a.epoch"
[[epoch]]
value = "{"cd" * 32}"
issued_at = 2026-11-01T00:00:00Z
"""
    path = make_register(tmp_path, text.replace("since = 2026-01-01", f'since = 2026-01-01\nsettled = ["{DIGEST}"]'))
    (tmp_path / "a.epoch").write_bytes(make_epoch(epoch, SIGNERS["authority"]))
    register = load_register(path)
    with undone(shared.store) as connection:
        more = take(connection, register, SIGNERS["authority"].public)
        assert [name for name, _ in more.stations] == ["helpdesk-1"]
        assert [sentence.partition(":")[0] for sentence in more.left_out] == [
            "1 exceptions",
            "2 officers",
            "1 epochs that were not issued with this auditor's key, or without their file",
        ]
        phone = find_device(connection, "patrol-phone")
        assert phone.registration.settled == ()
        assert len(phone.registration.attestations) == 1
        assert settle(connection, phone, [bytes.fromhex(DIGEST[7:])], "o2", NOW, why="", may=lambda _name: True) == 0
        assert find_device(connection, "patrol-phone").registration.settled == (DIGEST,)
        station = SIGNERS["station"].public
        assert [one.role for one in StoredKeys(connection).keys_for(phone.registration.id, station.keyid)] == [
            "device", "station",
        ]  # fmt: skip
        answer = exported(connection, shared)
        (tmp_path / "back.toml").write_text(answer.text, encoding="utf-8")
        back = load_register(tmp_path / "back.toml")
        assert (back.devices, back.keys, back.stations) == (register.devices, register.keys, register.stations)
        assert back.epochs == {epoch.value: epoch.issued_at}
        again = beside(connection, register, "o9", SIGNERS["authority"].public)
        assert (again.stations, again.errors) == ((), ())


def test_a_holder_brings_in_no_word_on_their_own_device(shared: Installation, tmp_path: Path) -> None:
    text = REGISTER.replace("since = 2026-01-01", f'since = 2026-01-01\nsettled = ["{DIGEST}"]') + ATTESTED
    register = load_register(make_register(tmp_path, text))
    with undone(shared.store) as connection:
        more = take(connection, register, SIGNERS["authority"].public, by="H1")
        assert "1 devices, which H1 holds" in more.left_out[-1]
        assert find_device(connection, "patrol-phone").registration.attestations == ()
        phone = find_device(connection, "patrol-phone")
        with pytest.raises(RegisterError, match="no report"):
            settle(connection, phone, [bytes.fromhex(DIGEST[7:])], "o2", NOW, why="why", may=lambda _name: True)


def test_a_station_with_another_key_is_pointed_at(shared: Installation, tmp_path: Path) -> None:
    register = load_register(make_register(tmp_path))
    with undone(shared.store) as connection:
        take(connection, register, SIGNERS["authority"].public)
        text = REGISTER.replace("keys/station.pub", "keys/authority.pub")
        other = load_register(make_register(tmp_path, text))
        (error,) = beside(connection, other, "o9", SIGNERS["authority"].public).errors
        assert error.where.endswith("line 19: [[station]] 1")


def test_an_export_carries_exceptions_that_can_be_used_and_says_what_it_leaves_out(
    shared: Installation, tmp_path: Path
) -> None:
    with undone(shared.store) as connection:
        phone = add_device(
            connection,
            NewDevice(name="phone", device_class="social-dedicated", holder="h1", serial="S", platform="ios"),
            "o1",
            NOW,
        )
        bind_key(connection, phone.no, KEYS[0], hardware=False, origin="enrolled", now=NOW)
        bind_key(connection, phone.no, KEYS[1], hardware=False, origin="rotated", now=NOW)
        for number, holder in enumerate(("H1", "h2")):
            connection.execute(
                insert(exception).values(
                    id=f"E-{number}", device_no=phone.no, app="tiktok", holder=holder, holder_folded=holder.casefold(),
                    need='a "need"', ground="communication", valid_from=dt.date(2026, 11, 1),
                    until=dt.date(2027, 1, 1), state="revoked", requested_by="o1", requested_folded="o1",
                    requested_at=NOW, decided_by="o2", decided_folded="o2", decided_at=NOW,
                    revoked_on=dt.date(2026, 12, 1), envelope=b"{}",
                )
            )  # fmt: skip
        answer = exported(connection, shared)
        assert answer.left_out == (
            "the serials of 1 devices that are known by a key or an id",
            "1 exceptions that their devices, as they are now, can't use",
        )
        (tmp_path / "back.toml").write_text(answer.text, encoding="utf-8")
        back = load_register(tmp_path / "back.toml")
        (one,) = back.exceptions
        assert (one.id, one.device, one.need, one.revoked) == ("E-0", "phone", 'a "need"', dt.date(2026, 12, 1))
        assert [device.id for device in back.devices] == [KEYS[0].keyid]
        assert RegisterKeys(back).keys_for(KEYS[0].keyid, None) == StoredKeys(connection).keys_for(KEYS[0].keyid, None)
