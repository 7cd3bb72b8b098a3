"""Snaps' files and listings."""

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import snap
from setapart_agent.errors import ParseError

YAML = (
    "name: telegram-desktop\nversion: '4.8.1'\nsummary: x\ndescription: |\n  name: other\n  version: 9\nbase: core22\n"
)
LIST = (
    "Name              Version  Rev   Tracking       Publisher    Notes\n"
    "core22            20231123 1033  latest/stable  canonical**  base\n"
    "telegram-desktop  4.8.1    5000  latest/stable  telegram     disabled\n"
    "odd_two           -        x1    -              -            devmode\n"
)
INFO = "name:      scrcpy\nsnap-id:   abc\ndescription: |\n  installed: 9\ninstalled:   v1.10   (174) 81MB -\n"


@pytest.mark.parametrize("sample", [YAML, LIST, INFO], ids=["yaml", "list", "info"])
def test_survives_hostile_files(sample: str) -> None:
    assert_survives(snap, "snap.yaml", sample.encode())


def test_snap_yaml_at_the_left_margin() -> None:
    (app,) = parsed(snap, YAML).apps
    assert (app.identifier, app.version, app.source) == ("telegram-desktop", "4.8.1", "snap")


def test_list() -> None:
    assert [(app.identifier, app.version, app.state) for app in parsed(snap, LIST).apps] == [
        ("core22", "20231123", "installed"),
        ("telegram-desktop", "4.8.1", "disabled"),
        ("odd", None, "installed"),
    ]


def test_info_of_a_snap_that_is_only_on_offer_is_no_app() -> None:
    assert [app.version for app in parsed(snap, INFO).apps] == ["v1.10"]
    assert parsed(snap, INFO.replace("\ninstalled:", "\ninstallable:")).apps == ()


def test_debian_packages_inside() -> None:
    content = "name: pc\nversion: 24-0.1\ngrade: stable\nprimed-stage-packages:\n- libc6:amd64=2.31-0\n- shim=1.56\n"
    assert [(app.identifier, app.version, app.source) for app in parsed(snap, content).apps] == [
        ("pc", "24-0.1", "snap"),
        ("libc6", "2.31-0", "dpkg"),
        ("shim", "1.56", "dpkg"),
    ]


def test_no_snap() -> None:
    with pytest.raises(ParseError):
        parsed(snap, "key: value\n")
    with pytest.raises(ParseError):
        parsed(snap, "name: Not A Snap\n")


def test_a_list_with_odd_lines_is_told() -> None:
    assert parsed(snap, LIST + "error: cannot\n").coverage[0].status == "failed"
