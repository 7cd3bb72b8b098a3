"""Fills the parts of documents that are made from the code: `make filled-docs`. A test makes them again and compares.

Two marks are known. `<!-- code: FILE NAME -->` before a Python block: the block becomes that function or assignment.
`<!-- fill: WHAT -->` … `<!-- end -->`: what stands between becomes a table of what the collectors declare, of what the
agent's filter lets through, or of what a report holds.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from setapart_agent.collectors.base import CollectorInfo, WayIn
from setapart_agent.collectors.ways import Declared, declared
from setapart_agent.disclosure import DisclosureFilter, filter_of
from setapart_agent.facts import AccountFact, DeviceFacts, Facts
from setapart_agent.inventory import build_inventory
from setapart_evidence.enrolment import Enrolment, Rotation
from setapart_evidence.identity import internal_values
from setapart_evidence.model import (
    Account,
    App,
    Coverage,
    Device,
    Enforcement,
    Link,
    Profile,
    Withheld,
)
from setapart_evidence.receipt import Request
from setapart_evidence.statement import CollectorRef, DeviceRef, Disclosure, Observation, Origin

ROOT = Path(__file__).resolve().parent.parent
MATURITIES = ("untested", "captures", "real-hardware")
_CODE = re.compile(r"(<!-- code: (\S+) (\S+) -->\n```python\n).*?(```\n)", re.DOTALL)
_FILL = re.compile(r"(<!-- fill: ([a-z-]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
_YES = {True: "yes", False: "no"}


def filled(text: str) -> str:
    """The document with every marked part made anew."""
    text = _CODE.sub(lambda found: f"{found[1]}{source_of(found[2], found[3])}\n{found[4]}", text)
    return _FILL.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def source_of(file: str, name: str) -> str:
    """The source of a top-level function or assignment, with its decorators."""
    text = (ROOT / file).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        names = [node.name] if isinstance(node, ast.FunctionDef) else []
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if name in names:
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise SystemExit(f"{file} has no {name}")


def devices() -> str:
    """Every way in: whether a device can be green that way, how far it was tried, and what it shows."""
    headings = (
        "device", "way in", "as ordinary", "as dedicated", "tried", "last run on real hardware",
        "seen", "not seen", "what the holder must do",
    )  # fmt: skip
    rows = [
        (
            way.device, way.source, _YES[way.ordinary], _YES[way.dedicated], tried(way, one), way.last_run,
            way.seen, way.unseen, way.holder,
        )
        for one in declared()
        for way in one.ways
    ]  # fmt: skip
    return table(headings, rows)


def collectors() -> str:
    """Every collector, as it declares itself, by platform."""
    parts: list[str] = []
    for one in declared():
        rows = [
            (f"`{info.name}`", str(info.version), ", ".join(info.sections), info.maturity, "; ".join(info.reads))
            for info in one.collectors
        ]
        headings = ("collector", "version", "sections", "tried", "reads")
        parts.append(f"### {one.title} collectors\n\n{table(headings, rows)}")
    return "\n".join(parts)


def tried(way: WayIn, platform: Declared) -> str:
    """How far the least tried collector of a way in has been tried."""
    infos: Iterable[CollectorInfo] = (info for info in platform.collectors if info.name in way.collectors)
    return min((info.maturity for info in infos), key=MATURITIES.index)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def reads() -> str:
    """What is read on each platform, by what it is read for."""
    rows: list[tuple[str, str, str]] = []
    for one in declared():
        purposes = dict.fromkeys(info.sections for info in one.collectors)
        for sections in purposes:
            found = dict.fromkeys(read for info in one.collectors if info.sections == sections for read in info.reads)
            rows.append((one.title, ", ".join(sections), "; ".join(found)))
    return table(("platform", "for", "what is read"), rows)


_TEXT = "a"
"""Every text of the specimen."""


def _specimen(**inside: str | None) -> Facts:
    """A device with one thing of each kind; `inside` changes the account."""
    account = {"address": "ola@a.example", "domain": "a.example", "host": _TEXT, "tenant": _TEXT, **inside}
    return Facts(
        device=DeviceFacts(
            platform="android", os_version=_TEXT, os_api_level=1, patch_level=_TEXT, manufacturer=_TEXT,
            model=_TEXT, form_factor="phone", serial=_TEXT, boot_time=_TEXT,
        ),
        profiles=(Profile(id="0", kind="primary", name=_TEXT, running=True),),
        accounts=(AccountFact(profile="0", type=_TEXT, client=_TEXT, services=("mail",), enabled=True, **account),),
        links=(Link(kind="vpn", target=_TEXT, profile="0"),),
    )  # fmt: skip


def _app(identifier: str) -> App:
    return App(
        identifier=identifier, name=_TEXT, version=_TEXT, profile="0", source="package-manager", publisher=_TEXT,
        permissions=(_TEXT,),
    )  # fmt: skip


def disclosed() -> str:
    """What the agent's own filter lets through of a specimen, at every level."""
    rows: list[list[str]] = []
    for title, (facts, part) in {
        "the device": (_specimen(), lambda found: found.device),
        "a profile": (_specimen(), lambda found: found.profiles[0]),
        "a restricted app": (structs.replace(_specimen(), apps=(_app(_RESTRICTED),)), lambda found: found.apps),
        "any other app": (structs.replace(_specimen(), apps=(_app("org.example.other"),)), lambda found: found.apps),
        "an account inside the authority": (_specimen(), lambda found: found.accounts[0]),
        "an account elsewhere": (
            _specimen(address="ola@b.example", domain="b.example", host="imap.b.example", tenant="b.example"),
            lambda found: found.accounts[0],
        ),
        "a link": (_specimen(), lambda found: found.links[0]),
    }.items():
        rows.append([title, *(_left(part(build_inventory(facts, level))) for level in _levels())])
    return table(("what is there", "`scoped`, with a bundle", "`scoped`, without", "`full`, with a bundle"), rows)


_RESTRICTED = "com.zhiliaoapp.musically"


def _levels() -> tuple[DisclosureFilter, ...]:
    """The agent's filters: of a bundle that names one app and one domain and asks for no addresses, of none, full."""
    bare = filter_of(None)
    scoped = structs.replace(
        bare,
        identifiers=frozenset({f"android:{_RESTRICTED}"}),
        internal=internal_values(("domain:a.example",)),
        id_key=bytes(32),
    )
    return (scoped, bare, structs.replace(scoped, level="full"))


def _left(found: Struct | Sequence[Struct]) -> str:
    """The fields that left with a value, or that only a count did."""
    if not isinstance(found, Struct):
        if not found:
            return "its being counted"
        found = found[0]
    named = [name for name in found.__struct_fields__ if getattr(found, name) not in (None, ())]
    return ", ".join(f"`{name}`" for name in named)


PURPOSES = {
    "DeviceRef.id": "which device of the register this is: its key's id, or a keyed digest of its serial",
    "Observation.collected_at": "compared with the auditor's own times; a device's clock never makes a report younger",
    "Observation.sequence": "the report's place in the device's chain: gaps and copied keys are found by it",
    "Observation.previous": "the same",
    "Observation.nonce": "proof that the report was made after the auditor gave it out",
    "Observation.epoch": "the same, carried by hand",
    "Disclosure.level": "which filter was applied: what it kept back must not count as absent",
    "Disclosure.bundle": "the same: the digest of the authority's bundle",
    "Disclosure.identifiers": "the same: the digest of the list of apps",
    "Disclosure.domains": "the same: the digest of what is internal",
    "Origin.agent": "the agent's version, for those who look into a report",
    "Origin.grade": "how much the evidence is worth",
    "Origin.station": "who read the device, where it has no key of its own",
    "Origin.source": "which way in: what it can't show is known",
    "Origin.collectors": "what ran, in which version",
    "CollectorRef.name": "which collector ran",
    "CollectorRef.version": "which version of it",
    "CollectorRef.digest": "which code of it",
    "CollectorRef.maturity": "how far it has been tried: a pack may ask for more than that",
    "Device.platform": "which identifiers an app can have here, and what must have been seen",
    "Device.os_version": "describes the device to whoever looks into a report; no rule uses it",
    "Device.os_api_level": "the same; no rule uses it",
    "Device.patch_level": "the same; no rule uses it",
    "Device.manufacturer": "the same; no rule uses it",
    "Device.model": "the same; no rule uses it",
    "Device.form_factor": "the same; no rule uses it",
    "Device.serial_digest": "whether two ways in have read the same device; never the serial itself",
    "Device.boot_time": "describes the state of the device when it was read; no rule uses it",
    "Profile.id": "apps and accounts of every user must have been seen, each for itself",
    "Profile.kind": "a work profile, a clone or a second user on a device that is set apart",
    "Profile.name": "tells profiles apart for whoever asked for everything; leaves at `full` only",
    "Profile.running": "why a profile could not be seen; no rule uses it",
    "App.identifier": "whether it is a restricted app, or a client of mail, calendar or contacts",
    "App.name": "the same, and names that only look like one",
    "App.version": "tells installations apart, for whoever follows the cure; no rule uses it",
    "App.profile": "whose app it is",
    "App.kind": "a web app or an extension counts otherwise than a program",
    "App.source": "how surely it is there, and by which names it can be known",
    "App.state": "a trace of an app that was removed is no app",
    "App.publisher": "who signed it: a renamed copy of a restricted app is found by it",
    "App.publisher_hint": "the same, only as a suspicion",
    "App.permissions": "whether a restricted app reaches contacts, calendar or files of work",
    "Account.profile": "whose account it is",
    "Account.type": "which kind of account: what it can reach",
    "Account.client": "which program holds it, where nobody can read that program's accounts",
    "Account.services": "whether it reaches mail, calendar, contacts, files or a directory",
    "Account.domain": "whether it is internal",
    "Account.host": "the same",
    "Account.tenant": "the same",
    "Account.address_digest": "whether one account stands on two devices; a keyed digest, if the bundle asks for it",
    "Account.enabled": "whether it is switched on; no rule uses it",
    "Account.withheld": "which of domain, host and tenant stayed on the device: kept back is not absent",
    "Link.kind": "a tie to an organisation's systems that is no account",
    "Link.target": "whether it is internal",
    "Link.profile": "whose it is",
    "Enforcement.kind": "a manager's block of apps can stand in for the list of apps",
    "Enforcement.identifiers": "the same: which apps it blocks",
    "Enforcement.by": "the same: who blocks them",
    "Coverage.section": "what could not be seen: silence is never compliance",
    "Coverage.profile": "the same, of whom",
    "Coverage.collector": "the same, by which collector",
    "Coverage.status": "the same",
    "Coverage.reason": "the same, and what to do about it",
    "Withheld.apps": "how many apps stayed on the device: whether a filter was too narrow for the rule",
    "Withheld.accounts": "the same, of accounts",
    "Enrolment.token": "the right to enrol that an officer has given",
    "Enrolment.auditor": "which auditor is asked: the request is good for no other",
    "Enrolment.key": "the device's public key",
    "Enrolment.hardware": "whether the agent says that a TPM or token holds the key",
    "Enrolment.name": "what the machine calls itself: the name of a record that the token makes",
    "Enrolment.serial": "the serial in clear: what a token may be bound to; whether the device is there already",
    "Enrolment.platform": "the platform that the serial is of",
    "Enrolment.agent": "the agent's version",
    "Enrolment.requested_at": "when it asked",
    "Rotation.device": "which device changes its key",
    "Rotation.auditor": "as above",
    "Rotation.old": "the id of the key that vouches for the new one",
    "Rotation.key": "the new public key",
    "Rotation.hardware": "as above",
    "Rotation.requested_at": "when it asked",
    "Request.device": "which device asks for a nonce or for the policy bundle",
    "Request.auditor": "as above",
    "Request.ask": "which of them",
    "Request.asked_at": "when it asked",
}
"""Every field that an agent sends, and what it is for. A field that is not here ends the filling."""
REPORT: tuple[type[Struct], ...] = (
    DeviceRef, Observation, Disclosure, Origin, CollectorRef, Device, Profile, App, Account, Link, Enforcement,
    Coverage, Withheld,
)  # fmt: skip


OTHERS: tuple[type[Struct], ...] = (Enrolment, Rotation, Request)


def fields(kinds: Iterable[type[Struct]]) -> str:
    """Every field of some parts of a message, and what it is for.

    Raises:
        SystemExit: a field without a purpose, or a purpose without a field.
    """
    if wrong := set(_names((*REPORT, *OTHERS))) ^ PURPOSES.keys():
        raise SystemExit(f"docs/fill.py: {', '.join(sorted(wrong))}: expected one purpose for each field of a message")
    return table(("field", "what it is for"), [(f"`{name}`", PURPOSES[name]) for name in _names(kinds)])


def _names(kinds: Iterable[type[Struct]]) -> list[str]:
    return [f"{kind.__name__}.{name}" for kind in kinds for name in kind.__struct_fields__]


PARTS: dict[str, Callable[[], str]] = {
    "devices": devices, "collectors": collectors, "reads": reads, "disclosed": disclosed,
    "report-fields": partial(fields, REPORT), "other-fields": partial(fields, OTHERS),
}  # fmt: skip


def main() -> None:
    """Fills every document in place."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        new = filled(text)
        if new != text:
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
