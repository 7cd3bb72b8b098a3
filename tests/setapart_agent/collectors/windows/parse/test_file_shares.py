import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.windows.parse.file_shares import read_shares, read_work_folders, server_of
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


PARTNERSHIPS = r"Local Settings\Software\Microsoft\Windows\CurrentVersion\WorkFolders"


def work_folders(classes: object, policy: object = None) -> list[str | None]:
    reading = Reading("S-1")
    software = at(r"Policies\Microsoft\Windows\WorkFolders", policy or {})
    read_work_folders(reading, key_of(software), key_of(at(PARTNERSHIPS, classes or {})))
    assert {(link.kind, link.profile) for link in reading.links} <= {("file-share", "S-1")}
    return [link.target for link in reading.links]


def test_work_folders_that_are_set_up_are_a_link_whether_they_name_their_server_or_not() -> None:
    named = {"LocalFolder": r"C:\Users\ada\Work Folders", "SyncUrl": "https://sync.agency.example/sync"}
    partnerships = {"Microsoft.SyncShare.UserData": named, "x": {"LocalFolder": r"C:\Users\ada\x"}}
    assert work_folders({"Partnership": partnerships}) == ["sync.agency.example", None]


def test_work_folders_that_a_policy_sets_up_are_a_link() -> None:
    assert work_folders({}, {"SyncUrl": "https://sync.agency.example"}) == ["sync.agency.example"]


def test_the_key_that_every_user_has_is_no_work_folder() -> None:
    assert work_folders({}, {"AutoProvision": 0}) == []
