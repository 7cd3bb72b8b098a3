"""The rule of two people: who may ask for an exception, who may grant it, and for which device."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from setapart_auditor.appraisal.model import Exception_, Registration
from setapart_auditor.appraisal.need import same_person
from setapart_auditor.policy.model import ROLES, Policy
from setapart_auditor.toml_file import TomlFile

from .model import AttestationEntry, DeviceEntry, Register, RegisterFile, exception_of, registration_of

MAX_ATTESTATION_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why something can't stand: the field that says so, empty if it is the whole; what to do about it."""

    field: str = ""
    got: str
    expected: str = ""
    cure: str = ""


def check_people(file: TomlFile, entries: RegisterFile) -> None:
    """Returns if no exception and no attestation contradicts the register that it stands in.

    Raises:
        RegisterError: the first one that does.
    """
    devices = {one.name: one for one in entries.device}
    for at, one in enumerate(entries.exception):
        device = _device(file, ("exception", at), one.device, devices)
        _refuse_any(file, ("exception", at), one.id, contradiction(exception_of(one), registration_of(device)))
    for at, attestation in enumerate(entries.attestation):
        where = ("attestation", at)
        _check_attestation(file, where, attestation, _device(file, where, attestation.device, devices))


def check_exceptions(register: Register, policy: Policy) -> None:
    """Returns if the policy could have allowed every exception of the register.

    Exceptions for apps that the policy doesn't restrict, and those that ended before their device became what it is
    now, are nobody's concern here.

    Raises:
        RegisterError: an app that nobody knows; a ground, role or approver that the pack doesn't accept; too long.
    """
    file = register.source
    devices = {one.name: one for one in register.entries.device}
    for at, one in enumerate(register.entries.exception):
        refusal = beyond_pack(exception_of(one), registration_of(devices[one.device]), policy, one.approver_role)
        _refuse_any(file, ("exception", at), one.id, refusal)
    clients = set(policy.own_store.values())
    for at, attestation in enumerate(register.entries.attestation):
        if attestation.client not in clients:
            raise file.refuse(
                ("attestation", at, "client"),
                f"`{attestation.client}` is no client whose accounts can't be read",
                cure=_near(attestation.client, clients),
            )


def contradiction(  # noqa: PLR0911 - one return per rule
    asked: Exception_, device: Registration
) -> Refusal | None:
    """Why an exception can't stand in a register that has this device, whatever the pack says; None if it can."""
    if same_person(asked.requested_by, asked.approved_by):
        return Refusal(
            field="approved_by",
            got=f"`{asked.id}` was approved by the one who asked for it",
            expected="two people",
            cure="have another officer approve it",
        )
    if same_person(asked.approved_by, asked.holder):
        return Refusal(
            field="approved_by",
            got=f"`{asked.id}` was approved by the device's holder",
            expected="two people",
            cure="have another officer approve it",
        )
    if asked.until <= asked.valid_from:
        return Refusal(field="until", got=f"{asked.until}", expected=f"a day after {asked.valid_from}")
    if _is_past(asked, device):
        return None
    if device.device_class != "social-dedicated":
        return Refusal(
            field="device",
            got=f"`{device.name}` is of class {device.device_class}",
            expected="a social-dedicated device",
            cure="exceptions are for devices that are set apart: register such a device",
        )
    if not same_person(asked.holder, device.holder):
        return Refusal(
            field="holder",
            got=f"`{asked.holder}`, but `{device.name}` is held by `{device.holder}`",
            expected="the device's holder",
            cure="an exception does not go with a device to its next holder: revoke it, and ask for another",
        )
    return None


def beyond_pack(  # noqa: PLR0911 - one return per limit
    asked: Exception_, device: Registration, policy: Policy, approver_role: str | None
) -> Refusal | None:
    """What of an exception the policy never allows; None if it may allow it."""
    rule, pack = policy.pack.exception, policy.pack.id
    if asked.app not in policy.apps and asked.app not in policy.catalog_apps:
        cure = _near(asked.app, {*policy.apps, *policy.catalog_apps})
        return Refusal(field="app", got=f"no app `{asked.app}` in the catalog", cure=cure)
    if asked.app not in policy.apps or _is_past(asked, device):
        return None
    if not rule.allowed:
        return Refusal(got=f"{pack} allows no exceptions")
    days = (asked.until - asked.valid_from).days
    if days > rule.max_days:
        return Refusal(field="until", got=f"{days} days", expected=f"at most {rule.max_days}, as {pack} says")
    if rule.grounds and asked.ground not in rule.grounds:
        grounds = f"one of {', '.join(rule.grounds)}"
        if not asked.ground:
            return Refusal(got="ground ``", expected=grounds, cure="say on which ground")
        return Refusal(field="ground", got=f"ground `{asked.ground}`", expected=grounds)
    if {asked.app, policy.apps[asked.app]}.intersection(rule.not_for_apps):
        return Refusal(field="app", got=f"{pack} allows no exception for `{asked.app}`")
    if rule.not_for_roles and (device.role in rule.not_for_roles or device.role not in ROLES):
        return Refusal(
            field="device",
            got=f"`{device.name}` is held by a person of role `{device.role}`, for which {pack} allows no exception",
            expected=f"the holder's role: one of {', '.join(role for role in ROLES if role not in rule.not_for_roles)}",
            cure="" if device.role in ROLES else f"give `{device.name}` the role of its holder",
        )
    if rule.approver_role is not None and approver_role not in (None, rule.approver_role):
        return Refusal(
            field="approver_role", got=f"`{approver_role}`", expected=f"`{rule.approver_role}`, as {pack} says"
        )
    return None


def _refuse_any(file: TomlFile, where: tuple[str, int], id_: str, refusal: Refusal | None) -> None:
    if refusal is None:
        return
    if refusal.field:
        raise file.refuse((*where, refusal.field), refusal.got, expected=refusal.expected, cure=refusal.cure)
    raise file.refuse(
        where, f"`{id_}`: {refusal.got}", expected=refusal.expected, cure=refusal.cure or "take it out, or revoke it"
    )


def _check_attestation(file: TomlFile, where: tuple[str, int], entry: AttestationEntry, device: DeviceEntry) -> None:
    if same_person(entry.by, device.holder):
        raise file.refuse((*where, "by"), "the device's holder", expected="an officer")
    days = (entry.until - entry.date).days
    if not 0 < days <= MAX_ATTESTATION_DAYS:
        raise file.refuse(
            (*where, "until"), f"{entry.until}", expected=f"1 to {MAX_ATTESTATION_DAYS} days after {entry.date}"
        )


def _device(file: TomlFile, where: tuple[str, int], name: str, devices: Mapping[str, DeviceEntry]) -> DeviceEntry:
    if name not in devices:
        raise file.refuse(
            (*where, "device"), f"no device `{name}` in the register", expected="a name of [[device]]",
            cure=_near(name, devices),
        )  # fmt: skip
    return devices[name]


def _near(name: str, known: Mapping[str, object] | set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`?" if near else ""


def _is_past(entry: Exception_, device: Registration) -> bool:
    """Whether it ended before the device got its present class and holder."""
    return device.since is not None and entry.until < device.since
