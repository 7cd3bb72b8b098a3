"""Thunderbird's profiles, wherever the list of them leads."""

from pathlib import Path

import pytest

from linux_tree import plant
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop import thunderbird
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.survey import Survey
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.facts import unite

ANN = User(name="ann", home="/Users/ann", uid=501)
FOLDER = "Library/Thunderbird"
PREFS = (
    'user_pref("mail.accountmanager.accounts", "account1");\n'
    'user_pref("mail.account.account1.server", "server1");\n'
    'user_pref("mail.server.server1.type", "imap");\n'
    'user_pref("mail.server.server1.hostname", "{}");\n'
)


def looked(root: Path, files: dict[str, str]) -> Survey:
    plant(root, files)
    survey = Survey(Tree(str(root)), ANN.profile, base=ANN.home)
    thunderbird.look(survey, ANN, (FOLDER,))
    return survey


def listed(path: str) -> dict[str, str]:
    return {f"{ANN.home}/{FOLDER}/profiles.ini": f"[Profile0]\nName=x\nIsRelative=0\nPath={path}\n"}


def test_profiles_below_and_elsewhere(tmp_path: Path) -> None:
    files = {
        f"{ANN.home}/{FOLDER}/Profiles/a.default/prefs.js": PREFS.format("imap.a.example"),
        "/srv/far/prefs.js": PREFS.format("imap.b.example"),
        **listed("/srv/far/"),
    }
    survey = looked(tmp_path, files)
    assert {account.host for account in unite(survey.facts).accounts} == {"imap.a.example", "imap.b.example"}
    assert survey.failures("accounts") == ()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/srv/gone", "thunderbird: a profile outside of the home is not there"),
        (
            "AAAAAAF2AAIAAQxNYWNpbnRvc2g=",
            "thunderbird: a profile on another drive, or at a place that only the system knows",
        ),
    ],
)
def test_a_profile_that_nobody_finds_is_no_profile_without_accounts(tmp_path: Path, path: str, reason: str) -> None:
    assert looked(tmp_path, listed(path)).failures("accounts") == (Denied(reason),)
