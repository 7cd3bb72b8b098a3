"""Flatpak's files and listings."""

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import flatpak
from setapart_agent.errors import ParseError

METADATA = (
    "[Application]\nname=org.telegram.desktop\nruntime=org.kde.Platform/x86_64/6.5\n\n[Context]\nshared=network;\n"
)
LIST = "Telegram Desktop\torg.telegram.desktop\t4.8.1\tstable\tsystem\nGIMP\torg.gimp.GIMP\t2.10\tstable\tuser\n"
INFO = """
Telegram - Fast messaging: everywhere

          ID: org.telegram.desktop
         Ref: app/org.telegram.desktop/x86_64/stable
     Version: 4.8.1
Installation: user
     Subject: Version: 9 (deadbeef)
"""
XML = "<component type='desktop'><id>{}</id><name>N</name>{}</component>"


def one(content: str) -> tuple[str, str | None, str | None]:
    (app,) = parsed(flatpak, content).apps
    assert (app.source, app.kind, app.profile) == ("flatpak", "native", "1000")
    return app.identifier, app.name, app.version


@pytest.mark.parametrize("sample", [METADATA, LIST, INFO, XML.format("org.gimp.GIMP", "")], ids=str.split)
def test_survives_hostile_files(sample: str) -> None:
    assert_survives(flatpak, "metainfo.xml" if sample.startswith("<") else "sample", sample.encode())


def test_deployed_metadata() -> None:
    assert one(METADATA) == ("org.telegram.desktop", None, None)


def test_a_runtime_is_no_app() -> None:
    assert parsed(flatpak, "[Runtime]\nname=org.kde.Platform\nruntime=org.kde.Platform/x86_64/6.5\n").apps == ()


def test_info() -> None:
    assert one(INFO.replace(": everywhere", "")) == ("org.telegram.desktop", "Telegram", "4.8.1")
    assert parsed(flatpak, INFO.replace("app/org", "runtime/org")).apps == ()


def test_listings_with_and_without_heading() -> None:
    for content in (LIST, "Name\tApplication ID\tVersion\tBranch\tInstallation\n" + LIST):
        assert [(app.identifier, app.name, app.version) for app in parsed(flatpak, content).apps] == [
            ("org.telegram.desktop", "Telegram Desktop", "4.8.1"),
            ("org.gimp.GIMP", "GIMP", "2.10"),
        ]


def test_the_listing_of_old_flatpak_has_refs() -> None:
    assert one("org.gimp.GIMP/x86_64/stable\tsystem,current\n") == ("org.gimp.GIMP", None, None)


def test_a_line_without_application_is_told() -> None:
    assert parsed(flatpak, LIST + "error: no\n").coverage[0].status == "failed"


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("org.telegram.desktop", "org.telegram.desktop"),
        ("org.telegram.desktop.desktop", "org.telegram.desktop"),
        ("org.gimp.GIMP.desktop", "org.gimp.GIMP"),
        ("org.gimp.GIMP", "org.gimp.GIMP"),
    ],
)
def test_only_the_ending_of_old_files_is_taken_off_an_id(identifier: str, expected: str) -> None:
    assert one(XML.format(identifier, ""))[0] == expected


def test_a_bundle_names_the_app_itself() -> None:
    bundle = "<bundle type='flatpak'>app/com.x.Y/x86_64/stable</bundle>"
    assert one(XML.format("com.x.Y.desktop", bundle))[0] == "com.x.Y"


def test_custom_installations() -> None:
    content = b'[Installation "extra"]\nPath=/srv/flatpak\nDisplayName=x\n[Installation "bad"]\nPath=relative\n'
    assert flatpak.installations(content) == ("/srv/flatpak",)
    with pytest.raises(ParseError):
        flatpak.installations(b"nothing")
