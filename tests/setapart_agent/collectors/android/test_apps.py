from android_transcripts import RecordedDevice, dumpsys_package, package_block, pm_packages
from apk_builder import CERTIFICATE, V2, apk, block, scheme, sha256
from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.apps import collect_apps, packages_of
from setapart_agent.collectors.android.source import pm_list_packages
from setapart_agent.collectors.base import Observed, Outcome
from setapart_agent.facts import Facts


class Apks(RecordedDevice):
    """A device whose APKs are all the same bytes."""

    apk = b""

    def size(self, path: str) -> Outcome[int]:
        return Observed(len(self.apk))

    def read_range(self, path: str, offset: int, length: int) -> Outcome[bytes]:
        return Observed(self.apk[offset : offset + length])


def collected(device: RecordedDevice, *users: str, api_level: int | None = 34) -> Facts:
    return collect_apps(device, users, packages_of(device), api_level)


def test_list_and_dump_are_one_app_with_what_each_knows() -> None:
    block = package_block("com.a", {0: ""}, version="3", permissions=["ACCESS_FINE_LOCATION"])
    device = RecordedDevice(
        {commands.DUMPSYS_PACKAGE: dumpsys_package([block]), pm_list_packages("0"): pm_packages(0, ["com.a"])}
    )
    apps = collected(device, "0").apps
    assert [(app.identifier, app.version, app.permissions, app.state) for app in apps] == [
        ("com.a", "3", ("location",), "installed")
    ]


def test_the_list_wins_where_the_dump_says_absent() -> None:
    block = package_block("com.a", {0: "installed=false ceDataInode=0"})
    device = RecordedDevice(
        {commands.DUMPSYS_PACKAGE: dumpsys_package([block]), pm_list_packages("0"): pm_packages(0, ["com.a"])}
    )
    assert [app.state for app in collected(device, "0").apps] == ["installed"]


def test_a_damaged_dump_with_a_refused_list_is_partial() -> None:
    dump = dumpsys_package([package_block("com.a", {0: ""})])
    device = RecordedDevice({commands.DUMPSYS_PACKAGE: dump[: dump.index("\nQueries")]})
    found = collected(device, "0")
    assert [app.identifier for app in found.apps] == ["com.a"]
    assert [row.status for row in found.coverage] == ["partial"]


def test_the_certificate_of_an_installed_apk_is_the_publisher() -> None:
    device = Apks({pm_list_packages("0"): pm_packages(0, ["com.a"])})
    device.apk = apk(block((V2, scheme(CERTIFICATE))))
    assert [app.publisher for app in collected(device, "0").apps] == [sha256(CERTIFICATE)]


def test_subsets_are_not_asked_for_where_the_list_is_refused() -> None:
    device = RecordedDevice({pm_list_packages("10"): "java.lang.SecurityException: no\n"})
    collected(device, "10")
    assert pm_list_packages("10", "disabled") not in device.asked


def test_no_user_is_named_to_android_before_users() -> None:
    listed = pm_packages(0, ["com.a"])
    device = RecordedDevice({pm_list_packages(None): listed, pm_list_packages(None, "with-removed"): listed})
    assert [row.status for row in collected(device, "0", api_level=16).coverage] == ["observed"]


def test_an_app_that_a_manager_hides_is_never_taken_for_one_that_is_gone() -> None:
    """Such an app is listed with `-u` alone, like one that left its data; the dump tells one from the other."""
    lists = {
        pm_list_packages("10"): pm_packages(10, ["android"]),
        pm_list_packages("10", "with-removed"): pm_packages(10, ["android", "com.a"]),
    }
    assert [row.status for row in collected(RecordedDevice(lists), "10").coverage] == ["partial"]
    dump = dumpsys_package([package_block("android", {10: ""}), package_block("com.a", {10: "hidden=true"})])
    found = collected(RecordedDevice({**lists, commands.DUMPSYS_PACKAGE: dump}), "10")
    assert ("com.a", "disabled") in [(app.identifier, app.state) for app in found.apps]
    assert [row.status for row in found.coverage] == ["observed"]
    del lists[pm_list_packages("10", "with-removed")]
    assert [row.status for row in collected(RecordedDevice(lists), "10").coverage] == ["partial"]
