"""The export of an imaginary tablet: JSON with `serial`, `apps` and, where the owner allowed it, `accounts`.

Format: this file. A real parser names the document or source file that describes its format here.
"""

import json

from setapart_agent.collectors.base import Denied, Failed, Unseen, Unsupported, coverage_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, DeviceFacts, Facts, FileSet, domain_of
from setapart_evidence.model import App, Profile
from setapart_evidence.statement import Maturity

KIND = "_example.tablet"
MATURITY: Maturity = "untested"
_PROFILE = "0"
_NAMELESS = Failed("an entry without a name")


def recognise(name: str, content: bytes) -> bool:
    """By a key that only this format has."""
    del name
    return b'"example-tablet"' in content[:200]


def parse(files: FileSet) -> Facts:
    """The tablet's apps and accounts. Accounts that the owner did not share are `denied`, not none.

    Raises:
        ParseError: not such an export.
    """
    try:
        document = json.loads(files.main)
    except (ValueError, RecursionError):
        raise ParseError("not JSON", expected="an export of an example tablet") from None
    if not isinstance(document, dict) or not isinstance(document.get("apps"), list):
        raise ParseError("no list of apps", expected="an export of an example tablet")
    apps, apps_unseen = _texts(document["apps"])
    accounts, accounts_unseen = _texts(document.get("accounts"))
    serial = document.get("serial")
    return Facts(
        device=DeviceFacts(
            platform="android", form_factor="tablet", serial=serial if isinstance(serial, str) and serial else None
        ),
        profiles=(Profile(id=_PROFILE, kind="primary"),),
        apps=tuple(App(identifier=name, profile=_PROFILE, source="mdm") for name in apps),
        accounts=tuple(
            AccountFact(profile=_PROFILE, type="example", services=("mail",), address=one, domain=domain_of(one))
            for one in accounts
        ),
        coverage=(
            *coverage_of(("apps",), _PROFILE, KIND, apps_unseen),
            *coverage_of(("accounts",), _PROFILE, KIND, accounts_unseen),
            *coverage_of(("links",), _PROFILE, KIND, (Unsupported("not in this export"),)),
        ),
    )


def _texts(value: object) -> tuple[tuple[str, ...], tuple[Unseen, ...]]:
    """The texts of a list, and what of it could not be seen. The file is a stranger's: it may hold anything."""
    if not isinstance(value, list):
        return (), (Denied("the owner shares none"),)
    texts = tuple(one for one in value if isinstance(one, str) and one)
    return texts, () if len(texts) == len(value) else (_NAMELESS,)
