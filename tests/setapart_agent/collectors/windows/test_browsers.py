import json
from pathlib import Path

import pytest

from setapart_agent.collectors.windows.browsers import Browsers
from windows_tree import ADA, WindowsTree, rows

EXTENSION = "a" * 32


@pytest.mark.parametrize(
    ("folder", "browser"),
    [
        ("AppData/Local/Google/Chrome/User Data/Default", "chrome"),
        ("AppData/Local/Microsoft/Edge/User Data/Profile 1", "edge"),
        ("AppData/Roaming/Opera Software/Opera Stable/Default", "opera"),
    ],
)
def test_extensions_of_chromiums_family(tmp_path: Path, folder: str, browser: str) -> None:
    windows = WindowsTree(tmp_path)
    manifest = {"name": "x", "version": "1", "manifest_version": 3}
    windows.write(f"{folder}/Preferences", json.dumps({"extensions": {"settings": {}}}))
    windows.write(f"{folder}/Extensions/{EXTENSION}/1_0/manifest.json", json.dumps(manifest))
    found = windows.collect(Browsers())
    assert [(app.identifier, app.profile) for app in found.apps] == [
        (EXTENSION, f"{ADA}/{browser}/{folder.rpartition('/')[2]}")
    ]


def test_a_user_without_browsers_is_seen(tmp_path: Path) -> None:
    found = rows(WindowsTree(tmp_path).collect(Browsers()))
    assert found == {(section, ADA, "observed", None) for section in Browsers.info.sections}
