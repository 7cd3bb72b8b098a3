"""A device's case: the facts of all its current reports, united, as the controls ask for them.

Facts are united, coverage is best-of: a section of a profile was seen if some fresh report saw it. A report older than
the window saw nothing any more; what it found stays open until a fresh report has seen that section of that profile.

Evidence pointers: `/apps/12` into the inventory of the one current report, `/predicate/…` into its statement. Where
several reports are current each pointer begins with `#` and the report's index, newest first. `register:/…` and
`policy:/…` point to what is no report at all.
"""

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct

from setapart_auditor.policy.model import DeviceClass, Policy, Severity
from setapart_evidence.identifiers import look_alike
from setapart_evidence.model import Account, App, Link
from setapart_evidence.text import printable

from .attribution import Attribution, Reach
from .history import History
from .matcher import How
from .model import Context, Exception_, Finding, Registration
from .need import Need
from .rulebook import Rulebook, at_least
from .view import Lack, OwnStore, View, owner_of, profile_words


class Seen(Struct, frozen=True, kw_only=True):
    """An app that matters: which restricted app it is, how that is known, where it stands, where the evidence is."""

    app: str
    how: How = "identity"
    item: App
    profile: str
    evidence: str

    @property
    def words(self) -> str:
        """The app and where it is, for a sentence; an identifier that says little begins with the restricted app."""
        known = printable(self.item.identifier, 80)
        named = self.item.name is not None and self.item.name != self.item.identifier
        name = printable(self.item.name or "", 80) if named else self.app if self.how == "identity" else ""
        shown = f"{name} ({known})" if name and name != known else known
        if self.how == "signer":
            shown += f", signed by the maker of {self.app},"
        elif named and self.how == "identity" and look_alike(self.app) not in look_alike(name):
            shown += f", which is {self.app},"
        return f"{shown} {profile_words(self.profile)}"


class Tie(Struct, frozen=True, kw_only=True):
    """An account or a link and whose it is."""

    item: Account | Link
    evidence: str
    attribution: Attribution
    reach: tuple[Reach, ...]

    @property
    def noun(self) -> str:
        """What it is, in one word."""
        return "account" if isinstance(self.item, Account) else "link"

    @property
    def known(self) -> tuple[str, ...]:
        """What it shows of where it leads; of an account not what is below its domain."""
        if not isinstance(self.item, Account):
            return (self.item.target,) if self.item.target else ()
        first, *more = [value for value in (self.item.domain, self.item.host, self.item.tenant) if value] or [""]
        others = [value for value in dict.fromkeys(more) if not f".{value}".lower().endswith(f".{first}".lower())]
        return (first, *others) if first else ()

    @property
    def words(self) -> str:
        """What it is and where, for a sentence."""
        if isinstance(self.item, Account):
            shown = f"account of type {printable(self.item.type, 80)}"
        else:
            shown = f"{self.item.kind} link"
        first, *others = [printable(value, 80) for value in self.known] or [""]
        at = f" at {first}" + (f" ({', '.join(others)})" if others else "") if first else ""
        return f"{shown}{at} {profile_words(owner_of(self.item.profile))}"


class Case(Struct, frozen=True, kw_only=True):
    """All that is known of one device at one moment.

    Attributes:
        device_class: what the device is judged as; an unregistered one as ordinary.
        in_reach: whether the pack is in force and covers the holder: only then are its apps restricted.
        views, fresh: the current reports, newest first, and those of them within the window.
        restricted, removed, web, suspects: apps, in the views' order.
        offending: each restricted app once per profile, if the pack is in reach.
        ties, internal: accounts and links, where the class asks for them, and those that are the authority's own.
        lacks: the required places that no fresh report saw.
        own_stores: clients whose accounts nobody can read and for which nobody answers, where accounts are required.
        enforced: pointer to a manager's block that stands in for the list of apps.
        needs: for each restricted app on a dedicated device, the exception that carries it.
        exceptions: those of them that carry an offending app, by id.
    """

    registration: Registration
    policy: Policy
    rulebook: Rulebook
    context: Context
    today: dt.date
    device_class: DeviceClass
    in_reach: bool
    history: History
    views: tuple[View, ...]
    fresh: tuple[View, ...]
    restricted: tuple[Seen, ...] = ()
    removed: tuple[Seen, ...] = ()
    web: tuple[Seen, ...] = ()
    suspects: tuple[Seen, ...] = ()
    offending: tuple[Seen, ...] = ()
    ties: tuple[Tie, ...] = ()
    internal: tuple[Tie, ...] = ()
    lacks: tuple[Lack, ...] = ()
    own_stores: tuple[OwnStore, ...] = ()
    enforced: str | None = None
    needs: Mapping[str, Need]
    exceptions: tuple[Exception_, ...] = ()

    @property
    def dedicated(self) -> bool:
        """Whether the device is set apart."""
        return self.device_class == "social-dedicated"

    @property
    def app_or_link(self) -> bool:
        """Whether it is a personal device that may have the app or the link, but not both."""
        return self.device_class == "personal" and self.policy.pack.personal.rule == "app-or-link"

    @property
    def depends_on_ties(self) -> bool:
        """Whether an account or link of unknown owner leaves the verdict open."""
        return self.dedicated or (self.app_or_link and not self.internal and bool(self.offending))

    def finding(self, control: str, evidence: str, message: str, cure: str, *, floor: Severity = "info") -> Finding:
        """A finding at the policy's severity for its control, or at the floor if that is worse.

        Where several reports are current it says which of them shows it; and of one that is not the newest, that
        nothing but its successor takes it back: a reader may find the device changed already.
        """
        severity = at_least(self.rulebook.severities[control], floor)
        mark, _, place = evidence.partition("/")
        if mark.startswith("#") and not place.startswith("predicate/"):
            view = self.views[int(mark[1:])]
            source = printable(view.received.report.predicate.origin.source, 40)
            message += f" (as {source} saw it on {view.freshness.moment:%Y-%m-%d})"
            if view is not self.views[0] and severity in ("inconclusive", "violation"):
                cure += f"; if it has changed since, read the device by {source} again, with the same key"
        return Finding(control=control, severity=severity, evidence=evidence, message=message, cure=cure)
