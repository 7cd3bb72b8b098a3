import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import receipts
from setapart_agent.errors import ParseError

RECEIPT = {
    "PackageIdentifier": "us.zoom.pkg.videomeeting",
    "PackageVersion": "6.0",
    "InstallPrefixPath": "Applications",
}
HISTORY = [
    {"displayName": "macOS 14.2", "displayVersion": "14.2", "processName": "softwareupdated"},
    {
        "displayName": "Telegram",
        "displayVersion": "10.1",
        "packageIdentifiers": ["ru.keepcoder.Telegram"],
        "processName": "appstoreagent",
    },
]


@pytest.mark.parametrize("form", [xml, binary])
def test_a_receipt_is_a_trace_and_no_app(form: object) -> None:
    (app,) = parsed(receipts, form(RECEIPT)).apps  # type: ignore[operator]
    assert (app.identifier, app.version, app.state) == ("us.zoom.pkg.videomeeting", "6.0", "removed-trace")


def test_the_history_names_packages() -> None:
    (app,) = parsed(receipts, xml(HISTORY)).apps
    assert (app.identifier, app.version, app.state) == ("ru.keepcoder.Telegram", "10.1", "removed-trace")


def test_a_package_that_was_installed_twice_is_one_trace() -> None:
    assert len(parsed(receipts, xml(HISTORY * 3)).apps) == 1


@pytest.mark.parametrize("value", ["x", 7, True])
def test_another_value_is_refused(value: object) -> None:
    with pytest.raises(ParseError):
        parsed(receipts, xml(value))


def test_odd_types_are_left_out() -> None:
    content = xml([7, "x", [], {"packageIdentifiers": [7, {}], "displayName": []}, {"PackageIdentifier": 7}])
    assert parsed(receipts, content).apps == ()


def test_broken_files_end_in_our_error() -> None:
    assert_survives(receipts, "org.example.plist", xml(RECEIPT))
    assert_survives(receipts, "InstallHistory.plist", binary(HISTORY))
