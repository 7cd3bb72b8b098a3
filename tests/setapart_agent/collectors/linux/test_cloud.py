from importlib import import_module
from pathlib import Path

import pytest

from account_tree import LinuxTree, rows
from setapart_agent.collectors.desktop.host import DesktopCollector
from setapart_agent.collectors.linux import cloud, directory, groupware, mail
from setapart_agent.collectors.linux.cloud import CloudStorage


@pytest.fixture
def ada(tmp_path: Path) -> LinuxTree:
    return LinuxTree(tmp_path)


def test_accounts_of_clients(ada: LinuxTree) -> None:
    ada.write(".config/Nextcloud/nextcloud.cfg", "[Accounts]\n0\\url=https://cloud.corp.example\n0\\dav_user=ada\n")
    ada.write(".config/rclone/rclone.conf", "[x]\ntype = sftp\nhost = files.corp.example\n")
    ada.write(".config/onedrive/refresh_token", "secret")
    ada.write(".config/onedrive/config", 'azure_tenant_id = "corp.example"\n')
    ada.write(".config/onedrive-two/refresh_token", "secret")
    accounts = ada.collect(CloudStorage()).accounts
    assert {(one.type, one.host, one.tenant) for one in accounts} == {
        ("nextcloud:webdav", "cloud.corp.example", None),
        ("rclone:sftp", "files.corp.example", None),
        ("onedrive:graph", None, "corp.example"),
        ("onedrive:graph", None, None),
    }


def test_a_client_that_nobody_signed_in_with_has_no_account(ada: LinuxTree) -> None:
    ada.write(".config/onedrive/config", 'sync_dir = "~/x"\n')
    facts = ada.collect(CloudStorage())
    assert facts.accounts == ()
    assert rows(facts) == {("accounts", ada.ada, "observed", None), ("accounts", "system", "observed", None)}


def test_encrypted_settings_are_not_seen(ada: LinuxTree) -> None:
    ada.write(".config/rclone/rclone.conf", "# Encrypted\nRCLONE_ENCRYPT_V0:\nAAAA")
    assert ("accounts", ada.ada, "failed", "rclone: encrypted settings") in rows(ada.collect(CloudStorage()))


@pytest.mark.parametrize(
    "collector", [one for module in (cloud, directory, groupware, mail) for one in module.COLLECTORS]
)
def test_every_module_that_a_collector_declares_exists(collector: DesktopCollector) -> None:
    for name in collector.info.modules:
        assert import_module(name)
