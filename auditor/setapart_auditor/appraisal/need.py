"""Which exception, if any, carries a restricted app on a device that is set apart for it."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable

from msgspec import Struct

from setapart_auditor.policy.model import ROLES, Pack
from setapart_evidence.text import printable

from .model import Exception_, Registration

# Format characters, variation selectors, joiners, fillers: nobody sees them (Unicode's Default_Ignorable_Code_Point).
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufff8\uffa0\U000e0000-\U000e0fff]"
)


class Need(Struct, frozen=True, kw_only=True):
    """The exception that carries an app, or why there is none."""

    exception: Exception_ | None = None
    refusal: str = ""


def need_of(
    app: str, named: str, *, registration: Registration, exceptions: Iterable[Exception_], pack: Pack, today: dt.date
) -> Need:
    """Finds the exception for an app.

    Args:
        app: the app's id.
        named: the id that the pack named: an exception for it covers its variants; not the other way round.
        registration: whose device it is.
        exceptions: of any device.
        pack: what may be excepted at all.
        today: days are inclusive.

    Returns:
        Of several valid exceptions the one that lasts longest.
    """
    if not pack.exception.allowed:
        return Need(refusal="the pack allows no exception")
    asked = sorted(
        (item for item in exceptions if item.device == registration.name and item.app in (app, named)),
        key=lambda item: (item.until, item.id),
        reverse=True,
    )
    refusals = []
    for item in asked:
        refusal = _refusal(item, (app, named), registration, pack, today)
        if not refusal:
            return Need(exception=item)
        refusals.append(f"exception {printable(item.id, 40)} {refusal}")
    return Need(refusal=refusals[0] if refusals else "no exception names this device and app")


def _refusal(  # noqa: C901, PLR0911 - one line per reason
    item: Exception_, apps: tuple[str, str], registration: Registration, pack: Pack, today: dt.date
) -> str:
    rule = pack.exception
    if item.revoked is not None and item.revoked <= today:
        return f"was revoked on {item.revoked}"
    if today < item.valid_from:
        return f"begins on {item.valid_from}"
    if today > item.until:
        return f"ended on {item.until}"
    if not item.holder.strip() or not same_person(item.holder, registration.holder):
        return "is for another holder"
    if any(same_person(item.approved_by, other) for other in ("", item.requested_by, item.holder)):
        return "was not approved by a second person"
    if not item.need.strip():
        return "names no need"
    if (item.until - item.valid_from).days > rule.max_days:
        return f"is longer than {rule.max_days} days"
    if rule.grounds and item.ground not in rule.grounds:
        return "gives a ground that the pack does not know"
    if not set(rule.not_for_apps).isdisjoint(apps):
        return "is for an app that the pack never excepts"
    if rule.not_for_roles and (registration.role in rule.not_for_roles or registration.role not in ROLES):
        return "is for a role that the pack never excepts"
    if rule.signed and not item.signed:
        return "is not signed by two officers"
    return ""


def same_person(one: str, other: str) -> bool:
    """Whether two names of people are one; the register reads them in the same way."""
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """A person's name as it is compared: two spellings that look alike to a reader are one.

    Case, width, the encoding of accents, spaces and characters that nobody sees do not count (as Unicode's
    NFKC_Casefold).
    """
    if name.isascii():
        return " ".join(name.split()).casefold()
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    return " ".join(unicodedata.normalize("NFKC", seen.casefold()).split())
