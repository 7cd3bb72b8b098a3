import json

import pytest

from setapart_agent.collectors.android.parse import androidqf_packages as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

DIGEST = "ab" * 32


def entry(name: str = "com.example.a", **changes: object) -> dict[str, object]:
    file = {
        "path": "/data/app/x/base.apk",
        "verified_certificate": True,
        "certificate": {"Md5": "", "Sha256": DIGEST, "SerialNumber": 2**70},
        "certificate_error": "",
    }
    found: dict[str, object] = {"name": name, "files": [file], "installer": "null", "uid": 10123, "disabled": False}
    return found | {"system": False, "third_party": True} | changes


def read(*entries: object) -> parser.QfPackages:
    return parser.read(json.dumps(entries).encode())


def test_name_user_state_and_certificate() -> None:
    found = parser.parse(
        FileSet(files={"main": json.dumps([entry(), entry("com.b", uid=1010123, disabled=True)]).encode()})
    )
    assert [(app.identifier, app.profile, app.state, app.publisher) for app in found.apps] == [
        ("com.example.a", "0", "installed", f"sha256:{DIGEST}"),
        ("com.b", "10", "disabled", f"sha256:{DIGEST}"),
    ]
    assert [(row.profile, row.status) for row in found.coverage] == [("0", "observed"), ("10", "observed")]


@pytest.mark.parametrize(
    "file",
    [
        {"verified_certificate": False, "certificate": {"Sha256": DIGEST}},
        {"verified_certificate": True, "certificate": {"Sha256": ""}},
        {"verified_certificate": True, "certificate": {"Sha256": "zz" * 32}},
        {"verified_certificate": True, "certificate": {}},
        {"path": "/x"},
    ],
)
def test_only_a_verified_certificate_is_a_publisher(file: dict[str, object]) -> None:
    assert read(entry(files=[file])).packages[0].publisher is None


def test_what_is_only_in_the_list_with_removed_ones_is_a_trace() -> None:
    assert read(entry(), entry("com.gone", third_party=False, files=[])).packages[1].state == "removed-trace"


def test_nothing_is_a_trace_where_nothing_was_marked() -> None:
    assert [one.state for one in read(entry(third_party=False, files=[])).packages] == ["installed"]


def test_a_package_of_several_users_is_not_put_down_to_one() -> None:
    listed = read(entry(uid=0))
    assert listed.packages[0].user is None
    assert listed.damage is not None


def test_a_broken_entry_is_damage_and_not_the_end() -> None:
    listed = read(entry(), {"name": 7}, "text", {"name": "../../x"})
    assert len(listed.packages) == 1
    assert listed.damage == "3 entries are broken"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"[1]", b"\xff", b"[" * 100_000, b"[" + b'{"name":' * 5000])
def test_what_is_no_list_of_packages_is_an_error_of_ours(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parser.read(raw)


def test_recognised_by_content() -> None:
    assert parser.recognise("packages.json", json.dumps([entry()]).encode())
    assert not parser.recognise("packages.json", b'{"installer": 1}')
