"""Files of a Mac are recognised as what they are, among the kinds of every platform."""

import json
from pathlib import Path

import pytest

from macos_tree import accounts_database, binary, database, info, record, xml
from setapart_agent.collectors.registry import recognise

ITEMS = [{"_name": "x", "path": "/x.app"}]
SHOWN = {"_computerlevel": [{"ProfileItems": [{"PayloadType": "com.apple.mdm", "PayloadContent": {}}]}]}
OUTLOOK = (
    "CREATE TABLE AccountsExchange (Record_RecordID INTEGER); CREATE TABLE AccountsMail (Record_RecordID INTEGER);"
)
FILES: dict[str, tuple[str, bytes | str]] = {
    "apps as text": ("macos.system-profiler", "Applications:\n\n    x:\n\n      Location: /x.app\n"),
    "apps.xml": ("macos.system-profiler", xml([{"_dataType": "SPApplicationsDataType", "_items": ITEMS}])),
    "apps.spx": ("macos.system-profiler", binary([{"_dataType": "SPApplicationsDataType", "_items": ITEMS}])),
    "apps.json": ("macos.system-profiler", json.dumps({"SPApplicationsDataType": ITEMS})),
    "x.app/Contents/Info.plist": ("macos.info-plist", info("org.example.x")),
    "profiles.xml": ("macos.profiles", xml(SHOWN)),
    "profiles.json": ("macos.profiles", json.dumps({"SPConfigurationProfileDataType": []})),
    "Cellar/x/1/INSTALL_RECEIPT.json": ("macos.brew", '{"homebrew_version": "4.3.5"}'),
    "receipts/x.plist": ("macos.receipts", binary({"PackageIdentifier": "x", "PackageVersion": "1"})),
    "InstallHistory.plist": ("macos.receipts", xml([{"displayName": "x", "packageIdentifiers": ["x"]}])),
    "MailData/Accounts.plist": ("macos.mail-accounts", xml({"MailAccounts": []})),
    "Business1/x.ini": ("macos.onedrive", 'libraryScope = 1 "https://x-my.sharepoint.com/personal/x"\n'),
    "x/CORP.plist": ("macos.open-directory", xml({"node name": "/x", "module options": {}})),
    "com.jamf.connect.login.plist": ("macos.managed-preferences", xml({"OIDCProvider": "x"})),
    "com.apple.airport.preferences.plist": ("macos.known-networks", xml({"KnownNetworks": {"x": {"SSID": "x"}}})),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_mac_is_recognised_as_what_it_is(name: str) -> None:
    kind, content = FILES[name]
    assert recognise(Path("/tmp") / name, content.encode() if isinstance(content, str) else content) == kind


def test_databases_of_a_mac_are_recognised_as_what_they_are(tmp_path: Path) -> None:
    account = ("com.apple.account.IMAP", "ann@corp.example", ("com.apple.Dataclass.Mail",), {})
    accounts = accounts_database(tmp_path / "db", account)
    assert recognise(Path("/tmp/Accounts4.sqlite"), accounts) == "macos.accounts"
    assert recognise(Path("/tmp/Outlook.sqlite"), database(tmp_path / "db", OUTLOOK)) == "macos.outlook"


@pytest.mark.parametrize("content", [xml({}), xml([]), record("ann", 501, "/Users/ann"), b"", b"bplist00"])
def test_another_property_list_is_none_of_them(content: bytes) -> None:
    assert not (recognise(Path("/tmp/x.plist"), content) or "").startswith("macos.")
