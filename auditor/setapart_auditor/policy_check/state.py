"""The states of a device that a rule has to tell apart, and the order of good and bad in each of their parts."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from typing import Literal, get_args

App = Literal["none", "native", "variant", "web", "removed", "suspect"]
Class = Literal["ordinary", "personal", "social-dedicated", "unregistered"]
Need = Literal[
    "none", "valid", "expired", "revoked", "not-yet", "too-long", "other-device", "other-app", "other-holder",
    "self-approved",
]  # fmt: skip
Tie = Literal[
    "none", "foreign", "managed", "mail", "calendar", "contacts", "files", "vpn", "unknown-account", "unknown-link"
]
Seen = Literal[
    "complete", "apps-denied", "accounts-denied", "links-denied", "apps-missing", "accounts-missing", "links-missing",
    "profile-uncovered", "own-store", "nothing",
]  # fmt: skip
Quality = Literal[
    "good", "narrow", "narrow-hiding", "narrow-internal", "unknown-bundle", "expired-bundle", "unproven", "stale",
    "low-grade", "low-maturity", "never",
]  # fmt: skip

APPS: tuple[App, ...] = get_args(App)
CLASSES: tuple[Class, ...] = get_args(Class)
NEEDS: tuple[Need, ...] = get_args(Need)
TIES: tuple[Tie, ...] = get_args(Tie)
SEEN: tuple[Seen, ...] = get_args(Seen)
QUALITIES: tuple[Quality, ...] = get_args(Quality)

_FEW_TIES: tuple[Tie, ...] = ("none", "mail", "unknown-account")
_FEW_SEEN: tuple[Seen, ...] = ("complete", "apps-denied", "nothing")
_FEW_NEEDS: tuple[Need, ...] = ("none", "valid")

_WORDS: dict[str, dict[str, str]] = {
    "app": {
        "none": "no restricted app",
        "native": "a restricted app",
        "variant": "a variant of a restricted app",
        "web": "web access to a restricted app",
        "removed": "traces of a removed restricted app",
        "suspect": "an app that looks like a restricted one",
    },
    "class_": {
        "ordinary": "an ordinary device",
        "personal": "a personal device",
        "social-dedicated": "a device that is set apart",
        "unregistered": "a device that nobody registered",
    },
    "need": {
        "none": "no exception",
        "valid": "a valid exception",
        "expired": "an exception that has ended",
        "revoked": "an exception that was revoked",
        "not-yet": "an exception that has not begun",
        "too-long": "an exception that is longer than the pack allows",
        "other-device": "another device's exception",
        "other-app": "another app's exception",
        "other-holder": "another holder's exception",
        "self-approved": "an exception approved by the one who asked for it",
    },
    "tie": {
        "none": "no account and no link",
        "foreign": "a foreign account",
        "managed": "managed by the authority",
        "mail": "internal mail",
        "calendar": "an internal calendar",
        "contacts": "internal contacts",
        "files": "internal files",
        "vpn": "an internal VPN",
        "unknown-account": "an account of nobody knows whom",
        "unknown-link": "a link to nobody knows where",
    },
    "seen": {
        "complete": "everything seen",
        "apps-denied": "apps denied",
        "accounts-denied": "accounts denied",
        "links-denied": "links denied",
        "apps-missing": "nothing said of apps",
        "accounts-missing": "nothing said of accounts",
        "links-missing": "nothing said of links",
        "profile-uncovered": "a second profile of which nothing is said",
        "own-store": "a client whose accounts nobody can read",
        "nothing": "a report that says nothing at all",
    },
    "quality": {
        "good": "fresh evidence by a current bundle",
        "narrow": "a bundle that lacks a restricted identifier",
        "narrow-hiding": "a bundle that lacks the app, which was kept back",
        "narrow-internal": "a bundle that lacks what is internal",
        "unknown-bundle": "a bundle that nobody issued",
        "expired-bundle": "an expired bundle",
        "unproven": "nothing that proves freshness",
        "stale": "stale evidence",
        "low-grade": "evidence of too low a grade",
        "low-maturity": "collectors that were tried too little",
        "never": "never reported",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of a device; the defaults are a device in order."""

    app: App = "none"
    class_: Class = "ordinary"
    need: Need = "none"
    tie: Tie = "none"
    seen: Seen = "complete"
    quality: Quality = "good"

    @property
    def weight(self) -> int:
        """How many of its parts are out of the ordinary: the smallest counter-example has the fewest."""
        return sum(one != other for one, other in zip(astuple(self), astuple(State()), strict=True))

    @property
    def device(self) -> str:
        """What kind of device it is, in words."""
        return _WORDS["class_"][self.class_]

    def __str__(self) -> str:
        parts = [self.device]
        parts += [
            _WORDS[name][getattr(self, name)]
            for name in ("app", "need", "tie", "seen", "quality")
            if getattr(self, name) != getattr(_IN_ORDER, name) or name == "app"
        ]
        return ", ".join(parts)


_IN_ORDER = State()


def states() -> Iterator[State]:
    """Every state. Exceptions, ties and coverage are tried in full where they decide, and in part elsewhere.

    In full: with good evidence, every app with every class, tie and coverage, and every exception on dedicated devices.
    With evidence of less quality, a representative of each kind of tie and of coverage stands for the others.
    """
    for quality in QUALITIES:
        good = quality == "good"
        for class_ in CLASSES:
            if quality == "never" and class_ == "unregistered":
                continue  # nobody knows of it
            for need in NEEDS if class_ == "social-dedicated" else _FEW_NEEDS:
                for app in APPS if quality != "never" else APPS[:1]:
                    for tie in TIES if good else _FEW_TIES:
                        for seen in SEEN if good else _FEW_SEEN:
                            yield State(app=app, class_=class_, need=need, tie=tie, seen=seen, quality=quality)


def better_neighbours(state: State) -> Iterator[State]:
    """The states that are better in one part and equal in all others; none of them may have a worse verdict.

    A bundle that hides the app is compared with nothing: it takes evidence away, and must only never end in green.
    """
    if state.quality in ("narrow-hiding", "never"):
        return
    if state.app != "none":
        yield replace(state, app="none")
    if state.tie != "none":
        yield replace(state, tie="none")
    if state.seen != "complete":
        yield replace(state, seen="complete")
    if state.quality != "good":
        yield replace(state, quality="good")
    if state.need not in ("none", "valid"):
        yield replace(state, need="valid")
