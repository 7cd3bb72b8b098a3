"""Does a finding's evidence lead anywhere? Pointers are JSON pointers (RFC 6901), some with a word before them."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from setapart_auditor.appraisal.model import Received, Registration
from setapart_auditor.policy.model import Policy

_REPORT = re.compile(r"(?:#(\d+))?(/.*)?", re.DOTALL)


def leads_somewhere(pointer: str, reports: Sequence[Received], registration: Registration, policy: Policy) -> bool:
    """Whether a pointer resolves.

    Args:
        pointer: `/apps/3` or `#1/apps/3` into a report's inventory, `/predicate/…` into its statement,
            `register:/…` or `policy:/…`.
        reports: what was judged.
        registration: the device in the register; `register:/device` is the missing entry itself.
        policy: the one that judged.
    """
    if pointer.startswith("register:/"):
        path = pointer.removeprefix("register:/")
        return path == "device" or hasattr(registration, path.partition("/")[0])
    if pointer.startswith("policy:"):
        return _resolves({"pack": msgspec.to_builtins(policy.pack)}, pointer.removeprefix("policy:"))
    found = _REPORT.fullmatch(pointer)
    if found is None or not pointer:
        return False
    at = int(found[1] or 0)
    if at >= len(reports) or (found[1] is None and len(reports) > 1):
        return False
    report = reports[at].report
    document = {**msgspec.to_builtins(report.inventory), "predicate": msgspec.to_builtins(report.predicate)}
    return _resolves(document, found[2] or "")


def _resolves(value: object, pointer: str) -> bool:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, Sequence) and not isinstance(value, str) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False
    return True
