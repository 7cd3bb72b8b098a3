"""Desktop entries of all places."""

import os
from pathlib import Path

from leveldb_maker import log, web_app
from linux_tree import found, host_of, plant, rows
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.linux.desktop import DesktopEntries

ME = str(os.geteuid())
APP_ID = "abcdefghijklmnopabcdefghijklmnop"
TELEGRAM = "[Desktop Entry]\nName=Telegram\nType=Application\nExec=telegram-desktop -- %u\n"
PWA = f"[Desktop Entry]\nName=TikTok\nType=Application\nExec=/opt/google/chrome/google-chrome --app-id={APP_ID}\n"
ENTRY = "org.telegram.desktop.desktop"


def test_entries_of_the_system_and_of_users(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            f"usr/share/applications/{ENTRY}": TELEGRAM,
            "var/lib/snapd/desktop/applications/a_a.desktop": TELEGRAM,
            "home/ann/.local/share/applications/wine/Programs/T.desktop": TELEGRAM,
            "home/ann/.config/autostart/auto.desktop": TELEGRAM,
            "home/ann/.config/user-dirs.dirs": 'XDG_DESKTOP_DIR="$HOME/Schreibtisch"\n',
            "home/ann/Schreibtisch/d.desktop": TELEGRAM,
            "home/ann/.local/share/applications/broken.desktop": "no entry",
            "home/ann/.local/share/applications/mimeinfo.cache": "x",
        },
    )
    facts = DesktopEntries().collect(host_of(tmp_path))
    assert found(facts) == {
        ("system", "native", ENTRY),
        ("system", "native", "a_a.desktop"),
        (ME, "native", "wine-Programs-T.desktop"),
        (ME, "native", "auto.desktop"),
        (ME, "native", "d.desktop"),
    }
    assert rows(facts) == {("apps", "system", "observed", None), ("apps", ME, "observed", None)}


def test_a_web_app_gets_its_site_from_the_browsers_profile(tmp_path: Path) -> None:
    database = log([(b"web_apps-dt-" + APP_ID.encode(), web_app(b"https://www.tiktok.com/?x", b"TikTok"))])
    plant(
        tmp_path,
        {
            f"home/ann/.local/share/applications/chrome-{APP_ID}-Default.desktop": PWA,
            "home/ann/.config/google-chrome/Default/Preferences": "{}",
            "home/ann/.config/google-chrome/Default/Sync Data/LevelDB/000003.log": database,
        },
    )
    facts = DesktopEntries().collect(host_of(tmp_path))
    assert found(facts) == {(ME, "web-app", "https://www.tiktok.com")}
    assert ("apps", ME, "observed", None) in rows(facts)


def test_a_web_app_that_no_browser_knows_is_told(tmp_path: Path) -> None:
    plant(tmp_path, {"home/ann/.local/share/applications/x.desktop": PWA})
    facts = DesktopEntries().collect(host_of(tmp_path))
    assert found(facts) == {(ME, "web-app", APP_ID)}
    assert ("apps", ME, "partial", "web app of unknown origin") in rows(facts)


def test_a_home_that_is_not_seen(tmp_path: Path) -> None:
    facts = DesktopEntries().collect(host_of(tmp_path, User(uid=5, name="x", home="/x", unseen=Denied("locked"))))
    assert rows(facts) == {("apps", "system", "observed", None), ("apps", "5", "denied", "locked")}
