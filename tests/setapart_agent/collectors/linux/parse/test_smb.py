from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import smb

CONFIG = """[global]
   WorkGroup = CORP
   Security = {}
   realm = CORP.EXAMPLE
[homes]
   browseable = no
"""


def test_a_member_of_a_domain() -> None:
    assert [link.target for link in parsed(smb, CONFIG.format("ADS")).links] == ["corp.example"]
    without = CONFIG.format("domain").replace("   realm = CORP.EXAMPLE\n", "")
    assert [link.target for link in parsed(smb, without).links] == ["CORP"]
    role = CONFIG.format("auto") + "[global]\nserver role = member server\n"
    assert [link.target for link in parsed(smb, role).links] == ["corp.example"]


def test_a_machine_on_its_own_is_joined_to_nothing() -> None:
    assert parsed(smb, CONFIG.format("user")).links == ()
    assert parsed(smb, "[global]\nworkgroup = WORKGROUP\nserver role = standalone server\n").links == ()


def test_broken_files_survive() -> None:
    assert_survives(smb, "smb.conf", CONFIG.format("ads").encode())
