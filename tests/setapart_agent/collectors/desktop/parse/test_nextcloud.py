from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import nextcloud

CONFIG = r"""[General]
clientVersion=3.13.0
[Accounts]
version=2
0\url=https://cloud.corp.example
0\dav_user=ada@corp.example
0\Folders\1\localPath=/home/ada/Nextcloud/
1\url=https://cloud.home.example/nc
1\http_user=ada
"""


def test_each_account() -> None:
    assert [(one.type, one.services, one.host, one.domain) for one in parsed(nextcloud, CONFIG).accounts] == [
        ("nextcloud:webdav", ("files",), "cloud.corp.example", "corp.example"),
        ("nextcloud:webdav", ("files",), "cloud.home.example", None),
    ]


def test_owncloud_is_told_by_its_path() -> None:
    accounts = parsed(nextcloud, CONFIG, "/home/ada/.config/ownCloud/owncloud.cfg").accounts
    assert {one.client for one in accounts} == {"owncloud"}


def test_broken_files_survive() -> None:
    assert_survives(nextcloud, "nextcloud.cfg", CONFIG.encode())
