from pathlib import Path

import pytest

from setapart_agent.collectors.registry import recognise
from setapart_agent.collectors.windows import appx
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from windows_tree import ADA, BOB

FULL = "BytedancePte.Ltd.TikTok_1.0.5.0_neutral__6yccndn6064se"
FAMILY = "BytedancePte.Ltd.TikTok_6yccndn6064se"
LIST = """

Name                   : BytedancePte.Ltd.TikTok
Publisher              : CN=7DC1E8E7-1D8D-4D5B-8B0E-5A2D5F0C7D4A
Architecture           : Neutral
Version                : 1.0.5.0
PackageFullName        : BytedancePte.Ltd.TikTok_1.0.5.0_neutral__6yccndn
                         6064se
IsFramework            : False
PackageFamilyName      : BytedancePte.Ltd.TikTok_6yccndn6064se{holders}
SignatureKind          : Store
Status                 : Ok

Name                   : Microsoft.WindowsCalculator
PackageFullName        : Microsoft.WindowsCalculator_10.1906.55.0_x64__8wekyb3d8bbwe

"""
HOLDERS = "\nPackageUserInformation : {{{}}}"


def found(raw: bytes) -> Facts:
    assert recognise(Path("x"), raw) == "windows.appx"
    return appx.parse(FileSet(files={"main": raw}, profile="S-1"))


def holders(text: str) -> set[tuple[str, str]]:
    raw = LIST.format(holders=HOLDERS.format(text)).encode()
    return {(app.profile, app.identifier) for app in found(raw).apps if app.identifier == FAMILY}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_list_of_the_user_who_asked(encoding: str) -> None:
    apps = found(LIST.format(holders="").replace("\n", "\r\n").encode(encoding)).apps
    assert [(app.identifier, app.version, app.profile, app.source) for app in apps] == [
        (FAMILY, "1.0.5.0", "S-1", "appx"),
        ("Microsoft.WindowsCalculator_8wekyb3d8bbwe", "10.1906.55.0", "S-1", "appx"),
    ]


def test_the_list_of_all_users_says_whose_a_package_is() -> None:
    assert holders(f"{ADA} [PC\\ada]: Installed, \n                         {BOB} [bob]: Installed") == {
        (ADA, FAMILY),
        (BOB, FAMILY),
    }
    assert holders("S-1-5-18 [S-1-5-18]: Staged") == set()
    assert holders("") == {("S-1", FAMILY)}


def test_a_list_that_was_cut_is_partly_seen() -> None:
    facts = found(LIST.format(holders=HOLDERS.format(f"{ADA} [ada]: Installed, {BOB} [b]: Staged...")).encode())
    assert [(row.section, row.status) for row in facts.coverage] == [("apps", "partial")]


def test_json_and_separated_values() -> None:
    for text in (
        f'[{{"Name": "x", "PackageFullName": "{FULL}", "Architecture": 11}}]',
        f'"Name","PackageFullName"\r\n"x","{FULL}"\r\n',
    ):
        facts = found(text.encode())
        assert [app.identifier for app in facts.apps] == [FAMILY]
        assert facts.coverage == ()


def test_a_table_and_one_that_was_cut() -> None:
    head = "Name  PackageFullName\r\n----  ---------------\r\n"
    facts = found(f"\r\n{head}x     {FULL}\r\n".encode("utf-16"))
    assert [app.identifier for app in facts.apps] == [FAMILY]
    assert facts.coverage == ()
    assert [row.status for row in found(f"{head}x     {FULL[:30]}...\r\n".encode()).coverage] == ["partial"]


def test_packages_for_everybody_belong_to_the_machine() -> None:
    full = FULL.replace("neutral_", "neutral_~")
    raw = f"Deployment Image Servicing\n\nImage Version: 10\n\nDisplayName : x\nPackageName : {full}\n".encode()
    assert [(app.identifier, app.profile) for app in found(raw).apps] == [(FAMILY, "system")]


def test_names_of_packages_are_not_enough() -> None:
    raw = b"DisplayName : x\nPackageFullName :\n"
    assert found(raw).apps == ()
    with pytest.raises(ParseError):
        appx.parse(FileSet(files={"main": b"Name : x\n"}))
