import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, info, xml
from setapart_agent.collectors.macos.parse import info_plist
from setapart_agent.errors import ParseError
from setapart_evidence.identifiers import keys_of


@pytest.mark.parametrize("form", [xml, binary])
def test_an_app(form: object) -> None:
    values = {"CFBundleIdentifier": "ru.keepcoder.Telegram", "CFBundleName": "Telegram", "CFBundleVersion": "42"}
    (app,) = parsed(info_plist, form({**values, "CFBundleShortVersionString": "10.1"})).apps  # type: ignore[operator]
    assert (app.identifier, app.name, app.version, app.kind, app.source) == (
        "ru.keepcoder.Telegram", "Telegram", "10.1", "native", "bundle",
    )  # fmt: skip
    assert "macos:ru.keepcoder.telegram" in keys_of("macos", app)


def test_missing_versions_are_no_failure() -> None:
    (app,) = parsed(info_plist, xml({"CFBundleIdentifier": "org.example.x"})).apps
    assert (app.identifier, app.version, app.name) == ("org.example.x", None, None)
    (app,) = parsed(info_plist, xml({"CFBundleIdentifier": "org.example.x", "CFBundleVersion": "7"})).apps
    assert app.version == "7"


def test_the_folder_names_what_the_bundle_does_not() -> None:
    (app,) = parsed(
        info_plist, xml({"CFBundlePackageType": "APPL"}), "/Applications/Old Thing.app/Contents/Info.plist"
    ).apps
    assert (app.identifier, app.name) == ("Old Thing", "Old Thing")
    with pytest.raises(ParseError):
        parsed(info_plist, xml({"CFBundlePackageType": "APPL"}), "Info.plist")


@pytest.mark.parametrize(
    "values",
    [
        {"CrAppModeShortcutID": "a" * 32, "CrAppModeShortcutURL": "https://web.telegram.org/k/"},
        {
            "CFBundleIdentifier": "com.apple.Safari.WebApp.11",
            "Manifest": {"start_url": "https://web.telegram.org/a/"},
        },
    ],
)
def test_a_web_app_is_known_by_its_site(values: dict[str, object]) -> None:
    facts = parsed(info_plist, info("com.google.Chrome.app.x", **values))
    assert [(app.kind, app.identifier) for app in facts.apps] == [("web-app", "https://web.telegram.org")]
    assert "origin:telegram.org" in keys_of("macos", facts.apps[0])
    assert facts.coverage == ()


def test_a_web_app_that_hides_its_site_is_said() -> None:
    facts = parsed(info_plist, info("com.apple.Safari.WebApp.11"))
    assert [(row.section, row.status) for row in facts.coverage] == [("apps", "partial")]


@pytest.mark.parametrize("name", ["../../../etc/passwd", "a/b", ".", "..", ""])
def test_an_executable_outside_of_its_folder_is_none(name: str) -> None:
    assert info_plist.read(info("org.example.x", CFBundleExecutable=name)).executable is None


@pytest.mark.parametrize("value", [7, [], {}, b"x", True])
def test_values_of_odd_types_are_left_out(value: object) -> None:
    keys = ("CFBundleIdentifier", "CFBundleName", "CFBundleShortVersionString", "CFBundleVersion", "Manifest")
    content = xml({"CFBundleExecutable": "prog", **dict.fromkeys(keys, value)})
    (app,) = parsed(info_plist, content).apps
    assert (app.identifier, app.version) == ("prog", None)


def test_recognised_by_name_and_key_or_by_two_keys() -> None:
    assert info_plist.recognise("/x/Info.plist", xml({"CFBundleIdentifier": "x"}))
    assert info_plist.recognise("other.plist", info("org.example.x"))
    assert not info_plist.recognise("other.plist", xml({"CFBundleIdentifier": "x"}))
    assert not info_plist.recognise("Info.plist", xml({"Device Name": "phone"}))


def test_broken_files_end_in_our_error() -> None:
    assert_survives(info_plist, "Info.plist", info("org.example.x"))
    assert_survives(info_plist, "Info.plist", binary({"CFBundleIdentifier": "org.example.x", "CFBundleVersion": "1"}))
