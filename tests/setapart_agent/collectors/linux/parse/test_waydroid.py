"""Android's list of packages in Waydroid."""

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import waydroid
from setapart_evidence.identifiers import keys_of

LINE = "com.zhiliaoapp.musically 10123 0 /data/user/0/com.zhiliaoapp.musically default:targetSdkVersion=33 3003 0 7\n"


def test_survives_hostile_files() -> None:
    assert_survives(waydroid, "packages.list", LINE.encode())


def test_a_package_answers_to_its_android_name() -> None:
    (app,) = parsed(waydroid, LINE).apps
    assert "android:com.zhiliaoapp.musically" in keys_of("linux", app)


def test_a_list_that_breaks_off_is_told() -> None:
    assert parsed(waydroid, LINE + LINE[:30]).coverage[0].status == "failed"
