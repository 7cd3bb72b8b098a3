"""`Local State` of a Chromium user data folder: who is signed in to which profile, and who manages it.

`profile.info_cache` has one entry per profile's folder; its keys are those of
chrome/browser/profiles/profile_attributes_entry.cc, and Edge's own `edge_account_*`. The list survives a profile that
can't be read, and names the account of a profile as `Preferences` does. Other programs that embed Chromium keep a file
of this name without profiles.

`user_accepted_account_management` is set when somebody agreed that the organisation of the account manages the profile
(chrome/browser/enterprise/util/managed_browser_utils.h): a tie to that organisation beside the account itself.
"""

from collections.abc import Iterator, Mapping

from setapart_agent.collectors.browser.parse.chromium_preferences import account_of
from setapart_agent.collectors.browser.parse.json_file import decoded, member, members, word
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "browser.chromium-local-state"
MATURITY: Maturity = "untested"

_HEAD = 1024


def recognise(name: str, content: bytes) -> bool:
    """By the list of profiles, whatever the file is called now."""
    del name
    return content[:_HEAD].lstrip()[:1] == b"{" and b'"info_cache":' in content


def parse(files: FileSet) -> Facts:
    """The account and the manager of every profile, each in the profile `<the file's profile>/<folder>`.

    Raises:
        ParseError: not a JSON object.
    """
    state = decoded(files.main, "a Local State file")
    accounts: list[AccountFact] = []
    links: list[Link] = []
    for folder, entry in members(member(state, "profile", "info_cache")):
        if not isinstance(entry, dict):
            continue
        account = _account(entry, f"{files.profile}/{folder}")
        if account is None:
            continue
        accounts.append(account)
        links += _managed(entry, account)
    return Facts(accounts=tuple(dict.fromkeys(accounts)), links=tuple(dict.fromkeys(links)))


def _account(entry: Mapping[str, object], profile: str) -> AccountFact | None:
    """The account that a profile is signed in to; one that neither address nor organisation tells of is none."""
    info = {**entry, "email": entry.get("user_name"), "hd": entry.get("hosted_domain")}
    account = account_of(info, profile)
    return account if account.address is not None or account.tenant is not None else None


def _managed(entry: Mapping[str, object], account: AccountFact) -> Iterator[Link]:
    enrolled = word(entry.get("profile_management_id")) or word(entry.get("profile_management_enrollment_token"))
    target = account.tenant or account.domain
    if target is not None and (entry.get("user_accepted_account_management") is True or enrolled):
        yield Link(kind="mdm", target=target, profile=account.profile)
