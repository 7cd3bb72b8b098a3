import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.macos.parse import onedrive_settings

SETTINGS = (
    'libraryScope = 1 abc+1 5 "Ann" "Corp" 4 "https://Corp-my.sharepoint.com/personal/ann_corp_example" "x" 1\n'
    'libraryScope = 2 def+1 5 "Team" "Corp" 4 "https://corp.sharepoint.com/sites/team" "x" 1\n'
    'AddedScope = 3 "https://other.sharepoint.com/sites/x"\n'
)


@pytest.mark.parametrize("content", [SETTINGS.encode(), SETTINGS.encode("utf-16-le"), SETTINGS.encode("utf-16")])
def test_an_account_per_organisation(content: bytes) -> None:
    assert onedrive_settings.recognise("x/abc.ini", content)
    assert [(one.type, one.services, one.host) for one in parsed(onedrive_settings, content).accounts] == [
        ("onedrive:business", ("files",), "corp.sharepoint.com"),
        ("onedrive:business", ("files",), "other.sharepoint.com"),
    ]


def test_settings_without_libraries() -> None:
    assert parsed(onedrive_settings, "[Global]\nx = 1\n").accounts == ()
    assert not onedrive_settings.recognise("desktop.ini", b"[Global]\nx = 1\n")


def test_broken_files_end_in_facts() -> None:
    assert_survives(onedrive_settings, "abc.ini", SETTINGS.encode())
