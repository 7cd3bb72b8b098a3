import pytest

from setapart_agent.collectors.macos.parse.cloud_folder import account_of


@pytest.mark.parametrize(
    ("name", "kind", "domain", "host"),
    [
        ("GoogleDrive-ann@corp.example", "google-drive:files", "corp.example", None),
        ("Nextcloud-ann@cloud.corp.example", "nextcloud:files", None, "cloud.corp.example"),
        ("Nextcloud-a@x.example@cloud\u2024corp\u2024example", "nextcloud:files", None, "cloud.corp.example"),
        ("OneDrive-Personal", "onedrive:personal", None, "onedrive.live.com"),
        ("OneDrive-corp.example", "onedrive:files", None, "corp.example"),
        ("OneDrive-CorpInc", "onedrive:files", None, None),
        ("OneDrive-SharedLibraries-CorpInc", "onedrive:files", None, None),
        ("Dropbox", "dropbox:personal", None, "www.dropbox.com"),
        ("Dropbox-CorpInc", "dropbox:files", None, None),
        ("Box-Box", "box:files", None, None),
        ("pCloud", "cloud-storage:files", None, None),
    ],
)
def test_a_folder_tells_whose_files_it_holds(name: str, kind: str, domain: str | None, host: str | None) -> None:
    found = account_of(name, "501")
    assert found is not None
    assert (found.profile, found.type, found.services, found.domain, found.host) == (
        "501", kind, ("files",), domain, host,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", ".DS_Store", "-x"])
def test_what_no_provider_made_is_no_account(name: str) -> None:
    assert account_of(name, "501") is None


@pytest.mark.parametrize("name", ["GoogleDrive-", "Nextcloud-", "OneDrive-@", "Nextcloud-\udcff@\udcff", "a-" * 5000])
def test_odd_names_are_accounts_of_nobody(name: str) -> None:
    found = account_of(name, "501")
    assert found is not None
    assert found.domain is None
