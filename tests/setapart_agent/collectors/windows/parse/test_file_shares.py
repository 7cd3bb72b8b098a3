import pytest

from registry_maker import key_of
from setapart_agent.collectors.windows.parse.file_shares import read_shares, server_of
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_evidence.model import Link


@pytest.mark.parametrize(
    ("path", "server"),
    [
        (r"\\Files.Agency.example\home", "files.agency.example"),
        (r"\\files@SSL\DavWWWRoot", "files"),
        (r"\\10.0.0.5", "10.0.0.5"),
        ("https://d.docs.example/x", "d.docs.example"),
        ("\\\\", None),
        ("C:\\x", None),
        (None, None),
    ],
)
def test_the_server_is_what_counts(path: str | None, server: str | None) -> None:
    assert server_of(path) == server


def test_each_mapped_drive_is_a_link() -> None:
    reading = Reading("S-1")
    read_shares(reading, key_of({"Network": {"Z": {"RemotePath": r"\\files.agency.example\a"}, "Y": {"x": 1}}}))
    assert reading.links == [Link(kind="file-share", target="files.agency.example", profile="S-1")]
