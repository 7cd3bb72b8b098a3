import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import rclone
from setapart_agent.errors import ParseError

CONFIG = """[work]
type = webdav
url = https://cloud.corp.example/remote.php/dav
user = ada@corp.example
[secret]
type = crypt
remote = work:x
[od]
type = onedrive
tenant = CORP
[box]
type = sftp
host = files.corp.example
"""


def test_each_remote_and_no_wrapper() -> None:
    assert [(one.type, one.host, one.domain, one.tenant) for one in parsed(rclone, CONFIG).accounts] == [
        ("rclone:webdav", "cloud.corp.example", "corp.example", None),
        ("rclone:onedrive", None, None, "corp"),
        ("rclone:sftp", "files.corp.example", None, None),
    ]


def test_an_encrypted_file_is_not_seen_and_not_empty() -> None:
    with pytest.raises(ParseError):
        parsed(rclone, "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nAAAA\n")


def test_broken_files_survive() -> None:
    assert_survives(rclone, "rclone.conf", CONFIG.encode())
