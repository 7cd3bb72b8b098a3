"""Whether the agent's filter let through all that this policy asks for.

A filter is named by its bundle, or by the digest of the agent's own table; what is named but not known here kept back
who knows what: if its restricted apps are exactly this policy's, its apps are believed, and never its accounts, which
may stand in a client that it knew nothing of. Where no filter is named, the counts of what was kept back decide. Full
disclosure keeps nothing back.
"""

import datetime as dt

from msgspec import Struct

from setapart_evidence.open import VerifiedReport

from .model import Context
from .rulebook import Rulebook


class Sufficiency(Struct, frozen=True, kw_only=True):
    """Whether the lists of apps and of accounts are complete for this policy, and when the filter expired."""

    apps: bool
    accounts: bool
    expired: dt.datetime | None = None


def sufficiency_of(
    report: VerifiedReport, received_at: dt.datetime, rulebook: Rulebook, context: Context
) -> Sufficiency:
    """Judges the filter of one report.

    A bundle that expired before the report arrived was out of date when it was used, or may have been: the device's
    clock does not decide.
    """
    stated, withheld = report.predicate.disclosure, report.inventory.withheld
    cut = withheld.accounts > 0 or any(account.withheld for account in report.inventory.accounts)
    if stated.bundle is None and stated.identifiers is None and stated.domains is None:
        return Sufficiency(apps=not withheld.apps, accounts=not cut)
    filter_ = context.bundles.get(stated.bundle or stated.identifiers or "")
    expired = None
    if filter_ is not None and filter_.expires_at is not None and filter_.expires_at < received_at:
        expired = filter_.expires_at
    if stated.level == "full":
        return Sufficiency(apps=not withheld.apps, accounts=not cut, expired=expired)
    if filter_ is not None:
        admitted = rulebook.admits(filter_)
        apps, accounts = admitted.apps, admitted.accounts and not (cut and filter_.internal is None)
    else:
        apps, accounts = stated.identifiers == rulebook.needed_digest, False
    return Sufficiency(apps=apps, accounts=accounts, expired=expired)
