import pytest

from setapart_agent.collectors.android.parse import dumpsys_device_policy as parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

MANAGED = """Current Device Policy Manager state:
  Device Owner:
    admin=ComponentInfo{com.example.mdm/com.example.mdm.Admin}
    name=
    package=com.example.mdm
    canAccessDeviceIds=true
    User ID: 0

  Profile Owner (User 10):
    admin=ComponentInfo{com.example.work/.Admin}
    name=Work
    package=com.example.work

  Enabled Device Admins (User 0, provisioningState: 3):
    com.example.finder/.Admin:
      uid=10200
      mAlwaysOnVpnPackage=null
  Enabled Device Admins (User 10, provisioningState: 3):
    com.example.work/.Admin:
      admin=ComponentInfo{com.example.work/.Admin}
      mAlwaysOnVpnPackage=com.example.vpn
      mAlwaysOnVpnLockdown=true
"""
NOBODY = "Current Device Policy Manager state:\n  Enabled Device Admins (User 0, provisioningState: 0):\n"


def links(output: str) -> list[tuple[str, str | None, str]]:
    found = parser.parse(FileSet(files={"main": output.encode()})).links
    return [(link.kind, link.target, link.profile) for link in found]


def test_owners_and_always_on_vpn_by_user() -> None:
    assert links(MANAGED) == [("mdm", "com.example.mdm", "0"), ("mdm", "com.example.work", "10"), ("vpn", None, "10")]
    assert parser.read(MANAGED).damage is None


def test_a_device_owner_of_another_user() -> None:
    assert links(MANAGED.replace("User ID: 0", "User ID: 12"))[0] == ("mdm", "com.example.mdm", "12")


def test_android_6_names_owners_without_a_class_or_a_user() -> None:
    output = (
        "Current Device Policy Manager state:\n  Device Owner: \n    admin=ComponentInfo{com.example.mdm/}\n"
        "    name=MDM\n\n"
        "  Profile Owner (User 10): \n    admin=ComponentInfo{com.example.work/.Admin}\n    name=Work\n\n"
        "  Enabled Device Admins (User 0):\n"
    )
    assert links(output) == [("mdm", "com.example.mdm", "0"), ("mdm", "com.example.work", "10")]


def test_an_admin_that_owns_nothing_is_no_manager() -> None:
    assert (
        links(NOBODY + "    com.example.finder/.Admin:\n      admin=ComponentInfo{com.example.finder/.Admin}\n") == []
    )


@pytest.mark.parametrize("cut", ["    admin=ComponentInfo{com.example.mdm", "  Enabled Device Admins (User 0"])
def test_a_dump_that_is_cut_off_is_doubtful(cut: str) -> None:
    assert parser.read(MANAGED[: MANAGED.index(cut)]).damage is not None


def test_android_2_3() -> None:
    assert (
        parser.read("Current Device Policy Manager state:\r\n  Enabled Device Admins:\r\n".replace("\r", "")).damage
        is None
    )


@pytest.mark.parametrize("output", ["", "Can't find service: device_policy\n"])
def test_another_shape_is_an_error_of_ours(output: str) -> None:
    with pytest.raises(ParseError):
        parser.read(output)
