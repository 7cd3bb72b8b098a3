import pytest

from setapart_agent.collectors.windows.parse import pulse_store
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

HEAD = ";\n; C:\\ProgramData\\Pulse Secure\\ConnectionStore\\connstore.dat\n;\n\n"
WORK = 'ive "1a" {\n  connection-source: "user"\n  friendly-name: "Work"\n  uri: "https://vpn.agency.example/IT"\n}\n'
OTHER = 'ive "2b" {\n  friendly-name: "Other"\n}\n'
MACHINE = 'machine "local" {\n  guid: "x"\n  uri: "https://no.connection.example"\n}\n'


def targets(content: str) -> list[str | None]:
    return [link.target for link in pulse_store.parse(FileSet(files={"main": content.encode()})).links]


def test_each_connection_is_a_link_and_the_machine_is_none() -> None:
    assert targets(HEAD + WORK + MACHINE) == ["vpn.agency.example"]
    assert targets(HEAD + WORK + OTHER) == ["vpn.agency.example", None]


@pytest.mark.parametrize("content", ["", HEAD, HEAD + MACHINE])
def test_a_store_without_connections_is_no_tie(content: str) -> None:
    assert targets(content) == []


def test_another_file_is_refused() -> None:
    assert not pulse_store.recognise("connstore.dat", b"<x/>")
    assert pulse_store.recognise("x", (HEAD + WORK).encode())
    with pytest.raises(ParseError):
        targets("<x/>")
