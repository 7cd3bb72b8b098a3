from pathlib import Path

from setapart_agent.collectors.windows.cloud import CloudStorage
from windows_tree import ADA, WindowsTree, rows

NEXTCLOUD = "[Accounts]\n0\\url=https://files.agency.example\n0\\dav_user=ada\n0\\webflow_user=ada\n"


def test_clients_in_appdata(tmp_path: Path) -> None:
    windows = WindowsTree(tmp_path)
    windows.write("AppData/Roaming/Nextcloud/nextcloud.cfg", NEXTCLOUD)
    windows.write("AppData/Roaming/rclone/rclone.conf", "[x]\ntype = webdav\nurl = https://dav.agency.example/x\n")
    found = windows.collect(CloudStorage())
    assert {account.host for account in found.accounts} == {"files.agency.example", "dav.agency.example"}
    assert {account.profile for account in found.accounts} == {ADA}
    assert {row[2] for row in rows(found)} == {"observed"}
