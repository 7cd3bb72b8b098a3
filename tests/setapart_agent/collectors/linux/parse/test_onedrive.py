from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import onedrive


def test_a_tenant_is_named_only_if_it_is_an_organisations() -> None:
    contents = (
        'sync_dir = "~/OneDrive"\nazure_tenant_id = "Corp.onmicrosoft.com"\n',
        'azure_tenant_id = "common"\n',
        "",
    )
    assert [parsed(onedrive, content).accounts[0].tenant for content in contents] == [
        "corp.onmicrosoft.com",
        None,
        None,
    ]
    assert parsed(onedrive, "").accounts[0].services == ("files",)


def test_broken_files_survive() -> None:
    assert_survives(onedrive, "config", b'sync_dir = "~/OneDrive"\nazure_tenant_id = "x"\n')
