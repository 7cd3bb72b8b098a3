from pathlib import Path

import pytest

from macos_tree import TREES, MacTree, rows
from setapart_agent.collectors.macos.brew import Brew


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def test_formulae_and_casks_of_the_machine_and_of_a_user(mac: MacTree) -> None:
    mac.write("/opt/homebrew/Cellar/rclone/1.67.0/INSTALL_RECEIPT.json", "{}")
    mac.write("/usr/local/Caskroom/telegram/10.1/Telegram.app/x")
    mac.write("/usr/local/Caskroom/telegram/.metadata/10.1/x")
    mac.write("homebrew/Cellar/mutt/2.2/bin/mutt")
    facts = mac.collect(Brew())
    assert {(app.profile, app.identifier, app.version, app.source) for app in facts.apps} == {
        ("system", "rclone", "1.67.0", "package-manager"),
        ("system", "telegram", "10.1", "package-manager"),
        (mac.ann, "mutt", "2.2", "package-manager"),
    }
    assert {row[2] for row in rows(facts)} == {"observed"}


def test_a_mac_without_homebrew(mac: MacTree) -> None:
    facts = mac.collect(Brew())
    assert facts.apps == ()
    assert {row[2] for row in rows(facts)} == {"observed"}
