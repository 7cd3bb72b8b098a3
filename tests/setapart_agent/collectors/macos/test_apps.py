import os
import struct
from pathlib import Path
from unittest import mock

import pytest

from macos_tree import TEAM, TREES, MacTree, info, macho, rows, universal, xml
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos import apps
from setapart_agent.collectors.macos.apps import Bundles
from setapart_agent.facts import Facts
from setapart_evidence.identifiers import keys_of
from setapart_evidence.model import App


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def found(facts: Facts) -> set[tuple[str, str, str]]:
    return {(app.profile, app.identifier, app.kind) for app in facts.apps}


def one(facts: Facts, identifier: str) -> App:
    (app,) = (app for app in facts.apps if app.identifier == identifier)
    return app


def test_bundles_of_the_system_and_of_a_user(mac: MacTree) -> None:
    mac.put("/Applications/Utilities/Tool.app", "org.example.Tool")
    mac.put("/Applications/Vendor/Suite.app", "org.example.Suite")
    mac.put("/Users/Shared/Shared.app", "org.example.Shared")
    mac.put("Applications/Own.app", "org.example.Own")
    facts = mac.collect(Bundles())
    assert found(facts) == {
        ("system", "com.apple.mail", "native"),
        ("system", "org.example.Example", "native"),
        ("system", "org.example.Tool", "native"),
        ("system", "org.example.Suite", "native"),
        ("system", "org.example.Shared", "native"),
        (mac.ann, "org.example.Own", "native"),
    }
    assert rows(facts) == {("apps", "system", "observed", None), ("apps", mac.ann, "observed", None)}


def test_an_app_that_was_left_in_downloads_is_known_by_its_bundle_too(mac: MacTree) -> None:
    mac.put("Downloads/Telegram.app", "ru.keepcoder.Telegram")
    mac.put("Desktop/new/TikTok.app", "com.example.other")
    facts = mac.collect(Bundles())
    telegram = one(facts, "ru.keepcoder.Telegram")
    assert (telegram.profile, telegram.kind) == (mac.ann, "portable")
    assert "macos:ru.keepcoder.telegram" in keys_of("macos", telegram)
    assert (mac.ann, "com.example.other", "portable") in found(facts)


def test_apps_in_folders_of_folders_and_in_hidden_ones(mac: MacTree) -> None:
    mac.put("/Applications/Vendor/Suite/Deep.app", "org.example.Deep")
    mac.put("Applications/.more/Hidden.app", "org.example.Hidden")
    assert {("system", "org.example.Deep", "native"), (mac.ann, "org.example.Hidden", "native")} <= found(
        mac.collect(Bundles())
    )


def test_an_app_in_documents_or_in_the_home_itself(mac: MacTree) -> None:
    mac.put("Documents/Telegram.app", "ru.keepcoder.Telegram")
    mac.put("TikTok.app", "com.zhiliaoapp.musically")
    assert {(mac.ann, "ru.keepcoder.Telegram", "portable"), (mac.ann, "com.zhiliaoapp.musically", "portable")} <= found(
        mac.collect(Bundles())
    )


def test_input_methods_are_apps(mac: MacTree) -> None:
    mac.put("/Library/Input Methods/Sogou.app", "com.sogou.inputmethod.sogou")
    mac.put("Library/Input Methods/Baidu.app", "com.baidu.inputmethod.BaiduIM")
    assert {
        ("system", "com.sogou.inputmethod.sogou", "native"),
        (mac.ann, "com.baidu.inputmethod.BaiduIM", "native"),
    } <= (found(mac.collect(Bundles())))


def test_an_app_that_homebrew_put_into_an_unusual_folder(mac: MacTree) -> None:
    mac.put("/opt/own/Telegram.app", "ru.keepcoder.Telegram")
    mac.write("/opt/homebrew/Caskroom/telegram/.metadata/INSTALL_RECEIPT.json", "{}")
    for version, target in (("11.0", "/opt/own/Telegram.app"), ("10.0", "/opt/gone/Telegram.app")):
        (mac.root / f"opt/homebrew/Caskroom/telegram/{version}").mkdir()
        (mac.root / f"opt/homebrew/Caskroom/telegram/{version}/Telegram.app").symlink_to(target)
    facts = mac.collect(Bundles())
    assert ("system", "ru.keepcoder.Telegram", "native") in found(facts)
    assert ("apps", "system", "observed", None) in rows(facts)


def test_a_bundle_that_lost_its_ending_is_an_app_still(mac: MacTree) -> None:
    mac.put("Downloads/Telegram", "ru.keepcoder.Telegram")
    mac.write("Downloads/book/Contents/chapter.txt", b"x")
    facts = mac.collect(Bundles())
    assert (mac.ann, "ru.keepcoder.Telegram", "portable") in found(facts)
    assert ("apps", mac.ann, "observed", None) in rows(facts)


@pytest.mark.needs("root")
@pytest.mark.parametrize("kind", TREES)
def test_a_link_to_the_folder_of_everybodys_apps_hides_nothing_and_any_other_may(
    tmp_path: Path, kind: type[Tree], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("Applications", "opt", "Desktop"):
        (tmp_path / folder).mkdir()
    os.chown(tmp_path / "Desktop", 501, -1)
    monkeypatch.setattr(apps, "_EVERYBODYS", (f"{tmp_path}/Applications",))
    search = apps.Search(Gathering(tree=kind("/"), owner=501))
    (tmp_path / "Desktop/Applications").symlink_to(tmp_path / "Applications")
    search.look((f"{tmp_path}/Desktop",))
    assert search.gathering.failures == []
    (tmp_path / "Desktop/more").symlink_to(tmp_path / "opt")
    search.look((f"{tmp_path}/Desktop",))
    assert search.gathering.failures == [Denied("a link to another owner's file")]


def test_the_team_that_signed_is_the_publisher(mac: MacTree) -> None:
    mac.put("/Applications/Uni.app", "org.example.Uni", universal(macho("ZYXWV98765")))
    facts = mac.collect(Bundles())
    assert one(facts, "org.example.Uni").publisher == "team:ZYXWV98765"
    assert one(facts, "org.example.Example").publisher == f"team:{TEAM}"
    assert one(facts, "com.apple.mail").publisher is None


def test_a_foreign_app_with_apples_name_shows_its_team(mac: MacTree) -> None:
    mac.put("/Applications/Notes.app", "com.apple.Notes")
    assert one(mac.collect(Bundles()), "com.apple.Notes").publisher == f"team:{TEAM}"


def test_an_app_of_a_phone_in_its_wrapper(mac: MacTree) -> None:
    mac.write("/Applications/TikTok.app/Wrapper/Runner.app/Info.plist", info("com.zhiliaoapp.musically"))
    mac.write("/Applications/TikTok.app/Wrapper/Runner.app/musically", macho(TEAM))
    mac.write("/Applications/TikTok.app/Wrapper/iTunesMetadata.plist", xml({}))
    app = one(mac.collect(Bundles()), "com.zhiliaoapp.musically")
    assert app.publisher == f"team:{TEAM}"
    assert "ios:com.zhiliaoapp.musically" in keys_of("macos", app)


def test_web_apps_of_chrome_and_safari_are_known_by_their_sites(mac: MacTree) -> None:
    mac.put(
        "Applications/Chrome Apps.localized/Telegram.app",
        "com.google.Chrome.app.x",
        CrAppModeShortcutID="x",
        CrAppModeShortcutURL="https://web.telegram.org/k/",
    )
    mac.put("Applications/TikTok.app", "com.apple.Safari.WebApp.1", Manifest={"start_url": "https://www.tiktok.com/"})
    facts = mac.collect(Bundles())
    assert {(mac.ann, "https://web.telegram.org", "web-app"), (mac.ann, "https://www.tiktok.com", "web-app")} <= found(
        facts
    )
    assert ("apps", mac.ann, "observed", None) in rows(facts)


def test_a_web_app_without_a_site_is_said(mac: MacTree) -> None:
    mac.put("Applications/X.app", "com.apple.Safari.WebApp.1")
    assert ("apps", mac.ann, "partial", "a web app whose site is not known") in rows(mac.collect(Bundles()))


@pytest.mark.parametrize("content", [b"", b"<plist>", b"bplist00\xff", xml({}), xml([])])
def test_a_broken_bundle_is_said_without_a_name_and_hides_no_other(mac: MacTree, content: bytes) -> None:
    mac.write("Applications/Anns Secret.app/Contents/Info.plist", content)
    mac.write("/Applications/Broken.app/Contents/Info.plist", content)
    mac.put("Applications/Own.app", "org.example.Own")
    facts = mac.collect(Bundles())
    assert (mac.ann, "org.example.Own", "native") in found(facts)
    assert ("system", "org.example.Example", "native") in found(facts)
    if content == xml({}):  # the folder still names it
        assert (mac.ann, "Anns Secret", "native") in found(facts)
        return
    failed = {(row.profile, row.status) for row in facts.coverage}
    assert failed == {("system", "failed"), (mac.ann, "failed")}
    for row in facts.coverage:
        assert "/" not in (row.reason or "")
        assert "Secret" not in (row.reason or "")


def test_a_bundle_with_a_program_and_no_info_is_said(mac: MacTree) -> None:
    mac.write("/Applications/Bare.app/Contents/MacOS/bare", macho(TEAM))
    mac.write("/Applications/Empty.app/.keep")
    mac.write("/Applications/File.app", b"an alias")
    assert rows(mac.collect(Bundles())) == {
        ("apps", "system", "failed", "app: a bundle without an Info.plist"),
        ("apps", mac.ann, "observed", None),
    }


def test_files_beside_apps_are_nothing(mac: MacTree) -> None:
    for name in ("a.dmg", "b.pdf", ".DS_Store"):
        mac.write(f"Downloads/{name}", b"x")
    assert ("apps", mac.ann, "observed", None) in rows(mac.collect(Bundles()))


def test_the_executable_of_a_bundle_can_not_lead_out_of_it(mac: MacTree) -> None:
    mac.write("/secret", macho("SECRET0000"))
    mac.write(
        "Applications/Evil.app/Contents/Info.plist",
        info("org.example.Evil", CFBundleExecutable="../../../../../secret"),
    )
    assert one(mac.collect(Bundles()), "org.example.Evil").publisher is None


def test_a_program_with_a_made_up_offset_hides_no_other(mac: MacTree) -> None:
    head = struct.pack(">IIIIQQI", 0xCAFEBABF, 1, 7, 3, 2**64 - 1, 1, 0) + bytes(64)
    mac.put("Applications/Evil.app", "org.example.Evil", head)
    facts = mac.collect(Bundles())
    assert one(facts, "org.example.Evil").publisher is None
    assert one(facts, "org.example.Example").publisher == f"team:{TEAM}"


def test_receipts_are_traces_of_what_is_gone(mac: MacTree) -> None:
    for name in ("org.example.Example", "ru.keepcoder.Telegram"):
        mac.write(f"/private/var/db/receipts/{name}.plist", xml({"PackageIdentifier": name, "PackageVersion": "1"}))
    mac.write("/private/var/db/receipts/x.bom", b"BOMStore")
    mac.put("Applications/Own.app", "org.example.own")
    history = [{"displayName": "x", "displayVersion": "2", "packageIdentifiers": ["org.example.Own", "org.gone"]}]
    mac.write("/Library/Receipts/InstallHistory.plist", xml(history))
    facts = mac.collect(Bundles())
    assert {app.identifier for app in facts.apps if app.state == "removed-trace"} == {
        "ru.keepcoder.Telegram",
        "org.gone",
    }
    assert one(facts, "org.example.Example").state == "installed"


def test_a_broken_receipt_is_said(mac: MacTree) -> None:
    mac.write("/private/var/db/receipts/x.plist", b"bplist00")
    assert {row[2] for row in rows(mac.collect(Bundles())) if row[1] == "system"} == {"failed"}


def test_a_home_that_is_not_seen_is_said_and_not_touched(mac: MacTree) -> None:
    mac.put("Applications/Own.app", "org.example.Own")
    mac.unseen = Denied("the home is not mounted")
    facts = mac.collect(Bundles())
    assert ("apps", mac.ann, "denied", "the home is not mounted") in rows(facts)
    assert mac.ann not in {app.profile for app in facts.apps}


@pytest.mark.parametrize("folder", ["Downloads", "Applications"])
def test_a_folder_that_the_system_protects_is_said(mac: MacTree, folder: str) -> None:
    with mock.patch.object(mac.kind, "entries", _refusing(f"/Users/ann/{folder}", mac.kind.entries)):
        assert ("apps", mac.ann, "denied", "app: permission denied") in rows(mac.collect(Bundles()))


def _refusing(path: str, entries: object) -> object:
    def wrapped(tree: Tree, asked: str, owner: int | None = None) -> object:
        return Denied("permission denied") if asked == path else entries(tree, asked, owner)  # type: ignore[operator]

    return wrapped


def test_a_volume_without_the_system_is_seen_in_part(mac: MacTree) -> None:
    (mac.root / "System/Library/CoreServices/SystemVersion.plist").unlink()
    assert ("apps", "system", "partial", "the volume of the system itself is not here") in rows(mac.collect(Bundles()))


def test_a_system_without_its_data_is_said(mac: MacTree) -> None:
    (mac.root / "Applications").rename(mac.root / "elsewhere")
    assert ("apps", "system", "failed", "app: the folder of apps is not there") in rows(mac.collect(Bundles()))


def test_more_bundles_than_are_looked_at_is_said(mac: MacTree) -> None:
    for number in range(4):
        mac.put(f"/Applications/{number}.app", f"org.example.n{number}")
    with mock.patch.object(apps, "_MOST_BUNDLES", 3):
        assert ("apps", "system", "failed", "app: more than 3 bundles") in rows(mac.collect(Bundles()))


def test_folders_are_counted_and_not_files(mac: MacTree) -> None:
    for number in range(6):
        mac.write(f"Downloads/{number}.pdf", b"x")
    with mock.patch.object(apps, "_MOST_FOLDERS", 5):
        assert ("apps", mac.ann, "observed", None) in rows(mac.collect(Bundles()))
    for number in range(6):
        mac.write(f"Downloads/d{number}/x.pdf", b"x")
    with mock.patch.object(apps, "_MOST_FOLDERS", 5):
        assert ("apps", mac.ann, "failed", "app: more than 5 folders") in rows(mac.collect(Bundles()))
