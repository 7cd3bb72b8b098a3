import pytest

from setapart_agent.collectors.windows.parse import anyconnect_profile
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<AnyConnectProfile xmlns="http://schemas.xmlsoap.org/encoding/"><ClientInitialization/>
<ServerList>{entries}</ServerList></AnyConnectProfile>"""
ENTRY = "<HostEntry><HostName>{name}</HostName>{address}</HostEntry>"


def targets(*entries: str) -> list[str | None]:
    raw = PROFILE.format(entries="".join(entries)).encode()
    assert anyconnect_profile.recognise("x.xml", raw)
    return [link.target for link in anyconnect_profile.parse(FileSet(files={"main": raw})).links]


def test_each_gateway_is_a_link() -> None:
    address = "<HostAddress>{}</HostAddress>"
    assert targets(
        ENTRY.format(name="Agency", address=address.format("vpn.agency.example/group")),
        ENTRY.format(name="Backup", address=address.format("https://vpn2.agency.example")),
    ) == ["vpn.agency.example", "vpn2.agency.example"]


def test_a_name_may_be_the_address() -> None:
    assert targets(ENTRY.format(name="vpn.agency.example", address="")) == ["vpn.agency.example"]
    assert targets() == []


@pytest.mark.parametrize(
    "raw", [b"", b"<a/>", b"<AnyConnectProfile>", b"<!DOCTYPE a []><AnyConnectProfile/>", b"\xff\xfe<"]
)
def test_another_document_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        anyconnect_profile.parse(FileSet(files={"main": raw}))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("https://vpn.agency.example:443/IT", ["vpn.agency.example"]),
        ("vpn.agency.example", ["vpn.agency.example"]),
        ("The agency", [None]),
        ("", []),
    ],
)
@pytest.mark.parametrize("key", ["DefaultHostName", "DefaultHost"])  # the latter before AnyConnect 3
def test_the_gateway_that_was_used_last(key: str, name: str, expected: list[str | None]) -> None:
    raw = f"""<?xml version="1.0" encoding="UTF-8"?>
<AnyConnectPreferences><DefaultUser>ada</DefaultUser><{key}>{name}</{key}>
</AnyConnectPreferences>""".encode()
    assert anyconnect_profile.recognise("preferences.xml", raw)
    assert [link.target for link in anyconnect_profile.parse(FileSet(files={"main": raw})).links] == expected
