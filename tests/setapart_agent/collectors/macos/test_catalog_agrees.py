"""The account types that parsers of macOS give are in the catalog, and reach the same there."""

import tomllib

from hostile_files import parsed
from macos_tree import xml
from repository import REPOSITORY
from setapart_agent.collectors.apple.parse.account_types import SERVICES
from setapart_agent.collectors.macos.parse import mail_accounts, outlook
from setapart_agent.facts import FileSet

LISTED = {
    one["id"]: tuple(one["services"])
    for one in tomllib.loads((REPOSITORY / "config/catalog/accounts/macos.toml").read_text())["type"]
}


def test_types_of_the_account_database() -> None:
    assert {kind: LISTED.get(kind) for kind in SERVICES} == dict(SERVICES)


def test_types_of_mail_and_outlook() -> None:
    kinds = ("IMAPAccount", "POPAccount", "iCloudAccount", "EWSAccount", "Another")
    made = parsed(mail_accounts, xml({"MailAccounts": [{"AccountType": kind} for kind in kinds]})).accounts
    rows = {"exchange": ((1, "a@b.example", None, None),), "mail": ((2, "c@d.example", None, None),)}
    made += outlook.parse(FileSet(files={}, rows=rows)).accounts
    assert len(made) == 7
    assert {one.type: LISTED.get(one.type) for one in made} == {one.type: one.services for one in made}


def test_every_build_of_telegram_for_macs_is_listed() -> None:
    """Its own program, Telegram Desktop, and Telegram Lite, as the Mac App Store calls Telegram Desktop."""
    catalog = tomllib.loads((REPOSITORY / "config/catalog/apps/telegram.toml").read_text())
    listed = {one["value"] for app in catalog["app"] for one in app["identifier"] if one["kind"] == "macos"}
    assert {"ru.keepcoder.telegram", "com.tdesktop.telegram", "org.telegram.desktop"} <= listed
