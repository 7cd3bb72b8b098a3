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


def test_nonsense_names_no_profile() -> None:
    for content in (b"", b"\x00\xff", b"[Profile0]\n", b"Path=x\n", b"[Profile0\nPath\n"):
        assert profile_paths(content, "/x") == ()
