"""Mozilla's profiles.ini."""

from setapart_agent.collectors.browser.parse.firefox_profiles import profile_paths

SAMPLE = b"""[Install4F96D1932A9F858E]
Default=abc.default-release
Locked=1

[Profile1]
Name=default
IsRelative=1
Path=abc.default-release
Default=1

[Profile0]
Name=far
IsRelative=0
Path=/srv/profiles/far/

[General]
StartWithLastProfile=1
Path=none
"""


def test_relative_and_absolute_profiles() -> None:
    assert profile_paths(SAMPLE, "/home/ann/.mozilla/firefox") == (
        "/home/ann/.mozilla/firefox/abc.default-release",
        "/srv/profiles/far",
    )


def test_what_windows_writes() -> None:
    content = (
        b"[Profile0]\r\nIsRelative=1\r\nPath=Profiles/abc.default\r\n\r\n"
        b"[Profile1]\r\nIsRelative=0\r\nPath=C:\\Users\\ann\\far\\\r\n\r\n"
        b"[Profile2]\r\nIsRelative=0\r\nPath=E:\\away\r\n"
    )
    assert profile_paths(content, "/f") == ("/f/Profiles/abc.default", "/Users/ann/far", "E:/away")


def test_what_macos_writes_of_a_profile_elsewhere_leads_nowhere() -> None:
    content = b"[Profile0]\nIsRelative=0\nPath=AAAAAAF2AAIAAQxNYWNpbnRvc2gg/x=\n"
    (path,) = profile_paths(content, "/f")
    assert not path.startswith("/")


def test_installs_ini_names_the_profile_that_each_installation_starts() -> None:
    content = b"[308046B0AF4A39CB]\nDefault=Profiles/x.default-release\nLocked=1\n\n[0]\nDefault=/srv/y\n"
    assert profile_paths(content, "/f") == ("/f/Profiles/x.default-release", "/srv/y")


def test_nonsense_names_no_profile() -> None:
    for content in (b"", b"\x00\xff", b"[Profile0]\n", b"Path=x\n", b"[Profile0\nPath\n"):
        assert profile_paths(content, "/x") == ()
