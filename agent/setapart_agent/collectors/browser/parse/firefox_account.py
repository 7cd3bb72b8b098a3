"""The account that Firefox is signed in to: `signedInUser.json` of a profile (services/fxaccounts).

It reaches no mail, calendar or contacts by itself: it has no services here.
"""

from setapart_agent.collectors.browser.parse.json_file import decoded, member, word
from setapart_agent.facts import AccountFact, Facts, FileSet, domain_of
from setapart_evidence.statement import Maturity

KIND = "browser.firefox-account"
MATURITY: Maturity = "captures"


def recognise(name: str, content: bytes) -> bool:
    """By the file's name and the key `accountData`."""
    return name.rpartition("/")[2] == "signedInUser.json" and b'"accountData"' in content


def parse(files: FileSet) -> Facts:
    """The account, or nothing where nobody is signed in.

    Raises:
        ParseError: not a JSON object.
    """
    data = member(decoded(files.main, "a signedInUser.json"), "accountData")
    address = word(member(data, "email"))
    if address is None and word(member(data, "uid")) is None:
        return Facts()
    account = AccountFact(profile=files.profile, type="firefox:account", address=address, domain=domain_of(address))
    return Facts(accounts=(account,))
