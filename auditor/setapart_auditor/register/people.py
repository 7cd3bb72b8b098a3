"""The rule of two people: who may ask for an exception, who may grant it, and for which device."""

import difflib
from collections.abc import Mapping

from setapart_auditor.appraisal.need import same_person
from setapart_auditor.policy.model import ROLES, Policy
from setapart_auditor.toml_file import TomlFile

from .model import AttestationEntry, DeviceEntry, ExceptionEntry, Register, RegisterFile

MAX_ATTESTATION_DAYS = 366


def check_people(file: TomlFile, entries: RegisterFile) -> None:
    """Returns if no exception and no attestation contradicts the register that it stands in.

    Raises:
        RegisterError: the first one that does.
    """
    devices = {one.name: one for one in entries.device}
    for at, one in enumerate(entries.exception):
        _check_exception(file, ("exception", at), one, _device(file, ("exception", at), one.device, devices))
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
        _check_against_pack(file, ("exception", at), one, devices[one.device], policy)
    clients = set(policy.own_store.values())
    for at, attestation in enumerate(register.entries.attestation):
        if attestation.client not in clients:
            raise file.refuse(
                ("attestation", at, "client"),
                f"`{attestation.client}` is no client whose accounts can't be read",
                cure=_near(attestation.client, clients),
            )


def _check_exception(file: TomlFile, where: tuple[str, int], entry: ExceptionEntry, device: DeviceEntry) -> None:
    if same_person(entry.requested_by, entry.approved_by):
        raise file.refuse(
            (*where, "approved_by"),
            f"`{entry.id}` was approved by the one who asked for it",
            expected="two people",
            cure="have another officer approve it",
        )
    if same_person(entry.approved_by, entry.holder):
        raise file.refuse(
            (*where, "approved_by"),
            f"`{entry.id}` was approved by the device's holder",
            expected="two people",
            cure="have another officer approve it",
        )
    if entry.until <= entry.from_:
        raise file.refuse((*where, "until"), f"{entry.until}", expected=f"a day after {entry.from_}")
    if _is_past(entry, device):
        return
    if device.class_ != "social-dedicated":
        raise file.refuse(
            (*where, "device"),
            f"`{device.name}` is of class {device.class_}",
            expected="a social-dedicated device",
            cure="exceptions are for devices that are set apart; take it out, or register such a device",
        )
    if not same_person(entry.holder, device.holder):
        raise file.refuse(
            (*where, "holder"),
            f"`{entry.holder}`, but `{device.name}` is held by `{device.holder}`",
            expected="the device's holder",
            cure="an exception does not go with a device to its next holder: revoke it, and ask for another",
        )


def _check_attestation(file: TomlFile, where: tuple[str, int], entry: AttestationEntry, device: DeviceEntry) -> None:
    if same_person(entry.by, device.holder):
        raise file.refuse((*where, "by"), "the device's holder", expected="an officer")
    days = (entry.until - entry.date).days
    if not 0 < days <= MAX_ATTESTATION_DAYS:
        raise file.refuse(
            (*where, "until"), f"{entry.until}", expected=f"1 to {MAX_ATTESTATION_DAYS} days after {entry.date}"
        )


def _check_against_pack(
    file: TomlFile, where: tuple[str, int], entry: ExceptionEntry, device: DeviceEntry, policy: Policy
) -> None:
    rule, pack = policy.pack.exception, policy.pack.id
    if entry.app not in policy.apps and entry.app not in policy.catalog_apps:
        cure = _near(entry.app, {*policy.apps, *policy.catalog_apps})
        raise file.refuse((*where, "app"), f"no app `{entry.app}` in the catalog", cure=cure)
    if entry.app not in policy.apps or _is_past(entry, device):
        return
    if not rule.allowed:
        raise file.refuse(where, f"`{entry.id}`: {pack} allows no exceptions", cure="take it out, or revoke it")
    days = (entry.until - entry.from_).days
    if days > rule.max_days:
        raise file.refuse((*where, "until"), f"{days} days", expected=f"at most {rule.max_days}, as {pack} says")
    if rule.grounds and entry.ground not in rule.grounds:
        path = (*where, "ground") if entry.ground else where
        raise file.refuse(path, f"ground `{entry.ground or ''}`", expected=f"one of {', '.join(rule.grounds)}")
    if {entry.app, policy.apps[entry.app]}.intersection(rule.not_for_apps):
        raise file.refuse((*where, "app"), f"{pack} allows no exception for `{entry.app}`")
    if rule.not_for_roles and (device.role in rule.not_for_roles or device.role not in ROLES):
        raise file.refuse(
            (*where, "device"),
            f"`{device.name}` is held by a person of role `{device.role}`, for which {pack} allows no exception",
            expected=f"the holder's role: one of {', '.join(role for role in ROLES if role not in rule.not_for_roles)}",
            cure="" if device.role in ROLES else f"give [[device]] `{device.name}` the holder's `role`",
        )
    if rule.approver_role is not None and entry.approver_role not in (None, rule.approver_role):
        raise file.refuse(
            (*where, "approver_role"), f"`{entry.approver_role}`", expected=f"`{rule.approver_role}`, as {pack} says"
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


def _is_past(entry: ExceptionEntry, device: DeviceEntry) -> bool:
    """Whether it ended before the device got its present class and holder."""
    return device.since is not None and entry.until < device.since
