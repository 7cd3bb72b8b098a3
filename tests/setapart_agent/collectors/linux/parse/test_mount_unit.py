from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import mount_unit
from setapart_agent.facts import Facts

UNIT = "[Unit]\nDescription=x\n[Mount]\nWhat=//files.corp.example/s\nWhere=/mnt/s\nType=cifs\n"


def test_the_server_of_a_unit() -> None:
    assert [link.target for link in parsed(mount_unit, UNIT).links] == ["files.corp.example"]


def test_a_local_mount_is_no_link() -> None:
    assert parsed(mount_unit, UNIT.replace("cifs", "ext4")) == Facts()


def test_broken_files_survive() -> None:
    assert_survives(mount_unit, "mnt-s.mount", UNIT.encode())
