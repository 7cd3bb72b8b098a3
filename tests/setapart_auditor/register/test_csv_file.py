"""The register as CSV."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setapart_auditor.appraisal.model import Registration
from setapart_auditor.errors import RegisterError
from setapart_auditor.register.csv_file import read_csv, write_csv
from setapart_auditor.register.database import RegisteredDevice
from setapart_auditor.register.key_text import spell_key
from setapart_auditor.register.model import device_binding
from setapart_evidence.identity import hardware_id
from setapart_evidence.keys import generate

ID_KEY = b"k" * 32
KEY = generate().public
PLACE = Path("r.csv")
WORD = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters=""), min_size=1, max_size=9)
CELL = st.sampled_from(("", "=1+1", "'=x", "@a", "-", "a,b", 'a"b', "a;b", "''+")) | WORD
PRINTABLE = CELL.filter(str.isprintable)


def read(text: str) -> list[str]:
    """The errors of a file, as they are shown."""
    return [str(one) for one in read_csv(text.encode(), PLACE, ID_KEY)[1]]


@settings(max_examples=60, deadline=None)
@given(
    name=PRINTABLE.filter(lambda text: bool(text.strip()) and text == text.strip()),
    texts=st.tuples(PRINTABLE, PRINTABLE, PRINTABLE),
    since=st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2200, 1, 1)),
    serial=st.none() | PRINTABLE.filter(lambda text: bool(text.strip())),
    hardware=st.none() | st.booleans(),
    state=st.sampled_from(["active", "retired", "replaced", "revoked"]),
)
def test_what_is_written_is_read(  # noqa: PLR0917 - one argument for each column
    name: str,
    texts: tuple[str, str, str],
    since: dt.date | None,
    serial: str | None,
    hardware: bool | None,
    state: str,
) -> None:
    moment = None if state == "active" else dt.datetime(2026, 11, 1, 1, 2, 3, 4, tzinfo=dt.UTC)
    device = RegisteredDevice(
        no=7,
        registration=Registration(
            name=name, id="local-7", device_class="personal", ownership="private", holder=texts[0], role=texts[1],
            unit=texts[2], since=since,
        ),
        state=state,  # type: ignore[arg-type] - one of them
        state_since=moment,
        serial=serial,
        platform="ios" if serial is not None else None,
        legal_hold=False,
        enrolled=True,
    )  # fmt: skip
    keys = {} if hardware is None else {7: device_binding(KEY, hardware=hardware)}
    text = "".join(write_csv((device,), keys))
    (found,), errors = read_csv(text.encode(), PLACE, ID_KEY)
    assert errors == ()
    new, is_ = found.new, device.registration
    assert (new.name, new.id, new.device_class, new.ownership) == (name, "local-7", "personal", "private")
    assert (new.holder, new.role, new.unit, new.since) == (is_.holder, is_.role, is_.unit, since)
    assert (new.serial, new.platform) == (serial, device.platform)
    assert (found.state, found.state_since, found.key) == (state, moment, keys.get(7))


def test_a_spreadsheets_own_csv_is_read(tmp_path: Path) -> None:
    (tmp_path / "desk.pub").write_bytes(KEY.pem())
    text = "\ufeffClass;Name;Key;Serial;Platform\r\nordinary;desk;desk.pub;;\r\nordinary;phone;;ab12;ios\r\n;;;;\r\n"
    (desk, phone), errors = read_csv(text.encode(), tmp_path / "r.csv", ID_KEY)
    assert errors == ()
    assert desk.key is not None
    assert (desk.place, desk.key.key, desk.new.id) == (2, KEY, None)
    assert (phone.place, phone.new.id) == (3, hardware_id(ID_KEY, "ios", "AB12"))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a,odd,,,,", "r.csv, line 2: class: 'odd'; expected one of ordinary, personal, social-dedicated"),
        ("a,,,,,", "r.csv, line 2: no `class`; expected a value"),
        (",ordinary,,,,", "r.csv, line 2: no `name`; expected a value"),
        ("a,ordinary,soon,,,", "r.csv, line 2: since: 'soon'; expected a day like 2026-11-22"),
        ("a,ordinary,,S,,", "r.csv, line 2: a serial or a platform alone; expected both, or neither"),
        ("a,ordinary,,,vax,", "r.csv, line 2: platform: 'vax'; expected one of linux, macos, windows, android, ios"),
        ("a,ordinary,,,,none.pub", "r.csv, line 2: key: `none.pub`: No such file or directory; expected a public key"),
        ("a,ordinary,,,,spki:Zm9v", "r.csv, line 2: key: a public key of another type"),
        ("a,ordinary,,,,a\x00b", "r.csv, line 2: key: `a\x00b`: no file can be called so"),
        ("a,ordinary", "r.csv, line 2: 2 cells; expected 6, one for each column"),
        ('a,"ordinary', "r.csv, line 2: unexpected end of data; expected CSV (RFC 4180)"),
        ('a,"x"y,,,,', "r.csv, line 2: ',' expected after '\"'; expected CSV (RFC 4180)"),
        ("a,ordinary,,,," + "x" * 140_000, "r.csv, line 2: field larger than field limit"),
    ],
)
def test_a_bad_row_is_pointed_at(row: str, told: str) -> None:
    (error,) = read(f"name,class,since,serial,platform,key\n{row}\n")
    assert error.startswith(told)


def test_every_bad_row_is_told_and_the_good_ones_are_read() -> None:
    found, errors = read_csv(b"name,class,hardware\na,odd,\nb,ordinary,\nc,ordinary,true\n", PLACE, ID_KEY)
    assert [one.new.name for one in found] == ["b"]
    assert [one.where for one in errors] == ["r.csv, line 2: class", "r.csv, line 4: hardware"]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "an empty file"),
        (b"name\n", "no column `class`"),
        (b"name,klass\n", "unknown column `klass`; expected columns of"),
        (b"name,class,name\n", "column `name` twice"),
        (b"name,class\n\xff,ordinary\n", "line 2: a byte that is not UTF-8"),
    ],
)
def test_another_table_is_refused_as_a_whole(raw: bytes, told: str) -> None:
    with pytest.raises(RegisterError) as caught:
        read_csv(raw, PLACE, ID_KEY)
    assert told in str(caught.value)


def test_no_cell_of_an_export_is_a_formula() -> None:
    registration = Registration(name="=1+1", id="x", device_class="ordinary", holder="@SUM(A1)", unit="-1", role="+1")
    device = RegisteredDevice(
        no=1, registration=registration, state="active", state_since=None, serial=None, platform=None,
        legal_hold=False, enrolled=False,
    )  # fmt: skip
    assert "'=1+1,ordinary,organisation,'@SUM(A1),'+1,'-1," in "".join(write_csv((device,), {}))


def test_a_key_in_a_cell_is_a_word() -> None:
    (found,), errors = read_csv(f"name,class,key,id\na,ordinary,{spell_key(KEY)},x-1\n".encode(), PLACE, ID_KEY)
    assert errors == ()
    assert (found.key, found.new.id) == (device_binding(KEY, hardware=False), "x-1")
