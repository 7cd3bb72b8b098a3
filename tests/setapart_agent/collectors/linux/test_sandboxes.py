"""Flatpak, snaps and Waydroid."""

import os
from pathlib import Path

from linux_tree import host_of, plant, rows
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.linux.sandboxes import Flatpaks, Snaps, Waydroid
from setapart_agent.facts import Facts

ME = str(os.geteuid())
METAINFO = (
    "<component><id>org.telegram.desktop</id><name>Telegram</name>"
    "<releases><release version='4.8'/></releases></component>"
)
SHARE = "var/lib/flatpak/app/org.telegram.desktop/x86_64/stable/abc123/files/share"


def deploy(root: Path, installation: str, app: str) -> None:
    branch = root / installation / "app" / app / "x86_64/stable"
    plant(branch, {"abc123/metadata": f"[Application]\nname={app}\n"})
    (branch / "active").symlink_to("abc123")
    (branch.parent.parent / "current").symlink_to("x86_64/stable")


def apps(facts: Facts) -> set[tuple[str, str, str]]:
    return {(app.profile, app.identifier, app.state) for app in facts.apps}


def test_flatpaks_of_the_system_of_users_and_of_custom_installations(tmp_path: Path) -> None:
    deploy(tmp_path, "var/lib/flatpak", "org.telegram.desktop")
    deploy(tmp_path, "srv/extra", "org.gimp.GIMP")
    deploy(tmp_path, "home/ann/.local/share/flatpak", "com.x.Y")
    plant(
        tmp_path,
        {
            "etc/flatpak/installations.d/extra.conf": '[Installation "extra"]\nPath=/srv/extra\n',
            f"{SHARE}/metainfo/org.telegram.desktop.metainfo.xml": METAINFO,
            "var/lib/flatpak/app/stray-file": "",
        },
    )
    facts = Flatpaks().collect(host_of(tmp_path))
    assert apps(facts) == {
        ("system", "org.telegram.desktop", "installed"),
        ("system", "org.gimp.GIMP", "installed"),
        (ME, "com.x.Y", "installed"),
    }
    assert rows(facts) == {("apps", "system", "observed", None), ("apps", ME, "observed", None)}
    assert [(app.name, app.version) for app in facts.apps if app.identifier == "org.telegram.desktop"] == [
        ("Telegram", "4.8")
    ]


def test_data_of_a_flatpak_that_is_gone_is_a_trace(tmp_path: Path) -> None:
    deploy(tmp_path, "var/lib/flatpak", "org.gimp.GIMP")
    plant(tmp_path, {"home/ann/.var/app/org.gimp.GIMP/x": "", "home/ann/.var/app/org.telegram.desktop/x": ""})
    facts = Flatpaks().collect(host_of(tmp_path))
    assert apps(facts) == {("system", "org.gimp.GIMP", "installed"), (ME, "org.telegram.desktop", "removed-trace")}


def test_without_flatpak_only_users_have_rows(tmp_path: Path) -> None:
    ben = User(uid=1001, name="ben", home="/home/ben", unseen=Denied("encrypted"))
    host = host_of(tmp_path, User(uid=1000, name="ann", home="/home/ann"), ben)
    assert rows(Flatpaks().collect(host)) == {
        ("apps", "1000", "observed", None),
        ("apps", "1001", "denied", "encrypted"),
    }


def test_a_broken_file_of_installations_is_told(tmp_path: Path) -> None:
    plant(tmp_path, {"etc/flatpak/installations.d/x.conf": "nonsense"})
    assert ("apps", "system", "failed", "flatpak: no section") in rows(Flatpaks().collect(host_of(tmp_path)))


def test_snaps_that_are_mounted_and_snaps_that_lie_there(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "snap/telegram-desktop/5000/meta/snap.yaml": "name: telegram-desktop\nversion: '4.8'\n",
            "snap/bin/telegram-desktop": "",
            "var/lib/snapd/snaps/telegram-desktop_5000.snap": "",
            "var/lib/snapd/snaps/signal_two_7.snap": "",
            "var/lib/snapd/snaps/partial/x": "",
        },
    )
    (tmp_path / "snap/telegram-desktop/current").symlink_to("5000")
    facts = Snaps().collect(host_of(tmp_path))
    assert apps(facts) == {("system", "telegram-desktop", "installed"), ("system", "signal", "installed")}
    assert rows(facts) == {("apps", "system", "observed", None)}


def test_a_snap_that_cannot_be_understood_is_told(tmp_path: Path) -> None:
    plant(tmp_path, {"snap/x/current/meta/snap.yaml": "\x00\x01"})
    assert {row[2] for row in rows(Snaps().collect(host_of(tmp_path)))} == {"failed"}


def test_no_snapd_no_row(tmp_path: Path) -> None:
    assert Snaps().collect(host_of(tmp_path)) == Facts()


def test_waydroid_is_not_applicable_where_it_is_not_set_up(tmp_path: Path) -> None:
    assert Waydroid().collect(host_of(tmp_path)) == Facts()


def test_waydroids_android_apps(tmp_path: Path) -> None:
    line = "com.zhiliaoapp.musically 10123 0 /data/user/0/com.zhiliaoapp.musically default 3003\n"
    plant(
        tmp_path,
        {"var/lib/waydroid/waydroid.cfg": "", "home/ann/.local/share/waydroid/data/system/packages.list": line},
    )
    facts = Waydroid().collect(host_of(tmp_path))
    assert apps(facts) == {(ME, "waydroid.com.zhiliaoapp.musically.desktop", "installed")}
    assert rows(facts) == {("apps", ME, "observed", None)}


def test_android_data_without_a_readable_list_is_denied(tmp_path: Path) -> None:
    plant(tmp_path, {"var/lib/waydroid/waydroid.cfg": "", "home/ann/.local/share/waydroid/data/x": ""})
    facts = Waydroid().collect(host_of(tmp_path))
    assert rows(facts) == {("apps", ME, "denied", "waydroid: no list of packages in Android's data")}
